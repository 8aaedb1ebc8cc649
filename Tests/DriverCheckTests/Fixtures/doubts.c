// SPDX-License-Identifier: GPL-2.0-only
/* What looks like a mistake only when an input is taken for what it never is. */
#include "kernel.h"
#include "subsystems.h"

#define FRAMES 8

/* A ring holds more than one frame is made of: with one slot, each part would overwrite the last. */
struct tx {
	struct device *dev;
	struct { dma_addr_t addr; u32 len; } *slot;
	u32 tail, slots;
};

int tx_frame(struct tx *tx, struct sk_buff *skb)
{
	int parts = skb_shinfo(skb)->nr_frags;
	u32 first = tx->tail;
	int i;

	for (i = 0; i < parts; i++) {
		skb_frag_t *frag = &skb_shinfo(skb)->frags[i];
		dma_addr_t addr;

		addr = skb_frag_dma_map(tx->dev, frag, 0, skb_frag_size(frag), DMA_TO_DEVICE);
		if (dma_mapping_error(tx->dev, addr))
			goto undo;
		tx->slot[tx->tail].addr = addr;
		tx->slot[tx->tail].len = skb_frag_size(frag);
		if (++tx->tail >= tx->slots)
			tx->tail = 0;
	}
	return 0;

undo:
	while (tx->tail != first || i > 0) {
		tx->tail = (tx->tail ? tx->tail : tx->slots) - 1;
		i--;
		dma_unmap_page(tx->dev, tx->slot[tx->tail].addr, tx->slot[tx->tail].len,
			       DMA_TO_DEVICE);
	}
	return -ENOMEM;
}

/* The teardown finds through the request what the setup was handed. */
struct queue { struct device *dev; };
struct op { struct queue *queue; dma_addr_t cmd_dma; u8 cmd[64]; };

int op_init(struct queue *queue, struct op *op, struct request *rq)
{
	op->queue = queue;
	op->cmd_dma = dma_map_single(queue->dev, op->cmd, sizeof(op->cmd), DMA_TO_DEVICE);
	return dma_mapping_error(queue->dev, op->cmd_dma) ? -EFAULT : 0;
}

void op_exit(struct queue *queue, struct request *rq)
{
	struct op *op = blk_mq_rq_to_pdu(rq);

	dma_unmap_single(queue->dev, op->cmd_dma, sizeof(op->cmd), DMA_TO_DEVICE);
}

/* The driver itself says that there is no other kind. */
void __warn_printk(const char *, ...);
struct table { struct device *dev; u32 kind; u64 entry; dma_addr_t dma; };

static int table_entry(struct table *t, u64 *entry)
{
	if (t->kind != 5) {
		__warn_printk("no such table");
		return -EINVAL;
	}
	*entry = t->entry;
	return 0;
}

int table_update(struct table *t, struct page *page)
{
	u64 entry;

	t->dma = dma_map_page(t->dev, page, 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(t->dev, t->dma))
		return -EIO;
	table_entry(t, &entry);
	t->entry = entry & ~1UL;
	return 0;
}

/* Twelve bits hold the length of every frame that this device is given. */
struct frame { dma_addr_t dma; u16 bits; struct sk_buff *skb; };
struct mac { struct device *dev; struct frame frame; };

int mac_send(struct mac *mac, struct sk_buff *skb)
{
	mac->frame.dma = dma_map_single(mac->dev, skb->data, skb->len, DMA_TO_DEVICE);
	if (dma_mapping_error(mac->dev, mac->frame.dma))
		return -ENOMEM;
	mac->frame.bits = skb->len & 0xfff;
	mac->frame.skb = skb;
	return 0;
}

void mac_sent(struct mac *mac)
{
	dma_unmap_single(mac->dev, mac->frame.dma, mac->frame.bits, DMA_TO_DEVICE);
	dev_kfree_skb_any(mac->frame.skb);
}

/* What is written after it is mapped is given to the device when the device is started. */
struct command { struct device *dev; u32 *words; dma_addr_t dma; };

int command_prepare(struct command *c)
{
	c->dma = dma_map_single(c->dev, c->words, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(c->dev, c->dma))
		return -EIO;
	c->words[0] = 7;
	return 0;
}

