// SPDX-License-Identifier: GPL-2.0-only
/* Who has what a function leaves, and which inputs go together; beside each what is wrong all the same. */
#include "kernel.h"
#include "subsystems.h"
#include "owners.h"

/* The header fits into all frames that the callers ask for; of what another file asks nobody knows. */
struct frame { struct device *dev; dma_addr_t dma; };

static int frame_send(struct frame *f, unsigned int len)
{
	u8 *data = kmalloc(len, GFP_KERNEL);

	if (!data)
		return -ENOMEM;
	__builtin_memset(data, 0xff, 6); // not c-out-of-bounds
	f->dma = dma_map_single(f->dev, data, len, DMA_TO_DEVICE);
	if (dma_mapping_error(f->dev, f->dma)) {
		kfree(data);
		return -EIO;
	}
	dma_unmap_single(f->dev, f->dma, len, DMA_TO_DEVICE);
	kfree(data);
	return 0;
}

int frame_test(struct frame *f, bool jumbo)
{
	return frame_send(f, jumbo ? 9014 : 1514);
}

struct letter { struct device *dev; dma_addr_t dma; };

int letter_send(struct letter *f, unsigned int len)
{
	u8 *data = kmalloc(len, GFP_KERNEL);

	if (!data)
		return -ENOMEM;
	__builtin_memset(data, 0xff, 6); // want c-out-of-bounds
	f->dma = dma_map_single(f->dev, data, len, DMA_TO_DEVICE);
	if (dma_mapping_error(f->dev, f->dma)) {
		kfree(data);
		return -EIO;
	}
	dma_unmap_single(f->dev, f->dma, len, DMA_TO_DEVICE);
	kfree(data);
	return 0;
}

/* Coherent memory that a failed start has left is used by the next start. */
struct core { struct device *dev; u32 *image; dma_addr_t image_dma; };
int core_boot(struct core *);

int core_resume(struct core *core)
{
	if (!core->image) {
		core->image = dma_alloc_coherent(core->dev, 8192, &core->image_dma, GFP_KERNEL);
		if (!core->image)
			return -ENOMEM;
	}
	return core_boot(core);
}

/* This one forgets that it has some. */
struct unit { struct device *dev; u32 *image; dma_addr_t image_dma; };
int unit_boot(struct unit *);

int unit_resume(struct unit *unit)
{
	unit->image = dma_alloc_coherent(unit->dev, 8192, &unit->image_dma, GFP_KERNEL); // want dma-leak
	if (!unit->image)
		return -ENOMEM;
	return unit_boot(unit);
}

/* Of two buffers the first stays in its slot until the next attempt; of the second kind none does. */
struct pair { struct device *dev; u8 *head, *body; dma_addr_t head_dma, body_dma; };

static int pair_map(struct pair *p, u8 *data, dma_addr_t *dma)
{
	dma_addr_t addr = dma_map_single(p->dev, data, 256, DMA_FROM_DEVICE);

	if (dma_mapping_error(p->dev, addr))
		return -EIO;
	*dma = addr;
	return 0;
}

int pair_fill(struct pair *p)
{
	if (!p->head_dma && pair_map(p, p->head, &p->head_dma))
		return -EIO;
	if (!p->body_dma && pair_map(p, p->body, &p->body_dma))
		return -EIO;
	return 0;
}

struct two { struct device *dev; u8 *head, *body; dma_addr_t head_dma, body_dma; };

int two_fill(struct two *t)
{
	t->head_dma = dma_map_single(t->dev, t->head, 256, DMA_FROM_DEVICE); // want dma-leak
	if (dma_mapping_error(t->dev, t->head_dma))
		return -EIO;
	t->body_dma = dma_map_single(t->dev, t->body, 256, DMA_FROM_DEVICE);
	if (dma_mapping_error(t->dev, t->body_dma))
		return -EIO;
	return 0;
}

/* The table of all ports is made by the first port that is opened, and ends with the board. */
struct chassis { struct device *dev; u64 *table; dma_addr_t table_dma; };
struct port { struct chassis *chassis; u8 *data; dma_addr_t dma; };
struct netport { struct port *port; };

