// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

/* Pages of the caller's; the addresses are read by the command stream. */
struct teal_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	u32 npages;
};

int teal_map(struct teal_buffer *buf)
{
	u32 i, j;

	buf->addrs = kcalloc(buf->npages, sizeof(*buf->addrs), GFP_KERNEL);
	if (!buf->addrs)
		return -ENOMEM;

	for (i = 0; i < buf->npages; i++) {
		/* whole pages only */
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0,
					     PAGE_SIZE, DMA_FROM_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	for (j = 0; j < i; j++)
		dma_unmap_page(buf->dev, buf->addrs[j], PAGE_SIZE,
			       DMA_FROM_DEVICE);
	kfree(buf->addrs);
	return -EIO;
}

dma_addr_t teal_address(struct teal_buffer *buf, u32 page)
{
	return buf->addrs[page];
}

void teal_unmap(struct teal_buffer *buf)
{
	int i;

	for (i = buf->npages - 1; i >= 0; i--)
		dma_unmap_single(buf->dev, buf->addrs[i], PAGE_SIZE,
				 DMA_FROM_DEVICE);
	kfree(buf->addrs);
	buf->addrs = NULL;
}

/* Pages that live and die with their mapping. */
struct dunnock_table {
	struct page *pages[16];
	dma_addr_t dma[16];
	int state;
};

int dunnock_init(struct device *dev, struct dunnock_table *table)
{
	int n;
	int err;

	for (n = 0; n < 16; n++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page) {
			err = -ENOMEM;
			goto free;
		}
		table->dma[n] = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
		err = dma_mapping_error(dev, table->dma[n]);
		if (err) {
			__free_page(page);
			goto free;
		}
		table->pages[n] = page;
	}
	return 0;

free:
	while (n--) {
		dma_unmap_page(dev, table->dma[n], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(table->pages[n]);
	}
	return err;
}

void dunnock_exit(struct device *dev, struct dunnock_table *table)
{
	for (int n = 0; n < 16; n++) {
		dma_unmap_page(dev, table->dma[n], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(table->pages[n]);
	}
}

/* A list of addresses that ends at the first 0, mapped and unmapped by helpers. */
struct rail_request {
	struct page **pages;
	dma_addr_t *list;
	int npages;
};

/**
 * rail_unmap_list() - Undo rail_map_list()
 * @dev: device
 * @list: addresses
 * @npages: number of addresses at most
 */
static void rail_unmap_list(struct device *dev, dma_addr_t *list,
			    int npages)
{
	int i;

	for (i = 0; (i < npages) && (list[i] != 0x0); i++) {
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
		list[i] = 0x0;
	}
}

static int rail_map_list(struct device *dev, struct page **pages, int npages,
			 dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++) {
		dma_addr_t addr;

		list[i] = 0x0;
		addr = dma_map_page(dev, pages[i], 0, PAGE_SIZE,
				    DMA_BIDIRECTIONAL);

		if (dma_mapping_error(dev, addr)) {
			printk("no address: %llx\n", addr);
			goto err;
		}
		list[i] = addr;
	}
	return 0;

err:
	rail_unmap_list(dev, list, npages);
	return -EIO;
}

int rail_prepare(struct device *dev, struct rail_request *request)
{
	request->list = kcalloc(request->npages, sizeof(*request->list),
				GFP_KERNEL);
	if (!request->list)
		return -ENOMEM;

	if (rail_map_list(dev, request->pages, request->npages, request->list)) {
		kfree(request->list);
		return -EIO;
	}
	return 0;
}

void rail_finish(struct device *dev, struct rail_request *request)
{
	if (!request->list)
		return;

	rail_unmap_list(dev, request->list, request->npages);
	kfree(request->list);
	request->list = NULL;
}

/* Chunks of several pages, each with its address in a struct of its own. */
#define HERON_CHUNKS		8
#define HERON_CHUNK_SIZE	(PAGE_SIZE << 2)

struct heron_chunk {
	void *text;
	dma_addr_t addr;
};

struct heron_engine {
	struct device *dev;
	struct heron_chunk *chunks;
};

int heron_alloc(struct heron_engine *engine)
{
	struct heron_chunk *chunks;
	int i;

	chunks = kcalloc(HERON_CHUNKS, sizeof(*chunks), GFP_KERNEL);
	if (!chunks)
		return -ENOMEM;

	for (i = 0; i < HERON_CHUNKS; i++) {
		void *text;

		text = (void *)__get_free_pages(GFP_KERNEL, 2);
		if (!text)
			goto error;

		chunks[i].text = text;
		chunks[i].addr = dma_map_single(engine->dev, text,
						HERON_CHUNK_SIZE,
						DMA_TO_DEVICE);
		if (dma_mapping_error(engine->dev, chunks[i].addr))
			goto error;
	}
	engine->chunks = chunks;

	return 0;

error:
	for (i--; i >= 0; i--)
		dma_unmap_single(engine->dev, chunks[i].addr,
				 HERON_CHUNK_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void heron_free(struct heron_engine *engine)
{
	struct heron_chunk *chunks = engine->chunks;
	int i;

	if (!chunks)
		return;

	for (i = 0; i < HERON_CHUNKS; i++) {
		dma_unmap_single(engine->dev, chunks[i].addr,
				 HERON_CHUNK_SIZE, DMA_TO_DEVICE);
		free_pages((unsigned long)chunks[i].text, 2);
	}
	engine->chunks = NULL;
}

/* Pages of an InfiniBand device, some of which have no DMA of their own. */
struct ruff_region {
	struct ib_device *ibdev;
	struct page **pages;
	u64 *addrs;
	unsigned int npages;
};

int ruff_map(struct ruff_region *region)
{
	unsigned int n;

	for (n = 0; n < region->npages; n++) {
		region->addrs[n] = ib_dma_map_page(region->ibdev,
						   region->pages[n], 0,
						   PAGE_SIZE,
						   DMA_BIDIRECTIONAL);
		if (ib_dma_mapping_error(region->ibdev, region->addrs[n]))
			goto unmap;
	}
	return 0;

unmap:
	while (n--)
		ib_dma_unmap_page(region->ibdev, region->addrs[n], PAGE_SIZE,
				  DMA_BIDIRECTIONAL);
	return -ENOMEM;
}

void ruff_unmap(struct ruff_region *region)
{
	unsigned int n;

	for (n = 0; n < region->npages; n++)
		ib_dma_unmap_page(region->ibdev, region->addrs[n], PAGE_SIZE,
				  DMA_BIDIRECTIONAL);
}

/* Loops that count in their bodies. */
struct pipit_window {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	unsigned long npages;
};

int pipit_open(struct pipit_window *win)
{
	unsigned long i = 0, j;

	while (i < win->npages) {
		win->addrs[i] = dma_map_page(win->dev, win->pages[i], 0,
					     PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(win->dev, win->addrs[i]))
			goto unmap;
		i++;
	}
	return 0;

unmap:
	for (j = 0; j < i;) {
		dma_unmap_page(win->dev, win->addrs[j], PAGE_SIZE,
			       DMA_TO_DEVICE);
		j += 1;
	}
	return -EIO;
}

void pipit_close(struct pipit_window *win)
{
	unsigned long page;

	page = 0;
	kfree(win->pages);
	while (page < win->npages) {
		dma_unmap_page(win->dev, win->addrs[page], PAGE_SIZE,
			       DMA_TO_DEVICE);
		++page;
	}
}

/* A direction that the buffer's user has chosen. */
struct siskin_buffer {
	struct device *dev;
	enum dma_data_direction dir;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int siskin_map(struct siskin_buffer *buf, enum dma_data_direction dir)
{
	int i;

	buf->dir = dir;
	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0,
					     PAGE_SIZE, buf->dir);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (i--)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, buf->dir);
	return -EIO;
}

void siskin_unmap(struct siskin_buffer *b)
{
	int i;

	for (i = 0; i < b->npages; i++)
		dma_unmap_page(b->dev, b->addrs[i], PAGE_SIZE, b->dir);
}

/* The struct with the array, for which the functions have a name of their own. */
struct twite_chip {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	u32 npages;
};

struct twite_port {
	struct twite_chip *chip;
};

int twite_map(struct twite_port *port)
{
	struct twite_chip *chip = port->chip;
	dma_addr_t *addrs = kcalloc(chip->npages, sizeof(*addrs), GFP_KERNEL);
	u32 i;

	if (!addrs)
		return -ENOMEM;

	for (i = 0; i < chip->npages; i++) {
		addrs[i] = dma_map_page(chip->dev, chip->pages[i], 0,
					PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(chip->dev, addrs[i]))
			goto unmap;
	}
	port->chip->addrs = addrs;
	return 0;

unmap:
	while (i--)
		dma_unmap_page(chip->dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	kfree(addrs);
	return -EIO;
}

void twite_unmap(struct twite_port *port)
{
	u32 i;

	for (i = 0; i < port->chip->npages; i++)
		dma_unmap_page(port->chip->dev, port->chip->addrs[i],
			       PAGE_SIZE, DMA_TO_DEVICE);
	kfree(port->chip->addrs);
}

/* One helper maps two arrays of a struct, and the list in a pool's entry. */
struct godwit_job {
	struct page **source;
	dma_addr_t *source_list;
	struct page **target;
	dma_addr_t *target_list;
	int npages;
};

struct godwit_entry {
	u64 *words;
	u32 count;
};

struct godwit_ring {
	struct page **pages;
	int npages;
	struct godwit_entry entry;
};

static int godwit_map_list(struct device *dev, struct page **pages, int npages,
			   dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++) {
		list[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE,
				       DMA_TO_DEVICE);
		if (dma_mapping_error(dev, list[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (i--)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -EIO;
}

static void godwit_unmap_list(struct device *dev, int npages,
			      dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
}

int godwit_map(struct device *dev, struct godwit_job *job)
{
	int error;

	error = godwit_map_list(dev, job->source, job->npages,
				job->source_list);
	if (error)
		return error;
	error = godwit_map_list(dev, job->target, job->npages,
				job->target_list);
	if (error)
		godwit_unmap_list(dev, job->npages, job->source_list);
	return error;
}

void godwit_unmap(struct device *dev, struct godwit_job *job)
{
	godwit_unmap_list(dev, job->npages, job->target_list);
	godwit_unmap_list(dev, job->npages, job->source_list);
}

int godwit_start(struct device *dev, struct godwit_ring *ring)
{
	dma_addr_t *list = (dma_addr_t *)ring->entry.words;

	return godwit_map_list(dev, ring->pages, ring->npages, list);
}

void godwit_stop(struct device *dev, struct godwit_ring *ring)
{
	godwit_unmap_list(dev, ring->npages,
			  (dma_addr_t *)ring->entry.words);
}
