// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

/* Pages of the caller's; the addresses are read by the command stream. */
struct teal_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	struct dma_iova_state state;
	u32 npages;
};

int teal_map(struct teal_buffer *buf)
{
	u32 i, j;

	buf->addrs = kcalloc(buf->npages, sizeof(*buf->addrs), GFP_KERNEL);
	if (!buf->addrs)
		return -ENOMEM;

	if (buf->npages &&
	    dma_iova_try_alloc(buf->dev, &buf->state, 0,
			       buf->npages * PAGE_SIZE)) {
		for (i = 0; i < buf->npages; i++) {
			if (dma_iova_link(buf->dev, &buf->state,
					  page_to_phys(buf->pages[i]),
					  i * PAGE_SIZE, PAGE_SIZE,
					  DMA_FROM_DEVICE, 0))
				goto unmap;
			buf->addrs[i] = buf->state.addr + i * PAGE_SIZE;
		}
		if (dma_iova_sync(buf->dev, &buf->state, 0,
				  buf->npages * PAGE_SIZE))
			goto unmap;
	} else {
		for (i = 0; i < buf->npages; i++) {
			/* whole pages only */
			buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0,
						     PAGE_SIZE,
						     DMA_FROM_DEVICE);
			if (dma_mapping_error(buf->dev, buf->addrs[i]))
				goto unmap;
		}
	}
	return 0;

unmap:
	if (dma_use_iova(&buf->state)) {
		dma_iova_destroy(buf->dev, &buf->state, i * PAGE_SIZE,
				 DMA_FROM_DEVICE, 0);
		memset(&buf->state, 0, sizeof(buf->state));
	} else {
		for (j = 0; j < i; j++)
			dma_unmap_page(buf->dev, buf->addrs[j], PAGE_SIZE,
				       DMA_FROM_DEVICE);
	}
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

	if (dma_use_iova(&buf->state)) {
		dma_iova_destroy(buf->dev, &buf->state, buf->npages * PAGE_SIZE,
				 DMA_FROM_DEVICE, 0);
		memset(&buf->state, 0, sizeof(buf->state));
	} else {
		for (i = buf->npages - 1; i >= 0; i--)
			dma_unmap_single(buf->dev, buf->addrs[i], PAGE_SIZE,
					 DMA_FROM_DEVICE);
	}
	kfree(buf->addrs);
	buf->addrs = NULL;
}

/* Pages that live and die with their mapping. */
struct dunnock_table {
	struct page *pages[16];
	dma_addr_t dma[16];
	struct dma_iova_state dma_state;
	int state;
};

int dunnock_init(struct device *dev, struct dunnock_table *table)
{
	int n;
	int err;

	dma_iova_try_alloc(dev, &table->dma_state, 0, 16 * PAGE_SIZE);
	for (n = 0; n < 16; n++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page) {
			err = -ENOMEM;
			goto free;
		}
		if (dma_use_iova(&table->dma_state)) {
			err = dma_iova_link(dev, &table->dma_state,
					    page_to_phys(page), n * PAGE_SIZE,
					    PAGE_SIZE, DMA_TO_DEVICE, 0);
			if (err) {
				__free_page(page);
				goto free;
			}
			table->dma[n] = table->dma_state.addr + n * PAGE_SIZE;
		} else {
			table->dma[n] = dma_map_page(dev, page, 0, PAGE_SIZE,
						     DMA_TO_DEVICE);
			err = dma_mapping_error(dev, table->dma[n]);
			if (err) {
				__free_page(page);
				goto free;
			}
		}
		table->pages[n] = page;
	}
	if (dma_use_iova(&table->dma_state)) {
		err = dma_iova_sync(dev, &table->dma_state, 0, 16 * PAGE_SIZE);
		if (err)
			goto free;
	}
	return 0;

free:
	if (dma_use_iova(&table->dma_state))
		dma_iova_destroy(dev, &table->dma_state, n * PAGE_SIZE,
				 DMA_TO_DEVICE, 0);
	while (n--) {
		if (!dma_use_iova(&table->dma_state))
			dma_unmap_page(dev, table->dma[n], PAGE_SIZE,
				       DMA_TO_DEVICE);
		__free_page(table->pages[n]);
	}
	return err;
}