int port_open(struct netport *net)
{
	struct port *port = net->port;
	struct chassis *chassis = port->chassis;

	if (!chassis->table) {
		chassis->table = dma_alloc_coherent(chassis->dev, 4096, &chassis->table_dma, GFP_KERNEL);
		if (!chassis->table)
			return -ENOMEM;
	}
	port->dma = dma_map_single(chassis->dev, port->data, 512, DMA_FROM_DEVICE);
	return dma_mapping_error(chassis->dev, port->dma) ? -EIO : 0;
}

int port_stop(struct netport *net)
{
	struct port *port = net->port;

	dma_unmap_single(port->chassis->dev, port->dma, 512, DMA_FROM_DEVICE);
	return 0;
}

void chassis_remove(struct platform_device *pdev)
{
	struct chassis *chassis = platform_get_drvdata(pdev);

	if (chassis->table)
		dma_free_coherent(chassis->dev, 4096, chassis->table, chassis->table_dma);
}

/* Here each start makes another. */
struct shelf { struct device *dev; u64 *table; dma_addr_t table_dma; u8 *data; dma_addr_t dma; };

int shelf_start(struct shelf *s)
{
	s->table = dma_alloc_coherent(s->dev, 4096, &s->table_dma, GFP_KERNEL); // want dma-leak
	if (!s->table)
		return -ENOMEM;
	s->dma = dma_map_single(s->dev, s->data, 512, DMA_FROM_DEVICE);
	if (dma_mapping_error(s->dev, s->dma)) {
		dma_free_coherent(s->dev, 4096, s->table, s->table_dma);
		return -EIO;
	}
	return 0;
}

void shelf_stop(struct shelf *s)
{
	dma_unmap_single(s->dev, s->dma, 512, DMA_FROM_DEVICE);
}

/* Who calls these looks at the kind of key first, and takes the one for it. */
struct key { struct device *dev; u32 kind; u8 *a, *b; dma_addr_t a_dma, b_dma; };

static void key_undo(struct key *key)
{
	switch (key->kind) {
	case 2:
		dma_unmap_single(key->dev, key->a_dma, 96, DMA_TO_DEVICE);
		dma_unmap_single(key->dev, key->b_dma, 32, DMA_BIDIRECTIONAL);
		break;
	default:
		dma_unmap_single(key->dev, key->a_dma, 64, DMA_TO_DEVICE);
	}
}

static int key_long(struct key *key)
{
	key->a_dma = dma_map_single(key->dev, key->a, 96, DMA_TO_DEVICE);
	if (dma_mapping_error(key->dev, key->a_dma))
		return -EIO;
	key->b_dma = dma_map_single(key->dev, key->b, 32, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(key->dev, key->b_dma)) {
		dma_unmap_single(key->dev, key->a_dma, 96, DMA_TO_DEVICE);
		return -EIO;
	}
	if (key_submit(key->a))
		key_undo(key);
	return 0;
}

static int key_short(struct key *key)
{
	key->a_dma = dma_map_single(key->dev, key->a, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(key->dev, key->a_dma))
		return -EIO;
	if (key_submit(key->a))
		dma_unmap_single(key->dev, key->a_dma, 32, DMA_TO_DEVICE); // want dma-unmap-size
	return 0;
}

int key_use(struct key *key)
{
	MANY_STEPS();
	return key->kind == 2 ? key_long(key) : key_short(key);
}

/* Its caller cannot say that it failed, and is stopped like one that did not. */
struct wed { struct device *dev; u32 *ring, *more; dma_addr_t ring_dma, more_dma; };

static int wed_alloc(struct wed *w)
{
	w->ring = dma_alloc_coherent(w->dev, 1024, &w->ring_dma, GFP_KERNEL);
	if (!w->ring)
		return -ENOMEM;
	w->more = dma_alloc_coherent(w->dev, 1024, &w->more_dma, GFP_KERNEL);
	return w->more ? 0 : -ENOMEM;
}

void wed_start(struct wed *w)
{
	MANY_STEPS();
	if (wed_alloc(w))
		return;
	step_a0();
}

void wed_stop(struct wed *w)
{
	if (w->ring)
		dma_free_coherent(w->dev, 1024, w->ring, w->ring_dma);
	if (w->more)
		dma_free_coherent(w->dev, 1024, w->more, w->more_dma);
}

/* This one's caller says so, and nobody stops what has not started. */
struct bed { struct device *dev; u32 *ring, *more; dma_addr_t ring_dma, more_dma; };