void command_start(struct command *c)
{
	dma_sync_single_for_device(c->dev, c->dma, 64, DMA_TO_DEVICE);
}

void command_unprepare(struct command *c)
{
	dma_unmap_single(c->dev, c->dma, 64, DMA_TO_DEVICE);
}

/* The steps of a page, as the chip has them, never make a part of it negative. */
void sg_init_one(struct scatterlist *, const void *, unsigned int);
struct chip { struct device *dev; struct scatterlist sg; int page_size, step_size, steps; };

int chip_read(struct chip *chip, void *data)
{
	int last = chip->page_size - chip->step_size * (chip->steps - 1);

	sg_init_one(&chip->sg, data, last);
	if (!dma_map_sg(chip->dev, &chip->sg, 1, DMA_FROM_DEVICE))
		return -ENOMEM;
	return 0;
}

void chip_read_done(struct chip *chip)
{
	dma_unmap_sg(chip->dev, &chip->sg, 1, DMA_FROM_DEVICE);
}

/* Another file gives back all of it, also what a failed start has left. */
int shared_start(struct shared *s)
{
	s->dma[0] = dma_map_single(s->dev, s->words, 64, DMA_TO_DEVICE); // want dma-leak
	if (dma_mapping_error(s->dev, s->dma[0])) {
		s->dma[0] = 0;
		return -EIO;
	}
	s->dma[1] = dma_map_single(s->dev, s->words + 16, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(s->dev, s->dma[1])) {
		s->dma[1] = 0;
		return -EIO;
	}
	return 0;
}

void shared_stop(struct shared *s)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (s->dma[i])
			dma_unmap_single(s->dev, s->dma[i], 64, DMA_TO_DEVICE);
		s->dma[i] = 0;
	}
}

/* A structure that is passed by value is the same one each time. */
struct part { u32 start, len, index; };
struct bulk { struct device *dev; u8 *data; struct part part; dma_addr_t dma; };

static u32 part_start(struct part part) { return part.start; }
static u32 part_len(struct part part) { return part.len; }

int bulk_map(struct bulk *b)
{
	struct part copy = b->part;

	b->dma = dma_map_single(b->dev, b->data + part_start(b->part), part_len(copy), DMA_TO_DEVICE);
	return dma_mapping_error(b->dev, b->dma) ? -EIO : 0;
}

void bulk_unmap(struct bulk *b)
{
	dma_unmap_single(b->dev, b->dma, part_len(b->part), DMA_TO_DEVICE);
}

/* What maps another part of the same object, and gives that back when it fails, is no teardown. */
struct job { struct device *dev; void *head, *body; dma_addr_t head_dma, body_dma; };
bool job_more(struct job *);

int job_setup_body(struct job *job, dma_addr_t addr)
{
	if (job_more(job))
		return 0;
	dma_unmap_single(job->dev, job->body_dma, 512, DMA_TO_DEVICE);
	return -EIO;
}

int job_setup_head(struct job *job)
{
	job->head_dma = dma_map_single(job->dev, job->head, 64, DMA_TO_DEVICE);
	return dma_mapping_error(job->dev, job->head_dma) ? -EIO : 0;
}

/* What a failed start has mapped stays with the object, and the next start finds it there. */
struct engine { struct device *dev; void *code; dma_addr_t code_dma; };
int engine_boot(struct engine *);

int engine_resume(struct engine *e)
{
	if (!e->code_dma) {
		dma_addr_t dma = dma_map_single(e->dev, e->code, 4096, DMA_TO_DEVICE);

		if (dma_mapping_error(e->dev, dma))
			return -EIO;
		e->code_dma = dma;
	}
	return engine_boot(e);
}

/* A teardown that finds nothing to undo was not given what the setup had. */
struct space { struct device *dev; struct page *top; dma_addr_t top_dma; };
struct space *space_of(struct device *);

int space_attach(struct space *space, struct device *client)
{
	space->top_dma = dma_map_page(space->dev, space->top, 0, PAGE_SIZE, DMA_TO_DEVICE);
	return dma_mapping_error(space->dev, space->top_dma) ? -EIO : 0;
}

