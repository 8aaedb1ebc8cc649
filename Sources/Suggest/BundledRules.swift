// SPDX-License-Identifier: GPL-2.0-only
// swift-format-ignore-file

/// The texts of rules/, by path; `UPDATE_GOLDENS=1 swift test --filter RuleCaseTests` writes this
/// file anew.
enum BundledRules {
  static let files: [String: String] = [
    "kernel.h": ##"""
/* SPDX-License-Identifier: GPL-2.0-only */
/* What the cases of the rules need of the kernel; nothing here is ever compiled into anything. */
#ifndef TWOSTEP_RULES_KERNEL_H
#define TWOSTEP_RULES_KERNEL_H

typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long size_t;
typedef u64 dma_addr_t;
typedef u64 phys_addr_t;
typedef unsigned int gfp_t;
typedef _Bool bool;

#define NULL		((void *)0)
#define ENOMEM		12
#define EIO		5
#define GFP_KERNEL	0xcc0u
#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define DMA_MAPPING_ERROR	(~(dma_addr_t)0)
#define DMA_ATTR_SKIP_CPU_SYNC	(1UL << 5)

enum dma_data_direction {
	DMA_BIDIRECTIONAL,
	DMA_TO_DEVICE,
	DMA_FROM_DEVICE,
	DMA_NONE,
};

struct page;
struct device;

void *kmalloc(size_t size, gfp_t flags);
void *kzalloc(size_t size, gfp_t flags);
void *kcalloc(size_t count, size_t size, gfp_t flags);
void kfree(const void *object);
struct page *alloc_page(gfp_t flags);
void __free_page(struct page *page);
phys_addr_t page_to_phys(struct page *page);
unsigned long __get_free_pages(gfp_t flags, unsigned int order);
void free_pages(unsigned long address, unsigned int order);
phys_addr_t virt_to_phys(void *address);
void *memset(void *object, int value, size_t size);
int printk(const char *format, ...);

dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page, size_t offset, size_t size,
			      enum dma_data_direction dir, unsigned long attrs);
dma_addr_t dma_map_single_attrs(struct device *dev, void *ptr, size_t size,
				enum dma_data_direction dir, unsigned long attrs);
void dma_unmap_page_attrs(struct device *dev, dma_addr_t addr, size_t size,
			  enum dma_data_direction dir, unsigned long attrs);
void dma_unmap_single_attrs(struct device *dev, dma_addr_t addr, size_t size,
			    enum dma_data_direction dir, unsigned long attrs);
int dma_mapping_error(struct device *dev, dma_addr_t addr);
void dma_sync_single_for_cpu(struct device *dev, dma_addr_t addr, size_t size,
			     enum dma_data_direction dir);
#define dma_map_page(d, p, o, s, r)	dma_map_page_attrs(d, p, o, s, r, 0)
#define dma_map_single(d, p, s, r)	dma_map_single_attrs(d, p, s, r, 0)
#define dma_unmap_page(d, a, s, r)	dma_unmap_page_attrs(d, a, s, r, 0)
#define dma_unmap_single(d, a, s, r)	dma_unmap_single_attrs(d, a, s, r, 0)

struct ib_device {
	struct device *dma_device;
};

bool ib_uses_virt_dma(struct ib_device *dev);
u64 ib_dma_map_page(struct ib_device *dev, struct page *page, unsigned long offset, size_t size,
		    enum dma_data_direction dir);
void ib_dma_unmap_page(struct ib_device *dev, u64 addr, size_t size,
		       enum dma_data_direction dir);
int ib_dma_mapping_error(struct ib_device *dev, u64 addr);

struct dma_iova_state {
	dma_addr_t addr;
	u64 __size;
};

bool dma_use_iova(struct dma_iova_state *state);
bool dma_iova_try_alloc(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
			size_t size);
int dma_iova_link(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
		  size_t offset, size_t size, enum dma_data_direction dir, unsigned long attrs);
int dma_iova_sync(struct device *dev, struct dma_iova_state *state, size_t offset, size_t size);
void dma_iova_destroy(struct device *dev, struct dma_iova_state *state, size_t mapped_len,
		      enum dma_data_direction dir, unsigned long attrs);

#endif

"""##,
    "page-array-loop/after.c": ##"""
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

"""##,
    "page-array-loop/before.c": ##"""
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

"""##,
    "page-array-loop/keep-array-handed-on.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: hands addrs to stint_publish()
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

void stint_publish(dma_addr_t *addrs, int count);

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void stint_start(struct stint_buffer *buf)
{
	stint_publish(buf->addrs, buf->npages);
}

"""##,
    "page-array-loop/keep-array-on-the-stack.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: addrs is kept in no field
#include "../kernel.h"

/* A test that maps, runs and unmaps: nothing outlives the function. */
int dotterel_test(struct device *dev, struct page **pages)
{
	dma_addr_t addrs[4];
	int i, error = 0;

	for (i = 0; i < 4; i++) {
		addrs[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, addrs[i])) {
			error = -EIO;
			goto unmap;
		}
	}

unmap:
	while (--i >= 0)
		dma_unmap_page(dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return error;
}

"""##,
    "page-array-loop/keep-buffers-of-any-alignment.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: text need not start where a page does
#include "../kernel.h"

/* Buffers of a size that is right, at places that are not. */
struct whimbrel_log {
	struct device *dev;
	void *text[4];
	dma_addr_t addrs[4];
};

int whimbrel_map(struct whimbrel_log *log)
{
	int i;

	for (i = 0; i < 4; i++) {
		void *text = kmalloc(PAGE_SIZE, GFP_KERNEL);

		if (!text)
			goto unmap;
		log->addrs[i] = dma_map_single(log->dev, text, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(log->dev, log->addrs[i])) {
			kfree(text);
			goto unmap;
		}
		log->text[i] = text;
	}
	return 0;

unmap:
	while (i--) {
		dma_unmap_single(log->dev, log->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		kfree(log->text[i]);
	}
	return -ENOMEM;
}

void whimbrel_unmap(struct whimbrel_log *log)
{
	int i;

	for (i = 0; i < 4; i++) {
		dma_unmap_single(log->dev, log->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		kfree(log->text[i]);
	}
}

"""##,
    "page-array-loop/keep-count-changes.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: buf->npages changes within the loop
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		if (!buf->pages[i])
			buf->npages = i;
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-direction-differs.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: do not provably agree on DIR
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
}