static int bed_alloc(struct bed *b)
{
	b->ring = dma_alloc_coherent(b->dev, 1024, &b->ring_dma, GFP_KERNEL); // want dma-leak
	if (!b->ring)
		return -ENOMEM;
	b->more = dma_alloc_coherent(b->dev, 1024, &b->more_dma, GFP_KERNEL);
	return b->more ? 0 : -ENOMEM;
}

int bed_start(struct bed *b)
{
	MANY_STEPS();
	return bed_alloc(b);
}

void bed_stop(struct bed *b)
{
	if (b->ring)
		dma_free_coherent(b->dev, 1024, b->ring, b->ring_dma);
	if (b->more)
		dma_free_coherent(b->dev, 1024, b->more, b->more_dma);
}

/* A frame that has more parts than the ring has slots is not sent. */
struct lane_slot { dma_addr_t dma; u32 len; };
struct txring { struct device *dev; struct lane_slot *slot; u32 count, cur; };

int txring_map(struct txring *r, struct sk_buff *skb, u8 *more)
{
	u32 cur = r->cur, first = cur;
	int i;

	for (i = 0; i < 4; i++) {
		struct lane_slot *slot = &r->slot[cur & (r->count - 1)];

		slot->dma = dma_map_single(r->dev, more + 64 * i, 64, DMA_TO_DEVICE);
		if (dma_mapping_error(r->dev, slot->dma))
			goto undo;
		cur++;
	}
	r->cur = cur;
	return 0;
undo:
	while (cur != first) {
		struct lane_slot *slot = &r->slot[--cur & (r->count - 1)];

		if (slot->dma)
			dma_unmap_single(r->dev, slot->dma, 64, DMA_TO_DEVICE);
		slot->dma = 0;
	}
	return -EIO;
}

/* With as much room as it likes this one forgets the first. */
struct rxring { struct device *dev; struct lane_slot *slot; u32 count, cur; };

int rxring_map(struct rxring *r, struct sk_buff *skb, u8 *more)
{
	u32 cur = r->cur, first = cur;
	int i;

	for (i = 0; i < 4; i++) {
		struct lane_slot *slot = &r->slot[cur & (r->count - 1)];

		slot->dma = dma_map_single(r->dev, more + 64 * i, 64, DMA_TO_DEVICE); // want dma-leak
		if (dma_mapping_error(r->dev, slot->dma))
			goto undo;
		cur++;
	}
	r->cur = cur;
	return 0;
undo:
	while (cur-- > first + 1) {
		struct lane_slot *slot = &r->slot[cur & (r->count - 1)];

		if (slot->dma)
			dma_unmap_single(r->dev, slot->dma, 64, DMA_TO_DEVICE);
		slot->dma = 0;
	}
	return -EIO;
}

/* Of the two pointers that this gives back one is the result. */
void *queue_alloc_mem(struct device *dev, size_t depth, size_t extra, dma_addr_t *dma, void **shadow)
{
	void *va = dma_alloc_coherent(dev, depth * 16, dma, GFP_KERNEL);

	if (!va)
		return NULL;
	if (extra) {
		*shadow = kzalloc(extra * depth, GFP_KERNEL);
		if (!*shadow) {
			dma_free_coherent(dev, depth * 16, va, *dma);
			return NULL;
		}
	}
	return va;
}

void queue_free_mem(struct device *dev, size_t depth, void *va, dma_addr_t dma, void *shadow)
{
	if (va)
		dma_free_coherent(dev, depth * 16, va, dma);
	kfree(shadow);
}

/* What a driver has behind a network device is zero at first, whatever the kernel is told of it. */
struct sub { struct device *dev; u32 depth, kind; u64 *pool; dma_addr_t pool_dma; u8 *page; dma_addr_t dma; };
struct host { char name[32]; struct sub plain, events; struct device *dev; };

static int sub_alloc(struct host *host, struct sub *sub, u32 kind)
{
	if (kind == 1)
		sub->depth = 16;
	if (sub->depth) {
		sub->pool = dma_alloc_coherent(host->dev, 64 * sub->depth, &sub->pool_dma, GFP_KERNEL);
		if (!sub->pool)
			return -ENOMEM;
	}
	sub->page = kmalloc(4096, GFP_KERNEL);
	if (!sub->page)
		return -ENOMEM;
	sub->dma = dma_map_single(host->dev, sub->page, 4096, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(host->dev, sub->dma)) {
		kfree(sub->page);
		sub->page = NULL;
		return -EIO;
	}
	return 0;
}