void dunnock_exit(struct device *dev, struct dunnock_table *table)
{
	if (dma_use_iova(&table->dma_state))
		dma_iova_destroy(dev, &table->dma_state, 16 * PAGE_SIZE,
				 DMA_TO_DEVICE, 0);
	for (int n = 0; n < 16; n++) {
		if (!dma_use_iova(&table->dma_state))
			dma_unmap_page(dev, table->dma[n], PAGE_SIZE,
				       DMA_TO_DEVICE);
		__free_page(table->pages[n]);
	}
}

/* A list of addresses that ends at the first 0, mapped and unmapped by helpers. */
struct rail_request {
	struct page **pages;
	dma_addr_t *list;
	struct dma_iova_state state;
	int npages;
};

/**
 * rail_unmap_list() - Undo rail_map_list()
 * @dev: device
 * @list: addresses
 * @state: IOVA state of the mapping in @list
 * @npages: number of addresses at most
 */
static void rail_unmap_list(struct device *dev, dma_addr_t *list,
			    struct dma_iova_state *state, int npages)
{
	int i;

	for (i = 0; (i < npages) && (list[i] != 0x0); i++) {
		if (!dma_use_iova(state))
			dma_unmap_page(dev, list[i], PAGE_SIZE,
				       DMA_BIDIRECTIONAL);
		list[i] = 0x0;
	}
	if (dma_use_iova(state)) {
		dma_iova_destroy(dev, state, i * PAGE_SIZE, DMA_BIDIRECTIONAL,
				 0);
		memset(state, 0, sizeof(*state));
	}
}

static int rail_map_list(struct device *dev, struct page **pages, int npages,
			 dma_addr_t *list, struct dma_iova_state *state)
{
	int i;

	if (npages)
		dma_iova_try_alloc(dev, state, 0, npages * PAGE_SIZE);
	for (i = 0; i < npages; i++) {
		dma_addr_t addr;

		list[i] = 0x0;
		if (!dma_use_iova(state))
			addr = dma_map_page(dev, pages[i], 0, PAGE_SIZE,
					    DMA_BIDIRECTIONAL);
		else if (dma_iova_link(dev, state, page_to_phys(pages[i]),
				       i * PAGE_SIZE, PAGE_SIZE,
				       DMA_BIDIRECTIONAL, 0))
			addr = DMA_MAPPING_ERROR;
		else
			addr = state->addr + i * PAGE_SIZE;

		if (dma_mapping_error(dev, addr)) {
			printk("no address: %llx\n", addr);
			goto err;
		}
		list[i] = addr;
	}
	if (dma_use_iova(state) &&
	    dma_iova_sync(dev, state, 0, npages * PAGE_SIZE))
		goto err;
	return 0;

err:
	rail_unmap_list(dev, list, state, npages);
	return -EIO;
}

int rail_prepare(struct device *dev, struct rail_request *request)
{
	request->list = kcalloc(request->npages, sizeof(*request->list),
				GFP_KERNEL);
	if (!request->list)
		return -ENOMEM;

	if (rail_map_list(dev, request->pages, request->npages, request->list,
			  &request->state)) {
		kfree(request->list);
		return -EIO;
	}
	return 0;
}

void rail_finish(struct device *dev, struct rail_request *request)
{
	if (!request->list)
		return;

	rail_unmap_list(dev, request->list, &request->state, request->npages);
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
	struct dma_iova_state chunks_state;
};

int heron_alloc(struct heron_engine *engine)
{
	struct heron_chunk *chunks;
	int i;

	chunks = kcalloc(HERON_CHUNKS, sizeof(*chunks), GFP_KERNEL);
	if (!chunks)
		return -ENOMEM;

	dma_iova_try_alloc(engine->dev, &engine->chunks_state, 0,
			   HERON_CHUNKS * HERON_CHUNK_SIZE);
	for (i = 0; i < HERON_CHUNKS; i++) {
		void *text;

		text = (void *)__get_free_pages(GFP_KERNEL, 2);
		if (!text)
			goto error;

		chunks[i].text = text;
		if (dma_use_iova(&engine->chunks_state)) {
			if (dma_iova_link(engine->dev, &engine->chunks_state,
					  virt_to_phys(text),
					  i * HERON_CHUNK_SIZE,
					  HERON_CHUNK_SIZE, DMA_TO_DEVICE, 0))
				goto error;
			chunks[i].addr =
				engine->chunks_state.addr + i * HERON_CHUNK_SIZE;
		} else {
			chunks[i].addr = dma_map_single(engine->dev, text,
							HERON_CHUNK_SIZE,
							DMA_TO_DEVICE);
			if (dma_mapping_error(engine->dev, chunks[i].addr))
				goto error;
		}
	}
	if (dma_use_iova(&engine->chunks_state) &&
	    dma_iova_sync(engine->dev, &engine->chunks_state, 0,
			  HERON_CHUNKS * HERON_CHUNK_SIZE))
		goto error;
	engine->chunks = chunks;

	return 0;

error:
	if (dma_use_iova(&engine->chunks_state)) {
		dma_iova_destroy(engine->dev, &engine->chunks_state,
				 i * HERON_CHUNK_SIZE, DMA_TO_DEVICE, 0);
	} else {
		for (i--; i >= 0; i--)
			dma_unmap_single(engine->dev, chunks[i].addr,
					 HERON_CHUNK_SIZE, DMA_TO_DEVICE);
	}
	return -ENOMEM;
}