int space_detach(struct space *own, struct device *client)
{
	struct space *space = space_of(client);

	if (!space)
		return 0;
	dma_unmap_page(own->dev, own->top_dma, PAGE_SIZE, DMA_TO_DEVICE);
	return 0;
}

/* A function that is given a member does not know what encloses it. */
struct poll { void *owner; u32 budget; };
void poll_enable(struct poll *);
struct nic { struct device *dev; u32 first; struct poll poll; u32 clean, use; dma_addr_t dma[64]; u8 *data[64]; };
struct board { struct device *dev; struct nic *nic; };

int nic_open(struct board *board)
{
	struct nic *nic = kzalloc(sizeof(*nic), GFP_KERNEL);

	if (!nic)
		return -ENOMEM;
	board->nic = nic;
	nic->dev = board->dev;
	poll_enable(&nic->poll);
	for (nic->use = 0; nic->use < 6; nic->use++) {
		nic->data[nic->use] = kmalloc(256, GFP_KERNEL);
		if (!nic->data[nic->use])
			goto undo;
		nic->dma[nic->use] = dma_map_single(nic->dev, nic->data[nic->use], 256, DMA_FROM_DEVICE);
		if (dma_mapping_error(nic->dev, nic->dma[nic->use])) {
			kfree(nic->data[nic->use]);
			goto undo;
		}
	}
	return 0;
undo:
	while (nic->use--) {
		dma_unmap_single(nic->dev, nic->dma[nic->use], 256, DMA_FROM_DEVICE);
		kfree(nic->data[nic->use]);
	}
	kfree(nic);
	board->nic = NULL;
	return -ENOMEM;
}

void nic_close(struct board *board)
{
	struct nic *nic = board->nic;

	for (; nic->clean != nic->use; nic->clean++) {
		dma_unmap_single(nic->dev, nic->dma[nic->clean], 256, DMA_FROM_DEVICE);
		kfree(nic->data[nic->clean]);
	}
	kfree(nic);
}

/* The data of a packet begin on no page: what lies before the next one is never empty. */
struct wire { struct device *dev; dma_addr_t part[2]; u32 len[2]; };

int wire_send(struct wire *w, struct sk_buff *skb)
{
	u64 start = (u64)skb->data, edge = (start + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);

	if (edge >= start + skb->len)
		return -EINVAL;
	w->len[0] = edge - start;
	w->len[1] = skb->len - w->len[0];
	w->part[0] = dma_map_single(w->dev, skb->data, w->len[0], DMA_TO_DEVICE);
	if (dma_mapping_error(w->dev, w->part[0]))
		return -EIO;
	w->part[1] = dma_map_single(w->dev, (void *)edge, w->len[1], DMA_TO_DEVICE);
	if (dma_mapping_error(w->dev, w->part[1])) {
		dma_unmap_single(w->dev, w->part[0], w->len[0], DMA_TO_DEVICE);
		return -EIO;
	}
	return 0;
}

void wire_sent(struct wire *w)
{
	dma_unmap_single(w->dev, w->part[0], w->len[0], DMA_TO_DEVICE);
	dma_unmap_single(w->dev, w->part[1], w->len[1], DMA_TO_DEVICE);
}

/* What is undone in another file may be undone after a failure as well. */
int lane_send(struct lane *lane, void *data)
{
	lane->dma = dma_map_single(lane->dev, data, 64, DMA_TO_DEVICE); // want dma-leak
	if (dma_mapping_error(lane->dev, lane->dma))
		return -EIO;
	return lane->kick(lane);
}

/* A copy that is made before a member is written keeps what was there. */
struct slot { dma_addr_t dma; struct page *page; };
struct rx { struct device *dev; struct slot *slot; };

