// SPDX-License-Identifier: GPL-2.0-only

/// C to be executed.
enum BenchmarkSource {
  /// Arithmetic, memory and calls, as drivers have them.
  static let loop = """
    struct ring { unsigned head, tail; unsigned long slots[64]; };
    static unsigned long mix(unsigned long h, unsigned v) { return (h ^ v) * 31 + (h >> 5); }
    unsigned long loop(void)
    {
    	struct ring r = { 0 };
    	unsigned long h = 1;
    	for (unsigned i = 0; i < 2000000; i++) {
    		r.slots[r.head & 63] += i;
    		if (r.head - r.tail > 32)
    			h = mix(h, r.slots[r.tail++ & 63]);
    		r.head++;
    	}
    	return h;
    }

    """

  static let head = """
    typedef unsigned int u32; typedef unsigned long u64; typedef unsigned long size_t;
    typedef u64 dma_addr_t; typedef u64 phys_addr_t;
    #define NULL ((void *)0)
    struct device { int id; };
    struct page { unsigned long words[8]; };
    struct dma_iova_state { dma_addr_t addr; u64 __size; };
    _Bool dma_iova_try_alloc(struct device *, struct dma_iova_state *, phys_addr_t, size_t);
    void dma_iova_free(struct device *, struct dma_iova_state *);
    int dma_iova_link(struct device *, struct dma_iova_state *, phys_addr_t, size_t, size_t, int, u64);
    int dma_iova_sync(struct device *, struct dma_iova_state *, size_t, size_t);
    void dma_iova_destroy(struct device *, struct dma_iova_state *, size_t, int, u64);
    dma_addr_t dma_map_page(struct device *, struct page *, size_t, size_t, int);
    void dma_unmap_page(struct device *, dma_addr_t, size_t, int);
    int dma_mapping_error(struct device *, dma_addr_t);
    void *kcalloc(size_t, size_t, u32);
    void kfree(const void *);
    phys_addr_t page_to_phys(struct page *);

    """

  /// One setup and its teardown.
  ///
  /// - Parameter npages: what the setup always works on; nil for a parameter
  static func pair(_ number: Int, npages: Int? = nil) -> String {
    let parameter = npages == nil ? ", u32 npages" : ""
    let count = npages.map { "\tu32 npages = \($0);\n" } ?? ""
    return """
      struct mig\(number) {
      	struct device *dev; struct page **pages; u32 npages; struct dma_iova_state state;
      	dma_addr_t *addresses; u64 *entries;
      };

      int mig\(number)_map(struct mig\(number) *m\(parameter))
      {
      \(count)	size_t mapped = 0;
      	int ret;
      	u32 i;

      	if (npages > 4)
      		return -22;
      	m->npages = npages;
      	m->entries = kcalloc(npages, sizeof(*m->entries), 0xcc0);
      	if (!m->entries)
      		return -12;
      	if (!npages)
      		return 0;
      	if (dma_iova_try_alloc(m->dev, &m->state, 0, npages * 4096UL)) {
      		for (i = 0; i < npages; i++) {
      			ret = dma_iova_link(m->dev, &m->state, page_to_phys(m->pages[i]), mapped,
      					    4096, 2, 0);
      			if (ret)
      				goto err_link;
      			m->entries[i] = m->state.addr + mapped;
      			mapped += 4096;
      		}
      		ret = dma_iova_sync(m->dev, &m->state, 0, mapped);
      		if (ret)
      			goto err_link;
      		return 0;
      	}
      	m->addresses = kcalloc(npages, sizeof(*m->addresses), 0xcc0);
      	if (!m->addresses) {
      		ret = -12;
      		goto err_free;
      	}
      	for (i = 0; i < npages; i++) {
      		m->addresses[i] = dma_map_page(m->dev, m->pages[i], 0, 4096, 2);
      		if (dma_mapping_error(m->dev, m->addresses[i])) {
      			ret = -5;
      			goto err_map;
      		}
      		m->entries[i] = m->addresses[i];
      	}
      	return 0;
      err_map:
      	while (i--)
      		dma_unmap_page(m->dev, m->addresses[i], 4096, 2);
      	kfree(m->addresses);
      	m->addresses = NULL;
      	goto err_free;
      err_link:
      	dma_iova_destroy(m->dev, &m->state, mapped, 2, 0);
      err_free:
      	kfree(m->entries);
      	m->entries = NULL;
      	return ret;
      }

      void mig\(number)_unmap(struct mig\(number) *m)
      {
      	u32 i;

      	if (m->addresses) {
      		for (i = 0; i < m->npages; i++)
      			dma_unmap_page(m->dev, m->addresses[i], 4096, 2);
      		kfree(m->addresses);
      		m->addresses = NULL;
      	} else if (m->npages) {
      		dma_iova_destroy(m->dev, &m->state, m->npages * 4096UL, 2, 0);
      	}
      	kfree(m->entries);
      	m->entries = NULL;
      	m->npages = 0;
      }

      """
  }
}