void heron_free(struct heron_engine *engine)
{
	struct heron_chunk *chunks = engine->chunks;
	int i;

	if (!chunks)
		return;

	if (dma_use_iova(&engine->chunks_state))
		dma_iova_destroy(engine->dev, &engine->chunks_state,
				 HERON_CHUNKS * HERON_CHUNK_SIZE, DMA_TO_DEVICE,
				 0);
	for (i = 0; i < HERON_CHUNKS; i++) {
		if (!dma_use_iova(&engine->chunks_state))
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
	struct dma_iova_state state;
	unsigned int npages;
};

int ruff_map(struct ruff_region *region)
{
	unsigned int n;

	if (region->npages && !ib_uses_virt_dma(region->ibdev))
		dma_iova_try_alloc(region->ibdev->dma_device, &region->state, 0,
				   region->npages * PAGE_SIZE);
	for (n = 0; n < region->npages; n++) {
		if (dma_use_iova(&region->state)) {
			if (dma_iova_link(region->ibdev->dma_device,
					  &region->state,
					  page_to_phys(region->pages[n]),
					  n * PAGE_SIZE, PAGE_SIZE,
					  DMA_BIDIRECTIONAL, 0))
				goto unmap;
			region->addrs[n] = region->state.addr + n * PAGE_SIZE;
		} else {
			region->addrs[n] = ib_dma_map_page(region->ibdev,
							   region->pages[n], 0,
							   PAGE_SIZE,
							   DMA_BIDIRECTIONAL);
			if (ib_dma_mapping_error(region->ibdev, region->addrs[n]))
				goto unmap;
		}
	}
	if (dma_use_iova(&region->state) &&
	    dma_iova_sync(region->ibdev->dma_device, &region->state, 0,
			  region->npages * PAGE_SIZE))
		goto unmap;
	return 0;

unmap:
	if (dma_use_iova(&region->state))
		dma_iova_destroy(region->ibdev->dma_device, &region->state,
				 n * PAGE_SIZE, DMA_BIDIRECTIONAL, 0);
	while (n--)
		if (!dma_use_iova(&region->state))
			ib_dma_unmap_page(region->ibdev, region->addrs[n],
					  PAGE_SIZE, DMA_BIDIRECTIONAL);
	memset(&region->state, 0, sizeof(region->state));
	return -ENOMEM;
}

void ruff_unmap(struct ruff_region *region)
{
	unsigned int n;

	if (dma_use_iova(&region->state))
		dma_iova_destroy(region->ibdev->dma_device, &region->state,
				 region->npages * PAGE_SIZE, DMA_BIDIRECTIONAL,
				 0);
	for (n = 0; n < region->npages; n++)
		if (!dma_use_iova(&region->state))
			ib_dma_unmap_page(region->ibdev, region->addrs[n],
					  PAGE_SIZE, DMA_BIDIRECTIONAL);
	memset(&region->state, 0, sizeof(region->state));
}

/* Loops that count in their bodies. */
struct pipit_window {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	struct dma_iova_state state;
	unsigned long npages;
};

int pipit_open(struct pipit_window *win)
{
	unsigned long i = 0, j;

	if (win->npages &&
	    dma_iova_try_alloc(win->dev, &win->state, 0,
			       win->npages * PAGE_SIZE)) {
		for (i = 0; i < win->npages; i++) {
			if (dma_iova_link(win->dev, &win->state,
					  page_to_phys(win->pages[i]),
					  i * PAGE_SIZE, PAGE_SIZE,
					  DMA_TO_DEVICE, 0))
				goto unmap;
			win->addrs[i] = win->state.addr + i * PAGE_SIZE;
		}
		if (dma_iova_sync(win->dev, &win->state, 0,
				  win->npages * PAGE_SIZE))
			goto unmap;
	} else {
		while (i < win->npages) {
			win->addrs[i] = dma_map_page(win->dev, win->pages[i], 0,
						     PAGE_SIZE, DMA_TO_DEVICE);
			if (dma_mapping_error(win->dev, win->addrs[i]))
				goto unmap;
			i++;
		}
	}
	return 0;

unmap:
	if (dma_use_iova(&win->state)) {
		dma_iova_destroy(win->dev, &win->state, i * PAGE_SIZE,
				 DMA_TO_DEVICE, 0);
		memset(&win->state, 0, sizeof(win->state));
	} else {
		for (j = 0; j < i;) {
			dma_unmap_page(win->dev, win->addrs[j], PAGE_SIZE,
				       DMA_TO_DEVICE);
			j += 1;
		}
	}
	return -EIO;
}

void pipit_close(struct pipit_window *win)
{
	unsigned long page;

	page = 0;
	kfree(win->pages);
	if (dma_use_iova(&win->state)) {
		dma_iova_destroy(win->dev, &win->state, win->npages * PAGE_SIZE,
				 DMA_TO_DEVICE, 0);
		memset(&win->state, 0, sizeof(win->state));
	} else {
		while (page < win->npages) {
			dma_unmap_page(win->dev, win->addrs[page], PAGE_SIZE,
				       DMA_TO_DEVICE);
			++page;
		}
	}
}

/* A direction that the buffer's user has chosen. */
struct siskin_buffer {
	struct device *dev;
	enum dma_data_direction dir;
	struct page **pages;
	dma_addr_t *addrs;
	struct dma_iova_state state;
	int npages;
};

int siskin_map(struct siskin_buffer *buf, enum dma_data_direction dir)
{
	int i;

	buf->dir = dir;
	if (buf->npages &&
	    dma_iova_try_alloc(buf->dev, &buf->state, 0,
			       buf->npages * PAGE_SIZE)) {
		for (i = 0; i < buf->npages; i++) {
			if (dma_iova_link(buf->dev, &buf->state,
					  page_to_phys(buf->pages[i]),
					  i * PAGE_SIZE, PAGE_SIZE, buf->dir,
					  0))
				goto unmap;
			buf->addrs[i] = buf->state.addr + i * PAGE_SIZE;
		}
		if (dma_iova_sync(buf->dev, &buf->state, 0,
				  buf->npages * PAGE_SIZE))
			goto unmap;
	} else {
		for (i = 0; i < buf->npages; i++) {
			buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0,
						     PAGE_SIZE, buf->dir);
			if (dma_mapping_error(buf->dev, buf->addrs[i]))
				goto unmap;
		}
	}
	return 0;

unmap:
	if (dma_use_iova(&buf->state)) {
		dma_iova_destroy(buf->dev, &buf->state, i * PAGE_SIZE, buf->dir,
				 0);
		memset(&buf->state, 0, sizeof(buf->state));
	} else {
		while (i--)
			dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE,
				       buf->dir);
	}
	return -EIO;
}