int rx_replace(struct rx *rx, u32 n)
{
	struct slot old = rx->slot[n];
	struct page *page = alloc_pages(GFP_KERNEL, 0);
	dma_addr_t dma;

	if (!page)
		return -ENOMEM;
	dma = dma_map_page(rx->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	if (dma_mapping_error(rx->dev, dma)) {
		__free_pages(page, 0);
		return -EIO;
	}
	rx->slot[n].page = page;
	rx->slot[n].dma = dma;
	dma_unmap_page(rx->dev, old.dma, PAGE_SIZE, DMA_TO_DEVICE);
	dma_unmap_page(rx->dev, dma, PAGE_SIZE, DMA_TO_DEVICE);
	return 0;
}

/* What a device may be given of a buffer is never longer than the buffer. */
struct pool { struct device *dev; struct page *page; u32 rx_buf_len; dma_addr_t dma; };

int pool_fill(struct pool *p)
{
	p->dma = dma_map_page(p->dev, p->page, 0, 2048, DMA_FROM_DEVICE);
	if (dma_mapping_error(p->dev, p->dma))
		return -EIO;
	dma_sync_single_for_device(p->dev, p->dma, p->rx_buf_len, DMA_FROM_DEVICE);
	return 0;
}

void pool_empty(struct pool *p)
{
	dma_unmap_page(p->dev, p->dma, PAGE_SIZE / 2, DMA_FROM_DEVICE);
}

/* A request that is over is not aborted. */
struct scsi_cmnd { void *host; u8 sense[64]; dma_addr_t dma; };
void scsi_done(struct scsi_cmnd *);
struct hba { struct device *dev; };

int hba_queuecommand(struct hba *hba, struct scsi_cmnd *cmd)
{
	cmd->dma = dma_map_single(hba->dev, cmd->sense, 64, DMA_FROM_DEVICE);
	if (dma_mapping_error(hba->dev, cmd->dma))
		scsi_done(cmd);
	return 0;
}

void hba_abort(struct hba *hba, struct scsi_cmnd *cmd)
{
	dma_unmap_single(hba->dev, cmd->dma, 64, DMA_FROM_DEVICE);
}

/* Descriptors in memory are reached by the accessors of registers too. */
struct raw_desc { u32 addr; unsigned short len; };
struct raw_ring {
	struct device *dev;
	struct raw_desc *desc;
	dma_addr_t desc_dma;
	struct page *page[4];
};

void raw_ring_close(struct raw_ring *r)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (!r->page[i])
			continue;
		dma_unmap_page(r->dev, __raw_readl(&r->desc[i].addr),
			       ioread16be(&r->desc[i].len), DMA_FROM_DEVICE);
		__free_pages(r->page[i], 0);
		r->page[i] = NULL;
	}
	dma_free_coherent(r->dev, 4 * sizeof(*r->desc), r->desc, r->desc_dma);
}

int raw_ring_open(struct raw_ring *r)
{
	dma_addr_t dma;
	int i;

	r->desc = dma_alloc_coherent(r->dev, 4 * sizeof(*r->desc), &r->desc_dma, GFP_KERNEL);
	if (!r->desc)
		return -ENOMEM;
	for (i = 0; i < 4; i++)
		r->page[i] = NULL;
	for (i = 0; i < 4; i++) {
		r->page[i] = alloc_pages(GFP_KERNEL, 0);
		if (!r->page[i])
			goto err;
		dma = dma_map_page(r->dev, r->page[i], 0, 1536, DMA_FROM_DEVICE);
		if (dma_mapping_error(r->dev, dma)) {
			__free_pages(r->page[i], 0);
			r->page[i] = NULL;
			goto err;
		}
		__raw_writel(dma, &r->desc[i].addr);
		iowrite16be(1536, &r->desc[i].len);
	}
	return 0;

err:
	raw_ring_close(r);
	return -ENOMEM;
}

/* What two tables of one kind have is of two kinds of device. */
struct host { struct device *dev; struct scatterlist *sg; int sg_len; };
struct host_ops {
	int (*start)(struct host *host);
	void (*end)(struct host *host);
};

static int outer_start(struct host *host)
{
	return dma_map_sg(host->dev, host->sg, host->sg_len, DMA_TO_DEVICE) ? 0 : -EIO;
}

static void outer_end(struct host *host)
{
	dma_unmap_sg(host->dev, host->sg, host->sg_len, DMA_TO_DEVICE);
}

static int inner_start(struct host *host)
{
	if (host->sg_len != 1)
		return -EINVAL;
	return dma_map_sg(host->dev, host->sg, 1, DMA_FROM_DEVICE) ? 0 : -EIO;
}