"""##,
    "page-array-loop/keep-early-jump.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: jumps to the unmap loop before anything is mapped
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i = 0;

	if (!buf->pages)
		goto unmap;
	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-helper-of-other-files.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: curlew_map_list() gets list from callers in other files
#include "../kernel.h"

int curlew_map_list(struct device *dev, struct page **pages, int npages, dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++) {
		list[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, list[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (i--)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -EIO;
}

static void curlew_unmap_list(struct device *dev, int npages, dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
}

struct curlew_job {
	struct page **pages;
	dma_addr_t *list;
	int npages;
};

int curlew_map(struct device *dev, struct curlew_job *job)
{
	return curlew_map_list(dev, job->pages, job->npages, job->list);
}

void curlew_unmap(struct device *dev, struct curlew_job *job)
{
	curlew_unmap_list(dev, job->npages, job->list);
}

"""##,
    "page-array-loop/keep-helper-of-two-arrays.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: is kept in several fields
#include "../kernel.h"

/* One helper maps two arrays: there is no one place for the state. */
struct godwit_job {
	struct page **source;
	dma_addr_t *source_list;
	struct page **target;
	dma_addr_t *target_list;
	int npages;
};

static int godwit_map_list(struct device *dev, struct page **pages, int npages, dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++) {
		list[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, list[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (i--)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -EIO;
}

static void godwit_unmap_list(struct device *dev, int npages, dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
}

int godwit_map(struct device *dev, struct godwit_job *job)
{
	int error = godwit_map_list(dev, job->source, job->npages, job->source_list);

	if (error)
		return error;
	error = godwit_map_list(dev, job->target, job->npages, job->target_list);
	if (error)
		godwit_unmap_list(dev, job->npages, job->source_list);
	return error;
}

void godwit_unmap(struct device *dev, struct godwit_job *job)
{
	godwit_unmap_list(dev, job->npages, job->target_list);
	godwit_unmap_list(dev, job->npages, job->source_list);
}

"""##,
    "page-array-loop/keep-holes.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: leaves entries out
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		if (!buf->pages[i])
			continue;
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-no-unmap.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: no loop of this file unmaps addrs
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			return -ENOMEM;
	}
	return 0;
}

"""##,
    "page-array-loop/keep-not-cleared.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: allocates struct stint_buffer without clearing it
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

struct stint_buffer *stint_alloc(void)
{
	struct stint_buffer *buf = kmalloc(sizeof(*buf), GFP_KERNEL);

	return buf;
}

"""##,
    "page-array-loop/keep-part-of-a-page.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: maps 512, not whole units of PAGE_SIZE
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, 512,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-replaced-one-by-one.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: writes addrs
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void stint_clear(struct stint_buffer *buf, int page)
{
	buf->addrs[page] = 0;
}

"""##,
    "page-array-loop/keep-synced-through-a-variable.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: stint_read() uses addrs and calls dma_sync_single_for_cpu()
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void stint_read(struct stint_buffer *buf, int page)
{
	dma_addr_t addr = buf->addrs[page];

	dma_sync_single_for_cpu(buf->dev, addr, PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-synced.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: calls dma_sync_single_for_cpu() on one of addrs
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void stint_read(struct stint_buffer *buf, int page)
{
	dma_sync_single_for_cpu(buf->dev, buf->addrs[page], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-two-places.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: addrs is filled in 2 places
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

int stint_remap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-unmapped-one-by-one.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: calls dma_unmap_page_attrs() on one of addrs
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void stint_evict(struct stint_buffer *buf, int page)
{
	dma_unmap_page(buf->dev, buf->addrs[page], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: page-array-loop
title: link the pages of an array into one IOVA range
confidence: MachineApplicable
requires:
  - dma_iova_try_alloc
  - dma_iova_link
  - dma_iova_sync
  - dma_iova_destroy
  - dma_use_iova
header: linux/dma-mapping.h

documentation: |
  A loop maps the pages of one buffer one by one and keeps each address in an array; other loops
  unmap them all. With an IOMMU every iteration allocates an IOVA, and every unmap frees one and
  may flush the IOTLB.

  The pages become links in one IOVA range: one allocation, one link a page, one sync, and one
  destroy at the end. The array still holds the address of each page, so that its readers do not
  change. Where dma_iova_try_alloc() says no, the old calls run as before.

  The array may be a field, a field of the elements of an array, or what helpers of the file get
  from their callers; the state goes beside the field, and to the helpers as a parameter. Where the
  number of pages may be 0, nothing is allocated; where the struct may be mapped again, the state is
  cleared.

  Left alone: arrays whose pages are synced, unmapped or replaced one by one, parts of pages,
  loops that leave entries out, and arrays that are handed to code the rule cannot see.

message: |
  Each page is mapped by a call of its own, so that with an IOMMU each page allocates and frees an
  IOVA and is invalidated in the IOTLB on its own. All pages are mapped and unmapped together.

  Allocate one IOVA range for all of them, link the pages into it, and sync and destroy it once.
  Keep the page by page calls for devices that cannot use the IOVA-based API.

metavariables:
  ADDRESSES: storage
  STATE: state beside ADDRESSES
  I: index
  J: index in any order
  COUNT: invariant
  SOME: COUNT above 0
  N: invariant
  TOTAL: I after the loop
  LAST: J after the loop
  DEV: invariant
  PAGE: struct page *
  BUFFER: page-aligned
  ADDR: variable
  SIZE: multiple of PAGE_SIZE
  DIR: constant
  ATTRS: constant
  RET: expression
  FAIL: failure
  FAIL_AFTER: FAIL after the loop
  FORGET: reset of STATE
  UNMAP: dma_unmap_page_attrs() or dma_unmap_single_attrs()
same: [SIZE, DIR, ATTRS]

patterns:
  - name: map only
    role: map
    match: |
      +	if (SOME && dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE)) {
      +		for (I = 0; I < COUNT; I++) {
      +			if (dma_iova_link(DEV, &STATE, page_to_phys(PAGE), I * SIZE, SIZE, DIR, ATTRS))
      +				FAIL
      +			ADDRESSES[I] = STATE.addr + I * SIZE;
      +		}
      +		if (dma_iova_sync(DEV, &STATE, 0, TOTAL * SIZE))
      +			FAIL_AFTER
      +	} else {
      	for (I = 0; I < COUNT; I++) {
      		ADDRESSES[I] = dma_map_page_attrs(DEV, PAGE, 0, SIZE, DIR, ATTRS);
      		if (dma_mapping_error(_, ADDRESSES[I]))
      			FAIL
      	}
      +	}

  - name: map only, keeping the error
    role: map
    match: |
      +	if (SOME && dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE)) {
      +		for (I = 0; I < COUNT; I++) {
      +			RET = dma_iova_link(DEV, &STATE, page_to_phys(PAGE), I * SIZE, SIZE, DIR, ATTRS);
      +			if (RET)
      +				FAIL
      +			ADDRESSES[I] = STATE.addr + I * SIZE;
      +		}
      +		RET = dma_iova_sync(DEV, &STATE, 0, TOTAL * SIZE);
      +		if (RET)
      +			FAIL_AFTER
      +	} else {
      	for (I = 0; I < COUNT; I++) {
      		ADDRESSES[I] = dma_map_page_attrs(DEV, PAGE, 0, SIZE, DIR, ATTRS);
      		RET = dma_mapping_error(_, ADDRESSES[I]);
      		if (RET)
      			FAIL
      	}
      +	}

  - name: map and more
    role: map
    match: |
      +	if (SOME)
      +		dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE);
      	for (I = 0; I < COUNT; I++) {
      		...
      +		if (dma_use_iova(&STATE)) {
      +			if (dma_iova_link(DEV, &STATE, page_to_phys(PAGE), I * SIZE, SIZE, DIR, ATTRS))
      +				FAIL
      +			ADDRESSES[I] = STATE.addr + I * SIZE;
      +		} else {
      		ADDRESSES[I] = dma_map_page_attrs(DEV, PAGE, 0, SIZE, DIR, ATTRS);
      		if (dma_mapping_error(_, ADDRESSES[I]))
      			FAIL
      +		}
      		...
      	}
      +	if (dma_use_iova(&STATE) && dma_iova_sync(DEV, &STATE, 0, TOTAL * SIZE))
      +		FAIL_AFTER

  - name: map buffers and more
    role: map
    match: |
      +	if (SOME)
      +		dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE);
      	for (I = 0; I < COUNT; I++) {
      		...
      +		if (dma_use_iova(&STATE)) {
      +			if (dma_iova_link(DEV, &STATE, virt_to_phys(BUFFER), I * SIZE, SIZE, DIR, ATTRS))
      +				FAIL
      +			ADDRESSES[I] = STATE.addr + I * SIZE;
      +		} else {
      		ADDRESSES[I] = dma_map_single_attrs(DEV, BUFFER, SIZE, DIR, ATTRS);
      		if (dma_mapping_error(_, ADDRESSES[I]))
      			FAIL
      +		}
      		...
      	}
      +	if (dma_use_iova(&STATE) && dma_iova_sync(DEV, &STATE, 0, TOTAL * SIZE))
      +		FAIL_AFTER

  - name: map for an InfiniBand device
    role: map
    match: |
      +	if (SOME && !ib_uses_virt_dma(DEV))
      +		dma_iova_try_alloc(DEV->dma_device, &STATE, 0, COUNT * SIZE);
      	for (I = 0; I < COUNT; I++) {
      		...
      +		if (dma_use_iova(&STATE)) {
      +			if (dma_iova_link(DEV->dma_device, &STATE, page_to_phys(PAGE), I * SIZE, SIZE, DIR, 0))
      +				FAIL
      +			ADDRESSES[I] = STATE.addr + I * SIZE;
      +		} else {
      		ADDRESSES[I] = ib_dma_map_page(DEV, PAGE, 0, SIZE, DIR);
      		if (ib_dma_mapping_error(_, ADDRESSES[I]))
      			FAIL
      +		}
      		...
      	}
      +	if (dma_use_iova(&STATE) && dma_iova_sync(DEV->dma_device, &STATE, 0, TOTAL * SIZE))
      +		FAIL_AFTER

  - name: map and more, keeping the error
    role: map
    match: |
      +	if (SOME)
      +		dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE);
      	for (I = 0; I < COUNT; I++) {
      		...
      +		if (dma_use_iova(&STATE)) {
      +			RET = dma_iova_link(DEV, &STATE, page_to_phys(PAGE), I * SIZE, SIZE, DIR, ATTRS);
      +			if (RET)
      +				FAIL
      +			ADDRESSES[I] = STATE.addr + I * SIZE;
      +		} else {
      		ADDRESSES[I] = dma_map_page_attrs(DEV, PAGE, 0, SIZE, DIR, ATTRS);
      		RET = dma_mapping_error(_, ADDRESSES[I]);
      		if (RET)
      			FAIL
      +		}
      		...
      	}
      +	if (dma_use_iova(&STATE)) {
      +		RET = dma_iova_sync(DEV, &STATE, 0, TOTAL * SIZE);
      +		if (RET)
      +			FAIL_AFTER
      +	}

  - name: map through a variable
    role: map
    match: |
      +	if (SOME)
      +		dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE);
      	for (I = 0; I < COUNT; I++) {
      		...
      +		if (!dma_use_iova(&STATE))
      		ADDR = dma_map_page_attrs(DEV, PAGE, 0, SIZE, DIR, ATTRS);
      +		else if (dma_iova_link(DEV, &STATE, page_to_phys(PAGE), I * SIZE, SIZE, DIR, ATTRS))
      +			ADDR = DMA_MAPPING_ERROR;
      +		else
      +			ADDR = STATE.addr + I * SIZE;
      		if (dma_mapping_error(_, ADDR))
      			FAIL
      		...
      		ADDRESSES[I] = ADDR;
      		...
      	}
      +	if (dma_use_iova(&STATE) && dma_iova_sync(DEV, &STATE, 0, TOTAL * SIZE))
      +		FAIL_AFTER

  - name: unmap
    role: unmap
    match: |
      +	if (dma_use_iova(&STATE)) {
      +		dma_iova_destroy(DEV, &STATE, N * SIZE, DIR, ATTRS);
      +		FORGET
      +	} else {
      	for (J = 0; J < N; J++)
      		UNMAP(DEV, ADDRESSES[J], SIZE, DIR, ATTRS);
      +	}

  - name: unmap up to the first hole
    role: unmap
    match: |2
      	for (J = 0; J < N && ADDRESSES[J]; J++) {
      +		if (!dma_use_iova(&STATE))
      		UNMAP(DEV, ADDRESSES[J], SIZE, DIR, ATTRS);
      		ADDRESSES[J] = 0;
      	}
      +	if (dma_use_iova(&STATE)) {
      +		dma_iova_destroy(DEV, &STATE, LAST * SIZE, DIR, ATTRS);
      +		memset(&STATE, 0, sizeof(STATE));
      +	}

  - name: unmap and more
    role: unmap
    match: |
      +	if (dma_use_iova(&STATE))
      +		dma_iova_destroy(DEV, &STATE, N * SIZE, DIR, ATTRS);
      	for (J = 0; J < N; J++) {
      		...
      +		if (!dma_use_iova(&STATE))
      		UNMAP(DEV, ADDRESSES[J], SIZE, DIR, ATTRS);
      		...
      	}
      +	FORGET

  - name: unmap for an InfiniBand device
    role: unmap
    match: |
      +	if (dma_use_iova(&STATE))
      +		dma_iova_destroy(DEV->dma_device, &STATE, N * SIZE, DIR, 0);
      	for (J = 0; J < N; J++) {
      		...
      +		if (!dma_use_iova(&STATE))
      		ib_dma_unmap_page(DEV, ADDRESSES[J], SIZE, DIR);
      		...
      	}
      +	FORGET

"""##,
  ]
}