int host_probe(struct platform_device *pdev)
{
	struct net_device *net = alloc_etherdev_mqs(sizeof(struct host), 1, 1);
	struct host *host;

	if (!net)
		return -ENOMEM;
	host = netdev_priv(net);
	sprintf(host->name, "host");
	net_reset(net);
	device_get_ethdev_address(&pdev->dev, net);
	host->dev = &pdev->dev;
	if (sub_alloc(host, &host->plain, 0)) {
		free_netdev(net);
		return -ENOMEM;
	}
	platform_set_drvdata(pdev, host);
	return 0;
}

void host_remove(struct platform_device *pdev)
{
	struct host *host = platform_get_drvdata(pdev);

	dma_unmap_single(host->dev, host->plain.dma, 4096, DMA_BIDIRECTIONAL);
	kfree(host->plain.page);
}

/* What it has set itself is not. */
struct ghost { struct sub plain; struct device *dev; };

int ghost_probe(struct platform_device *pdev)
{
	struct net_device *net = alloc_etherdev_mqs(sizeof(struct ghost), 1, 1);
	struct ghost *ghost;
	struct sub *sub;

	if (!net)
		return -ENOMEM;
	ghost = netdev_priv(net);
	sub = &ghost->plain;
	sub->depth = 16;
	net_reset(net);
	if (sub->depth) {
		sub->pool = dma_alloc_coherent(&pdev->dev, 1024, &sub->pool_dma, GFP_KERNEL); // want dma-leak
		if (!sub->pool)
			return -ENOMEM;
	}
	sub->page = kmalloc(4096, GFP_KERNEL);
	if (!sub->page)
		return -ENOMEM;
	return 0;
}

/* Going back to as many queues as there were never fails. */
struct veth { struct device *dev; u8 *buf[16]; dma_addr_t dma[16]; };

static int veth_alloc(struct veth *v, u32 i)
{
	v->buf[i] = kzalloc(512, GFP_KERNEL);
	if (!v->buf[i])
		return -ENOMEM;
	v->dma[i] = dma_map_single(v->dev, v->buf[i], 512, DMA_TO_DEVICE);
	if (dma_mapping_error(v->dev, v->dma[i])) {
		kfree(v->buf[i]);
		v->buf[i] = NULL;
		return -EIO;
	}
	return 0;
}

int veth_set_channels(struct net_device *net, u32 goal)
{
	struct veth *v = netdev_priv(net);
	u32 old = net->real_num_tx_queues, i;
	int rc;

	for (i = old; i < goal; i++) {
		if (!veth_alloc(v, i))
			continue;
		goal = old;
		old = i;
		break;
	}
	rc = netif_set_real_num_tx_queues(net, goal);
	if (rc) {
		goal = old;
		old = i;
	}
	for (i = old; i > goal; i--) {
		if (v->buf[i - 1]) {
			dma_unmap_single(v->dev, v->dma[i - 1], 512, DMA_TO_DEVICE);
			kfree(v->buf[i - 1]);
			v->buf[i - 1] = NULL;
		}
	}
	return rc;
}

/* To more it may. */
struct meth { struct device *dev; u8 *buf; dma_addr_t dma; };

int meth_set_channels(struct net_device *net, u32 goal)
{
	struct meth *m = netdev_priv(net);

	if (goal <= net->real_num_tx_queues)
		return -EINVAL;
	m->dma = dma_map_single(m->dev, m->buf, 512, DMA_TO_DEVICE); // want dma-leak
	if (dma_mapping_error(m->dev, m->dma))
		return -EIO;
	return netif_set_real_num_tx_queues(net, goal);
}

/* A list that is handed on mapped has lengths for the device. */
struct adm { struct device *dev; u32 *cmd; dma_addr_t cmd_dma; };

int adm_prep(struct adm *adm, struct scatterlist *sgl, u32 sg_len)
{
	struct scatterlist *sg;
	u32 i, count = 0;
	u32 *cmd;

	for_each_sg(sgl, sg, sg_len, i)
		count += (sg_dma_len(sg) + 4095) / 4096;
	if (!count)
		return -EINVAL;
	adm->cmd = kzalloc(4 * count, GFP_KERNEL);
	if (!adm->cmd)
		return -ENOMEM;
	cmd = adm->cmd;
	for_each_sg(sgl, sg, sg_len, i) {
		u32 left = sg_dma_len(sg);

		do {
			*cmd++ = left;
			left -= left > 4096 ? 4096 : left;
		} while (left);
	}
	adm->cmd_dma = dma_map_single(adm->dev, adm->cmd, 4 * count, DMA_TO_DEVICE);
	if (dma_mapping_error(adm->dev, adm->cmd_dma)) {
		kfree(adm->cmd);
		return -EIO;
	}
	return 0;
}