static void inner_done(struct host *host)
{
	dma_unmap_sg(host->dev, host->sg, 1, DMA_FROM_DEVICE);
}

const struct host_ops outer_ops = { .start = outer_start, .end = outer_end };
const struct host_ops inner_ops = { .start = inner_start, .end = inner_done };

/* Two rings have buffers of one struct: what undoes one of them says so in its name. */
struct ring_buf { struct page *page; dma_addr_t dma; };

int rx_buf_fill(struct device *dev, struct ring_buf *buf)
{
	buf->dma = dma_map_page(dev, buf->page, 0, 2048, DMA_FROM_DEVICE);
	return dma_mapping_error(dev, buf->dma) ? -EIO : 0;
}

int tx_buf_map(struct device *dev, struct ring_buf *buf)
{
	buf->dma = dma_map_page(dev, buf->page, 0, 2048, DMA_TO_DEVICE);
	return dma_mapping_error(dev, buf->dma) ? -EIO : 0;
}

void tx_buf_unmap(struct device *dev, struct ring_buf *buf)
{
	dma_unmap_page(dev, buf->dma, 2048, DMA_TO_DEVICE);
}

/* What other files make and undo by two functions of one file stands beside what two others do. */
struct block { struct device *dev; void *status, *ring; dma_addr_t status_dma, ring_dma; };

int block_setup_status(struct block *p)
{
	if (!p->status)
		p->status = dma_alloc_coherent(p->dev, 64, &p->status_dma, GFP_KERNEL);
	return p->status ? 0 : -ENOMEM;
}

void block_free_status(struct block *p)
{
	dma_free_coherent(p->dev, 64, p->status, p->status_dma);
	p->status = NULL;
}

int block_setup_all(struct block *p)
{
	p->ring = dma_alloc_coherent(p->dev, 4096, &p->ring_dma, GFP_KERNEL);
	if (!p->ring)
		return -ENOMEM;
	if (block_setup_status(p)) {
		dma_free_coherent(p->dev, 4096, p->ring, p->ring_dma);
		return -ENOMEM;
	}
	return 0;
}

void block_free_all(struct block *p)
{
	dma_free_coherent(p->dev, 4096, p->ring, p->ring_dma);
}

/* Descriptors of another function's memory, used through accessors of registers. */
struct io_desc { u32 len, addr; };
struct io_ring { struct device *dev; struct io_desc *desc; void *buf[4]; };

static void io_drain(struct io_ring *r, int n)
{
	while (n--)
		dma_unmap_single(r->dev, __raw_readl(&r->desc[n].addr), __raw_readl(&r->desc[n].len),
				 DMA_TO_DEVICE);
}

int io_fill(struct io_ring *r)
{
	dma_addr_t dma;
	int n;

	for (n = 0; n < 4; n++) {
		__raw_writel(512, &r->desc[n].len);
		dma = dma_map_single(r->dev, r->buf[n], 512, DMA_TO_DEVICE);
		if (dma_mapping_error(r->dev, dma)) {
			io_drain(r, n);
			return -EIO;
		}
		__raw_writel(dma, &r->desc[n].addr);
	}
	return 0;
}

void io_empty(struct io_ring *r) { io_drain(r, 4); }

/* A slot is for what comes in or for what goes out, and each has a function of its own. */
struct way_slot { struct device *dev; void *data; dma_addr_t dma; void (*done)(struct way_slot *); };

static void way_unmap(struct way_slot *s, enum dma_data_direction dir)
{
	dma_unmap_single(s->dev, s->dma, 64, dir);
	s->dma = 0;
}

static void way_rx_callback(struct way_slot *s)
{
	way_unmap(s, DMA_FROM_DEVICE);
	s->dma = dma_map_single(s->dev, s->data, 64, DMA_FROM_DEVICE);
	if (dma_mapping_error(s->dev, s->dma))
		s->dma = 0;
	s->done = way_rx_callback;
}

static void way_tx_callback(struct way_slot *s)
{
	way_unmap(s, DMA_TO_DEVICE);
}

int way_start(struct way_slot *in, struct way_slot *out)
{
	in->done = way_rx_callback;
	out->done = way_tx_callback;
	return 0;
}

