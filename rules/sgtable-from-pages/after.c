// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

#define BRANT_CHUNK	8
#define BRANT_MOST	64

struct brant_image {
	struct device *dev;
	struct page **pages;
	dma_addr_t *dma_addrs;
	struct dma_iova_state state;
	unsigned int npages;
	u64 length;
	u32 key;
	bool is_mapped;
};

int brant_create_key(struct device *dev, u64 *words, size_t count, u32 *key);
void brant_destroy_key(struct device *dev, u32 key);

static int brant_add_pages(struct brant_image *buf, struct page **pages, unsigned int npages,
			   gfp_t gfp)
{
	unsigned long room = roundup_pow_of_two(buf->npages + npages);
	struct page **all = buf->pages;

	if (!all || room > roundup_pow_of_two(buf->npages)) {
		all = kvrealloc(all, size_mul(room, sizeof(*all)), gfp);
		if (!all)
			return -ENOMEM;
		buf->pages = all;
	}
	memcpy(all + buf->npages, pages, npages * sizeof(*all));
	buf->npages += npages;
	return 0;
}

static void brant_free_pages(struct brant_image *buf)
{
	kvfree(buf->pages);
	buf->pages = NULL;
	buf->npages = 0;
}

static dma_addr_t brant_page_addr(struct brant_image *buf, unsigned int i)
{
	if (dma_use_iova(&buf->state))
		return buf->state.addr + (size_t)i * PAGE_SIZE;
	return buf->dma_addrs[i];
}

static void brant_unmap_pages(struct device *dev, struct brant_image *buf,
			      enum dma_data_direction dir)
{
	unsigned int i;

	if (dma_use_iova(&buf->state)) {
		dma_iova_destroy(dev, &buf->state, (size_t)buf->npages * PAGE_SIZE, dir, 0);
		return;
	}
	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(dev, buf->dma_addrs[i], PAGE_SIZE, dir);
	kvfree(buf->dma_addrs);
	buf->dma_addrs = NULL;
}

static int brant_map_pages(struct device *dev, struct brant_image *buf, enum dma_data_direction dir)
{
	size_t size = (size_t)buf->npages * PAGE_SIZE;
	unsigned int i;
	int ret;

	if (dma_iova_try_alloc(dev, &buf->state, 0, size)) {
		for (i = 0; i < buf->npages; i++) {
			ret = dma_iova_link(dev, &buf->state, page_to_phys(buf->pages[i]),
					    (size_t)i * PAGE_SIZE, PAGE_SIZE, dir, 0);
			if (ret)
				goto err_destroy;
		}
		ret = dma_iova_sync(dev, &buf->state, 0, size);
		if (ret)
			goto err_destroy;
		return 0;
	}

	buf->dma_addrs = kvcalloc(buf->npages, sizeof(*buf->dma_addrs), GFP_KERNEL);
	if (!buf->dma_addrs)
		return -ENOMEM;
	for (i = 0; i < buf->npages; i++) {
		buf->dma_addrs[i] = dma_map_page(dev, buf->pages[i], 0, PAGE_SIZE, dir);
		ret = dma_mapping_error(dev, buf->dma_addrs[i]);
		if (ret)
			goto err_unmap;
	}
	return 0;

err_unmap:
	while (i--)
		dma_unmap_page(dev, buf->dma_addrs[i], PAGE_SIZE, dir);
	kvfree(buf->dma_addrs);
	buf->dma_addrs = NULL;
	return ret;

err_destroy:
	dma_iova_destroy(dev, &buf->state, (size_t)i * PAGE_SIZE, dir, 0);
	return ret;
}

static int brant_tell(struct brant_image *image)
{
	u64 *words;
	u64 *word;
	int ret;

	words = kcalloc(BRANT_MOST, sizeof(*words), GFP_KERNEL);
	if (!words)
		return -ENOMEM;
	word = words;
	if (image) {
		unsigned int i;

		for (i = 0; i < image->npages; i++)
			*word++ = brant_page_addr(image, i) | 1;
	}
	ret = brant_create_key(image->dev, words, image->length >> PAGE_SHIFT, &image->key);
	kfree(words);
	return ret;
}

static int brant_map(struct brant_image *image)
{
	int ret;

	ret = brant_map_pages(image->dev, image, DMA_TO_DEVICE);
	if (ret)
		return ret;
	ret = brant_tell(image);
	if (ret) {
		brant_unmap_pages(image->dev, image, DMA_TO_DEVICE);
		return ret;
	}
	image->is_mapped = 1;
	return 0;
}

/* The pages in the table are the image's own. */
static int brant_add(struct brant_image *image, unsigned int count)
{
	struct page **pages;
	unsigned int got;
	int ret = 0;

	pages = kcalloc(BRANT_CHUNK, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	while (count) {
		for (got = 0; got < count && got < BRANT_CHUNK; got++) {
			pages[got] = alloc_page(GFP_KERNEL);
			if (!pages[got]) {
				ret = -ENOMEM;
				goto free;
			}
		}
		ret = brant_add_pages(image, pages, got, GFP_KERNEL);
		if (ret)
			goto free;
		image->length += (u64)got << PAGE_SHIFT;
		count -= got;
	}
	kfree(pages);
	return 0;

free:
	while (got--)
		__free_page(pages[got]);
	kfree(pages);
	return ret;
}

void brant_image_free(struct brant_image *image)
{
	unsigned int i;

	if (image->is_mapped) {
		brant_destroy_key(image->dev, image->key);
		brant_unmap_pages(image->dev, image, DMA_TO_DEVICE);
	}
	/* The pages, and then what kept them. */
	for (i = 0; i < image->npages; i++)
		__free_page(image->pages[i]);
	brant_free_pages(image);
	kfree(image);
}

/* The page at an offset from the start of the image; NULL behind its end. */
struct page *brant_page(struct brant_image *image, unsigned long offset)
{
	if (offset / PAGE_SIZE >= image->npages)
		return NULL;
	return image->pages[offset / PAGE_SIZE];
}

struct page *brant_page_slowly(struct brant_image *image, unsigned long offset)
{
	if (offset / PAGE_SIZE >= image->npages)
		return NULL;
	return image->pages[offset / PAGE_SIZE];
}

struct brant_image *brant_image_make(struct device *dev, unsigned int count)
{
	struct brant_image *image;

	if (!count || count > BRANT_MOST)
		return NULL;
	image = kzalloc(sizeof(*image), GFP_KERNEL);
	if (!image)
		return NULL;
	image->dev = dev;
	if (brant_add(image, count) || brant_map(image)) {
		brant_image_free(image);
		return NULL;
	}
	return image;
}