void siskin_unmap(struct siskin_buffer *b)
{
	int i;

	if (dma_use_iova(&b->state)) {
		dma_iova_destroy(b->dev, &b->state, b->npages * PAGE_SIZE,
				 b->dir, 0);
		memset(&b->state, 0, sizeof(b->state));
	} else {
		for (i = 0; i < b->npages; i++)
			dma_unmap_page(b->dev, b->addrs[i], PAGE_SIZE, b->dir);
	}
}

/* The struct with the array, for which the functions have a name of their own. */
struct twite_chip {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	struct dma_iova_state state;
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

	if (chip->npages &&
	    dma_iova_try_alloc(chip->dev, &chip->state, 0,
			       chip->npages * PAGE_SIZE)) {
		for (i = 0; i < chip->npages; i++) {
			if (dma_iova_link(chip->dev, &chip->state,
					  page_to_phys(chip->pages[i]),
					  i * PAGE_SIZE, PAGE_SIZE,
					  DMA_TO_DEVICE, 0))
				goto unmap;
			addrs[i] = chip->state.addr + i * PAGE_SIZE;
		}
		if (dma_iova_sync(chip->dev, &chip->state, 0,
				  chip->npages * PAGE_SIZE))
			goto unmap;
	} else {
		for (i = 0; i < chip->npages; i++) {
			addrs[i] = dma_map_page(chip->dev, chip->pages[i], 0,
						PAGE_SIZE, DMA_TO_DEVICE);
			if (dma_mapping_error(chip->dev, addrs[i]))
				goto unmap;
		}
	}
	port->chip->addrs = addrs;
	return 0;

unmap:
	if (dma_use_iova(&chip->state)) {
		dma_iova_destroy(chip->dev, &chip->state, i * PAGE_SIZE,
				 DMA_TO_DEVICE, 0);
		memset(&chip->state, 0, sizeof(chip->state));
	} else {
		while (i--)
			dma_unmap_page(chip->dev, addrs[i], PAGE_SIZE,
				       DMA_TO_DEVICE);
	}
	kfree(addrs);
	return -EIO;
}