/* A descriptor has the address that was written last, whatever was there before. */
struct duo_desc { u32 addr0, addr1; };
struct duo { struct device *dev; struct duo_desc *desc; void *buf[2]; };

int duo_map(struct duo *d)
{
	dma_addr_t dma0, dma1;

	dma0 = dma_map_single(d->dev, d->buf[0], 256, DMA_TO_DEVICE);
	if (dma_mapping_error(d->dev, dma0))
		return -EIO;
	dma1 = dma_map_single(d->dev, d->buf[1], 256, DMA_TO_DEVICE);
	if (dma_mapping_error(d->dev, dma1)) {
		dma_unmap_single(d->dev, dma0, 256, DMA_TO_DEVICE);
		return -EIO;
	}
	writel(0, &d->desc->addr0);
	writel(dma0, &d->desc->addr0);
	writel(dma1, &d->desc->addr1);
	return 0;
}

void duo_unmap(struct duo *d)
{
	dma_unmap_single(d->dev, __raw_readl(&d->desc->addr0), 256, DMA_TO_DEVICE);
	dma_unmap_single(d->dev, __raw_readl(&d->desc->addr1), 256, DMA_TO_DEVICE);
}

/* How thirty members relate their owner knows, whatever else is left out beside them. */
struct seat { u32 index; };
struct hall { struct device *dev; void *data; struct seat *seats; u32 found, sum; dma_addr_t dma; };

int hall_map(struct hall *h, struct file *files)
{
	int i;

	h->found = h->sum = 0;
	for (i = 0; i < 30; i++) {
		if (files[i].private_data)
			h->found++;
		h->sum += h->seats[i].index;
	}
	h->dma = dma_map_single(h->dev, h->data, 64, DMA_TO_DEVICE);
	return dma_mapping_error(h->dev, h->dma) ? -EIO : 0;
}

void hall_unmap(struct hall *h, struct file *files)
{
	if (!h->sum)
		dma_unmap_single(h->dev, h->dma, 64, DMA_TO_DEVICE);
}

/* A network device has as many queues as it was made with. */
struct net_device *devm_alloc_etherdev_mqs(struct device *, int, unsigned int, unsigned int);
struct ring { void *first; u64 seen; };
struct port { struct device *dev; struct ring ring[1]; u64 started; dma_addr_t dma; };

struct net_device *port_probe(struct device *dev)
{
	return devm_alloc_etherdev_mqs(dev, sizeof(struct port), 1, 1);
}

int port_setup_rings(struct net_device *net)
{
	struct port *port = netdev_priv(net);
	struct ring *ring = port->ring;
	unsigned int i;
	u8 *first;

	first = dma_alloc_coherent(port->dev, net->num_tx_queues * 64, &port->dma, GFP_KERNEL);
	if (!first)
		return -ENOMEM;
	for (i = 0; i < net->num_tx_queues; i++, ring++) {
		ring->first = first + 64 * i;
		ring->seen = 0;
	}
	return 0;
}

void port_cleanup_rings(struct net_device *net)
{
	struct port *port = netdev_priv(net);

	dma_free_coherent(port->dev, net->num_tx_queues * 64, port->ring[0].first, port->dma);
}

/* A queue that is handed over with its device is one of the device's. */
struct hub_queue { void *data; dma_addr_t dma; };
struct hub_lane { u32 number; struct hub_queue queue; };
struct hub { struct device *dev; u32 *head; dma_addr_t head_dma; struct hub_lane lane[2]; };

int hub_fill(struct hub *hub, struct hub_queue *queue, void *data)
{
	hub->head_dma = dma_map_single(hub->dev, hub->head, 16, DMA_TO_DEVICE);
	if (dma_mapping_error(hub->dev, hub->head_dma))
		return -EIO;
	queue->dma = dma_map_single(hub->dev, data, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(hub->dev, queue->dma)) {
		dma_unmap_single(hub->dev, hub->head_dma, 16, DMA_TO_DEVICE);
		return -EIO;
	}
	queue->data = data;
	return 0;
}

void hub_drain(struct hub *hub)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (!hub->lane[i].queue.data)
			continue;
		dma_unmap_single(hub->dev, hub->lane[i].queue.dma, 64, DMA_TO_DEVICE);
		hub->lane[i].queue.data = NULL;
	}
	dma_unmap_single(hub->dev, hub->head_dma, 16, DMA_TO_DEVICE);
}