void adm_unprep(struct adm *adm, u32 count)
{
	kfree(adm->cmd);
}

/* How long a message is another function has set before. */
struct status { u32 words[8]; };
struct sring { struct device *dev; u8 *va; u32 elem_size; dma_addr_t dma; };

void sring_configure(struct sring *s) { s->elem_size = 32; }

u32 sring_reap(struct sring *s, void (*next)(struct sring *))
{
	struct status msg;

	if (!next)
		sring_configure(s);
	memcpy(&msg, s->va, s->elem_size);
	s->dma = dma_map_single(s->dev, s->va, 64, DMA_FROM_DEVICE);
	if (dma_mapping_error(s->dev, s->dma))
		return 0;
	dma_unmap_single(s->dev, s->dma, 64, DMA_FROM_DEVICE);
	return msg.words[2];
}

/* Half of a message is half of it, whatever was set. */
struct tring { struct device *dev; u8 *va; dma_addr_t dma; };

u32 tring_reap(struct tring *s)
{
	struct status msg;

	memcpy(&msg, s->va, 16);
	s->dma = dma_map_single(s->dev, s->va, 64, DMA_FROM_DEVICE);
	if (dma_mapping_error(s->dev, s->dma))
		return 0;
	dma_unmap_single(s->dev, s->dma, 64, DMA_FROM_DEVICE);
	return msg.words[6]; // want c-uninitialised-read
}

/* Where the device's address was to go holds nothing when there is no memory, and nobody uses it. */
struct ring4 { struct device *dev; void *ring; dma_addr_t dma; };

int ring4_init(struct ring4 *r)
{
	dma_addr_t dma;
	void *ring = dma_alloc_coherent(r->dev, 512, &dma, GFP_KERNEL);

	r->ring = ring;
	r->dma = dma;
	return ring ? 0 : -ENOMEM;
}

void ring4_exit(struct ring4 *r)
{
	dma_free_coherent(r->dev, 512, r->ring, r->dma);
}

/* Where a seal would lie follows from what is not set when there is no table, and nobody looks there. */
struct sealing { u32 table_len; dma_addr_t table; };
struct press { struct device *dev; u32 *data; dma_addr_t dma, seal; };
void press_note(struct press *p, dma_addr_t seal);

static int press_submit(struct press *p, bool checks)
{
	p->dma = dma_map_single(p->dev, p->data, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(p->dev, p->dma))
		return -EIO;
	if (checks)
		press_note(p, p->seal);
	dma_unmap_single(p->dev, p->dma, 64, DMA_TO_DEVICE);
	return 0;
}

int press_seal(struct press *p)
{
	struct sealing *s = kmalloc(sizeof(*s), GFP_KERNEL);
	int err;

	if (!s)
		return -ENOMEM;
	s->table_len = 0;
	p->seal = s->table + s->table_len - 16; // not c-uninitialised-read
	err = press_submit(p, false);
	kfree(s);
	return err;
}

/* Here somebody does. */
int press_check(struct press *p)
{
	struct sealing *s = kmalloc(sizeof(*s), GFP_KERNEL);
	int err;

	if (!s)
		return -ENOMEM;
	s->table_len = 0;
	p->seal = s->table + s->table_len - 16; // want c-uninitialised-read
	err = press_submit(p, true);
	kfree(s);
	return err;
}

/* A word that the device reads is put together with what was there before. */
struct desc2 { u32 words[4]; };
struct ring2 { struct device *dev; struct desc2 *desc; dma_addr_t dma; };

int ring2_fill(struct ring2 *r)
{
	r->desc = kmalloc(sizeof(*r->desc), GFP_KERNEL);
	if (!r->desc)
		return -ENOMEM;
	r->desc->words[2] = (r->desc->words[2] & ~0xffffu) | 64; // want c-uninitialised-read
	r->dma = dma_map_single(r->dev, r->desc, sizeof(*r->desc), DMA_TO_DEVICE);
	if (dma_mapping_error(r->dev, r->dma)) {
		kfree(r->desc);
		return -EIO;
	}
	return 0;
}

