/* SPDX-License-Identifier: GPL-2.0-only */
/* Of networking, block devices, files, platforms and lists, what the drivers in Seeded/ need. */
#ifndef FIXTURE_SUBSYSTEMS_H
#define FIXTURE_SUBSYSTEMS_H
#include "kernel.h"

typedef u32 __le32;
typedef unsigned short u16;
#define cpu_to_le32(x) ((__le32)(x))
#define le32_to_cpu(x) ((u32)(x))
#define GFP_ATOMIC 0x820u
#define GFP_NOWAIT 0x800u
#define EBUSY 16
#define ENOTTY 25
#define DMA_BIT_MASK(n) (((n) == 64) ? ~0UL : ((1UL << (n)) - 1))

#define offsetof(type, member) __builtin_offsetof(type, member)
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

struct list_head { struct list_head *next, *prev; };
static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}
static inline void list_add_tail(struct list_head *new, struct list_head *head)
{
	new->prev = head->prev;
	new->next = head;
	head->prev->next = new;
	head->prev = new;
}
static inline void list_del(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	entry->prev->next = entry->next;
	entry->next = NULL;
	entry->prev = NULL;
}
#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_for_each_entry(pos, head, member) \
	for (pos = list_entry((head)->next, __typeof__(*pos), member); &pos->member != (head); \
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_entry_reverse(pos, head, member) \
	for (pos = list_entry((head)->prev, __typeof__(*pos), member); &pos->member != (head); \
	     pos = list_entry(pos->member.prev, __typeof__(*pos), member))
#define list_for_each_entry_safe_reverse(pos, n, head, member) \
	for (pos = list_entry((head)->prev, __typeof__(*pos), member), \
	     n = list_entry(pos->member.prev, __typeof__(*pos), member); &pos->member != (head); \
	     pos = n, n = list_entry(n->member.prev, __typeof__(*n), member))

struct platform_device { const char *name; int id; struct device dev; };
void *platform_get_drvdata(const struct platform_device *);
void platform_set_drvdata(struct platform_device *, void *);
void *devm_kzalloc(struct device *, size_t, gfp_t);
int dma_set_mask_and_coherent(struct device *, u64);

typedef struct { struct page *page; unsigned int size, offset; } skb_frag_t;
struct skb_shared_info { u8 nr_frags; skb_frag_t frags[17]; };
struct sk_buff { unsigned int len, data_len; u8 *head, *data; unsigned int end; };
#define skb_shinfo(skb) ((struct skb_shared_info *)((skb)->head + (skb)->end))
static inline unsigned int skb_headlen(const struct sk_buff *skb)
{
	return skb->len - skb->data_len;
}
static inline unsigned int skb_frag_size(const skb_frag_t *frag) { return frag->size; }
static inline dma_addr_t skb_frag_dma_map(struct device *dev, const skb_frag_t *frag,
					  size_t offset, size_t size, enum dma_data_direction dir)
{
	return dma_map_page(dev, frag->page, frag->offset + offset, size, dir);
}
void dev_kfree_skb_any(struct sk_buff *);
struct net_device {
	unsigned long state;
	unsigned int num_tx_queues, num_rx_queues, real_num_tx_queues;
	u8 priv[];
};
static inline void *netdev_priv(const struct net_device *dev) { return (void *)dev->priv; }
enum netdev_tx { NETDEV_TX_OK = 0x00, NETDEV_TX_BUSY = 0x10 };
typedef enum netdev_tx netdev_tx_t;
typedef enum irqreturn { IRQ_NONE, IRQ_HANDLED } irqreturn_t;

typedef u8 blk_status_t;
#define BLK_STS_OK 0
#define BLK_STS_NOTSUPP ((blk_status_t)1)
#define BLK_STS_RESOURCE ((blk_status_t)9)
#define BLK_STS_IOERR ((blk_status_t)10)
struct request { void *q; unsigned int tag; };
struct blk_mq_hw_ctx { void *driver_data; };
struct blk_mq_queue_data { struct request *rq; bool last; };
static inline void *blk_mq_rq_to_pdu(struct request *rq) { return rq + 1; }

/* Declared for other files of the same driver. */
struct shared { struct device *dev; u32 *words; dma_addr_t dma[2]; };
int shared_start(struct shared *);
void shared_stop(struct shared *);
struct lane { struct device *dev; dma_addr_t dma; int (*kick)(struct lane *); };
int lane_send(struct lane *, void *);

struct inode { unsigned long number; };
struct file { void *private_data; };
#define FOLL_WRITE 1
int pin_user_pages_fast(unsigned long, int, unsigned int, struct page **);
void unpin_user_pages(struct page **, unsigned long);
unsigned long copy_from_user(void *, const void *, unsigned long);
#endif