void twite_unmap(struct twite_port *port)
{
	u32 i;

	if (dma_use_iova(&port->chip->state)) {
		dma_iova_destroy(port->chip->dev, &port->chip->state,
				 port->chip->npages * PAGE_SIZE, DMA_TO_DEVICE,
				 0);
		memset(&port->chip->state, 0, sizeof(port->chip->state));
	} else {
		for (i = 0; i < port->chip->npages; i++)
			dma_unmap_page(port->chip->dev, port->chip->addrs[i],
				       PAGE_SIZE, DMA_TO_DEVICE);
	}
	kfree(port->chip->addrs);
}

/* One helper maps two arrays of a struct, and the list in a pool's entry. */
struct godwit_job {
	struct page **source;
	dma_addr_t *source_list;
	struct dma_iova_state source_list_state;
	struct page **target;
	dma_addr_t *target_list;
	struct dma_iova_state target_list_state;
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
	struct dma_iova_state entry_state;
};

static int godwit_map_list(struct device *dev, struct page **pages, int npages,
			   dma_addr_t *list, struct dma_iova_state *state)
{
	int i;

	if (npages && dma_iova_try_alloc(dev, state, 0, npages * PAGE_SIZE)) {
		for (i = 0; i < npages; i++) {
			if (dma_iova_link(dev, state, page_to_phys(pages[i]),
					  i * PAGE_SIZE, PAGE_SIZE,
					  DMA_TO_DEVICE, 0))
				goto unmap;
			list[i] = state->addr + i * PAGE_SIZE;
		}
		if (dma_iova_sync(dev, state, 0, npages * PAGE_SIZE))
			goto unmap;
	} else {
		for (i = 0; i < npages; i++) {
			list[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE,
					       DMA_TO_DEVICE);
			if (dma_mapping_error(dev, list[i]))
				goto unmap;
		}
	}
	return 0;

unmap:
	if (dma_use_iova(state)) {
		dma_iova_destroy(dev, state, i * PAGE_SIZE, DMA_TO_DEVICE, 0);
		memset(state, 0, sizeof(*state));
	} else {
		while (i--)
			dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
	}
	return -EIO;
}

static void godwit_unmap_list(struct device *dev, int npages, dma_addr_t *list,
			      struct dma_iova_state *state)
{
	int i;

	if (dma_use_iova(state)) {
		dma_iova_destroy(dev, state, npages * PAGE_SIZE, DMA_TO_DEVICE,
				 0);
		memset(state, 0, sizeof(*state));
	} else {
		for (i = 0; i < npages; i++)
			dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
	}
}

int godwit_map(struct device *dev, struct godwit_job *job)
{
	int error;

	error = godwit_map_list(dev, job->source, job->npages,
				job->source_list, &job->source_list_state);
	if (error)
		return error;
	error = godwit_map_list(dev, job->target, job->npages,
				job->target_list, &job->target_list_state);
	if (error)
		godwit_unmap_list(dev, job->npages, job->source_list,
				  &job->source_list_state);
	return error;
}

void godwit_unmap(struct device *dev, struct godwit_job *job)
{
	godwit_unmap_list(dev, job->npages, job->target_list,
			  &job->target_list_state);
	godwit_unmap_list(dev, job->npages, job->source_list,
			  &job->source_list_state);
}

int godwit_start(struct device *dev, struct godwit_ring *ring)
{
	dma_addr_t *list = (dma_addr_t *)ring->entry.words;

	return godwit_map_list(dev, ring->pages, ring->npages, list,
			       &ring->entry_state);
}

void godwit_stop(struct device *dev, struct godwit_ring *ring)
{
	godwit_unmap_list(dev, ring->npages,
			  (dma_addr_t *)ring->entry.words, &ring->entry_state);
}
