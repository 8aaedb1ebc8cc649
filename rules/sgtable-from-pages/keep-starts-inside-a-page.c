// SPDX-License-Identifier: GPL-2.0-only
// refused: builds the table with sg_alloc_append_table_from_pages() in a way
#include "../kernel.h"

#define BRANT_CHUNK	8
#define BRANT_MOST	64

struct brant_image {
	struct device *dev;
	struct sg_append_table table;
	u64 length;
	u32 key;
	bool is_mapped;
};

int brant_create_key(struct device *dev, u64 *words, size_t count, u32 *key);
void brant_destroy_key(struct device *dev, u32 key);

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
		struct sg_dma_page_iter iter;

		for_each_sgtable_dma_page(&image->table.sgt, &iter, 0)
			*word++ = sg_page_iter_dma_address(&iter) | 1;
	}
	ret = brant_create_key(image->dev, words, image->length >> PAGE_SHIFT, &image->key);
	kfree(words);
	return ret;
}

static int brant_map(struct brant_image *image)
{
	int ret;

	ret = dma_map_sgtable(image->dev, &image->table.sgt, DMA_TO_DEVICE, 0);
	if (ret)
		return ret;
	ret = brant_tell(image);
	if (ret) {
		dma_unmap_sgtable(image->dev, &image->table.sgt, DMA_TO_DEVICE, 0);
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
		ret = sg_alloc_append_table_from_pages(&image->table, pages, got, 64,
						       (got << PAGE_SHIFT) - 64, ~0U, 0,
						       GFP_KERNEL);
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
	struct sg_page_iter iter;

	if (image->is_mapped) {
		brant_destroy_key(image->dev, image->key);
		dma_unmap_sgtable(image->dev, &image->table.sgt, DMA_TO_DEVICE, 0);
	}
	/* The pages, and then what kept them. */
	for_each_sgtable_page(&image->table.sgt, &iter, 0)
		__free_page(sg_page_iter_page(&iter));
	sg_free_append_table(&image->table);
	kfree(image);
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