/* What is below zero in an enumeration stands for none, and nobody asks for that. */
enum pipe { PIPE_NONE = -1, PIPE_CONTROL, PIPE_IN, PIPE_OUT, PIPE_LOG, PIPE_COUNT };
struct pipes { struct device *dev; struct { bool credit; dma_addr_t dma; } pipe[PIPE_COUNT]; };

int pipes_send(struct pipes *pipes, enum pipe id, void *data)
{
	bool credit = pipes->pipe[id].credit;

	if (id >= PIPE_COUNT)
		return -EINVAL;
	pipes->pipe[id].dma = dma_map_single(pipes->dev, data, credit ? 64 : 128, DMA_TO_DEVICE);
	return dma_mapping_error(pipes->dev, pipes->pipe[id].dma) ? -EIO : 0;
}

/* Nothing says that a queue has one entry, or entries of another size. */
struct tx_queue { struct { dma_addr_t dma; u32 bytes; } *entry; u32 len, head; };
struct sender { struct device *dev; struct tx_queue queue; };

static void sender_next(struct tx_queue *queue)
{
	queue->head = (queue->head + 1) & (queue->len - 1);
}

void sender_send(struct sender *sender, void *head, void *body, void *tail)
{
	struct tx_queue *queue = &sender->queue;
	void *part[3] = { head, body, tail };
	u32 first = queue->head;
	int i;

	for (i = 0; i < 3; i++) {
		dma_addr_t dma = dma_map_single(sender->dev, part[i], 64, DMA_TO_DEVICE);

		if (dma_mapping_error(sender->dev, dma))
			goto undo;
		queue->entry[queue->head].dma = dma;
		queue->entry[queue->head].bytes = 64;
		sender_next(queue);
	}
	return;

undo:
	queue->head = first;
	while (i--) {
		dma_unmap_single(sender->dev, queue->entry[queue->head].dma,
				 queue->entry[queue->head].bytes, DMA_TO_DEVICE);
		sender_next(queue);
	}
	queue->head = first;
}

/* Another file calls the three in their order. */
struct buffers { struct device *dev; struct { void *data; dma_addr_t dma; } *buf; void *desc; dma_addr_t dma; };

int buffers_alloc(struct buffers *b)
{
	b->buf = kmalloc(4 * sizeof(*b->buf), GFP_KERNEL);
	if (!b->buf)
		return -ENOMEM;
	b->desc = dma_alloc_coherent(b->dev, 256, &b->dma, GFP_KERNEL);
	if (!b->desc) {
		kfree(b->buf);
		return -ENOMEM;
	}
	return 0;
}

void buffers_reset(struct buffers *b)
{
	int i;

	for (i = 0; i < 4; i++) {
		b->buf[i].data = NULL;
		b->buf[i].dma = 0;
	}
}

void buffers_free(struct buffers *b)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (!b->buf[i].data)
			continue;
		dma_unmap_single(b->dev, b->buf[i].dma, 64, DMA_FROM_DEVICE);
	}
	dma_free_coherent(b->dev, 256, b->desc, b->dma);
	kfree(b->buf);
}

/* A copy keeps what was there, whatever is put in its place. */
void *lowmem_page_address(const struct page *);
struct refill_slot { struct page *page; dma_addr_t dma; };
struct refill { struct device *dev; struct refill_slot slot; u8 header[16]; };

int refill_start(struct refill *r)
{
	struct refill_slot old = r->slot, new;

	new.page = alloc_page(GFP_ATOMIC);
	if (!new.page)
		return -ENOMEM;
	new.dma = dma_map_page(r->dev, new.page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(r->dev, new.dma)) {
		__free_page(new.page);
		return -EIO;
	}
	r->slot.page = new.page;
	r->slot.dma = new.dma;
	memcpy(r->header, lowmem_page_address(old.page), 16);
	return 0;
}

void refill_stop(struct refill *r)
{
	dma_unmap_page(r->dev, r->slot.dma, PAGE_SIZE, DMA_FROM_DEVICE);
	__free_page(r->slot.page);
}