void ring2_empty(struct ring2 *r)
{
	dma_unmap_single(r->dev, r->dma, sizeof(*r->desc), DMA_TO_DEVICE);
	kfree(r->desc);
}

/* As many buffers as the driver says, which fill a table of fixed size; one too many is one too many. */
struct rro { struct device *dev; u32 rx_nbuf, size; u64 *desc; dma_addr_t desc_dma; };

int rro_alloc(struct rro *r)
{
	u64 *desc = dma_alloc_coherent(r->dev, 8 * r->rx_nbuf, &r->desc_dma, GFP_KERNEL);
	int i;

	if (!desc)
		return -ENOMEM;
	r->desc = desc;
	r->size = r->rx_nbuf;
	for (i = 0; i < 1024; i++)
		desc[i] = i;
	return 0;
}

void rro_free(struct rro *r)
{
	dma_free_coherent(r->dev, 8 * r->size, r->desc, r->desc_dma);
}

struct rrw { struct device *dev; u32 rx_nbuf; u64 *desc; dma_addr_t dma; };

int rrw_alloc(struct rrw *r)
{
	u32 i;

	r->desc = kcalloc(r->rx_nbuf, 8, GFP_KERNEL);
	if (!r->desc)
		return -ENOMEM;
	for (i = 0; i <= r->rx_nbuf; i++)
		r->desc[i] = i; // want c-out-of-bounds
	r->dma = dma_map_single(r->dev, r->desc, 8 * r->rx_nbuf, DMA_TO_DEVICE);
	if (dma_mapping_error(r->dev, r->dma)) {
		kfree(r->desc);
		return -EIO;
	}
	return 0;
}

void rrw_free(struct rrw *r)
{
	dma_unmap_single(r->dev, r->dma, 8 * r->rx_nbuf, DMA_TO_DEVICE);
	kfree(r->desc);
}

/* The old buffer that is swapped for a new one may lie at any address, zero too. */
struct bnx { struct device *dev; u8 *data[4]; dma_addr_t dma[4]; };

int bnx_rx(struct bnx *b, u8 *fresh, u32 n, dma_addr_t old)
{
	dma_addr_t dma = dma_map_single(b->dev, fresh, 256, DMA_FROM_DEVICE);

	if (dma_mapping_error(b->dev, dma))
		return -EIO;
	b->dma[n & 3] = dma;
	dma_unmap_single(b->dev, old, 256, DMA_FROM_DEVICE);
	return 0;
}

void bnx_free(struct bnx *b)
{
	int i;

	for (i = 0; i < 4; i++)
		if (b->data[i])
			dma_unmap_single(b->dev, b->dma[i], 256, DMA_FROM_DEVICE);
}

/* As many bytes as it is told of the kernel fills in. */
struct eeprom { struct device *dev; void *client, *data; dma_addr_t dma; };
struct eeprom_bytes { u32 kind; char bytes[128]; };

int eeprom_read(struct eeprom *e)
{
	struct eeprom_bytes *b = kmalloc(sizeof(*b), GFP_KERNEL);
	int last;

	if (!b)
		return -ENOMEM;
	i2c_master_recv(e->client, b->bytes, 128);
	e->dma = dma_map_single(e->dev, e->data, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(e->dev, e->dma)) {
		kfree(b);
		return -EIO;
	}
	dma_unmap_single(e->dev, e->dma, 64, DMA_TO_DEVICE);
	last = b->bytes[127]; // not c-uninitialised-read
	kfree(b);
	return last;
}

/* Of no more than a few it fills in no more than has room for a name. */
int eeprom_peek(struct eeprom *e)
{
	struct eeprom_bytes *b = kmalloc(sizeof(*b), GFP_KERNEL);
	int last;

	if (!b)
		return -ENOMEM;
	i2c_master_recv(e->client, b->bytes, 8);
	e->dma = dma_map_single(e->dev, e->data, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(e->dev, e->dma)) {
		kfree(b);
		return -EIO;
	}
	dma_unmap_single(e->dev, e->dma, 64, DMA_TO_DEVICE);
	last = b->bytes[127]; // want c-uninitialised-read
	kfree(b);
	return last;
}