/* A device has one queue at least. */
struct jack { struct device *dev; void *block; dma_addr_t dma; };

int jack_open(struct net_device *net)
{
	struct jack *jack = netdev_priv(net);

	jack->dma = dma_map_single(jack->dev, jack->block, 256, DMA_TO_DEVICE);
	if (dma_mapping_error(jack->dev, jack->dma))
		return -EIO;
	return net->real_num_tx_queues ? 0 : -EINVAL;
}

void jack_stop(struct net_device *net)
{
	struct jack *jack = netdev_priv(net);

	dma_unmap_single(jack->dev, jack->dma, 256, DMA_TO_DEVICE);
}

/* Operations that nobody here knows keep an address, and answer it. */
struct attached {
	struct device *dev;
	const struct attached_ops { void (*keep)(struct attached *, void *); void *(*kept)(struct attached *); } *ops;
	dma_addr_t dma;
};

int attached_alloc(struct attached *s)
{
	void *cpu = dma_alloc_coherent(s->dev, 256, &s->dma, GFP_KERNEL);

	if (!cpu)
		return -ENOMEM;
	s->ops->keep(s, cpu);
	return 0;
}

void attached_free(struct attached *s)
{
	dma_free_coherent(s->dev, 256, s->ops->kept(s), s->dma);
}

/* The driver's own buffer is none of vmalloc(), whatever its callers' are. */
bool virt_addr_valid(const void *);
struct flash { struct device *dev; void *bounce; dma_addr_t dma; };

static int flash_map(struct flash *flash, void *data)
{
	if (!virt_addr_valid(data))
		data = flash->bounce;
	flash->dma = dma_map_single(flash->dev, data, 64, DMA_TO_DEVICE);
	return dma_mapping_error(flash->dev, flash->dma) ? -EIO : 0;
}

int flash_erase(struct flash *flash)
{
	return flash_map(flash, flash->bounce);
}

void flash_erased(struct flash *flash)
{
	dma_unmap_single(flash->dev, flash->dma, 64, DMA_TO_DEVICE);
}

/* A track is one of the owner's tracks. */
struct track { int busy; };
struct tracks { struct device *dev; struct track one, all[4]; dma_addr_t dma[4]; };

int track_send(struct tracks *tracks, struct track *track, void *data)
{
	int number = track->busy ? track - tracks->all : 0;

	tracks->dma[number] = dma_map_single(tracks->dev, data, 64, DMA_TO_DEVICE);
	return dma_mapping_error(tracks->dev, tracks->dma[number]) ? -EIO : 0;
}

void track_sent(struct tracks *tracks, struct track *track)
{
	int number = track->busy ? track - tracks->all : 0;

	dma_unmap_single(tracks->dev, tracks->dma[number], 64, DMA_TO_DEVICE);
}

/* How large a pool's blocks are, only the file knows that has made it. */
struct dma_pool;
void *dma_pool_alloc(struct dma_pool *, gfp_t, dma_addr_t *);
void dma_pool_free(struct dma_pool *, void *, dma_addr_t);
struct blocks { struct device *dev; struct dma_pool *pool; u8 *first, *second; dma_addr_t firsts, seconds, dma; };

int blocks_start(struct blocks *b, void *data)
{
	b->first = dma_pool_alloc(b->pool, GFP_KERNEL, &b->firsts);
	if (!b->first)
		return -ENOMEM;
	b->second = dma_pool_alloc(b->pool, GFP_KERNEL, &b->seconds);
	if (!b->second)
		goto free_first;
	b->second[5000] = 1; // not c-out-of-bounds
	b->dma = dma_map_single(b->dev, data, 64, DMA_TO_DEVICE);
	if (!dma_mapping_error(b->dev, b->dma))
		return 0;
	dma_pool_free(b->pool, b->second, b->seconds);
free_first:
	dma_pool_free(b->pool, b->first, b->firsts);
	return -EIO;
}

void blocks_stop(struct blocks *b)
{
	dma_unmap_single(b->dev, b->dma, 64, DMA_TO_DEVICE);
	dma_pool_free(b->pool, b->second, b->seconds);
	dma_pool_free(b->pool, b->first, b->firsts);
}
