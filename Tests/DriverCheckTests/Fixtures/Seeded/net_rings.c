// SPDX-License-Identifier: GPL-2.0-only
/* a network adapter: receive ring filled at open, transmit ring emptied by the interrupt */
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/slab.h>

#define NR_RX 8
#define NR_TX 8
#define NR_BUFSZ 1536
#define NR_OWN 0x80000000u

struct nr_desc {
	__le32 status;
	__le32 len;
	__le64 addr;
};

struct nr_rx {
	void *data;
	dma_addr_t dma;
};

struct nr_tx {
	struct sk_buff *skb;
	dma_addr_t dma;
	u32 len;
};

struct nr_priv {
	struct device *dev;
	struct nr_desc *rxd, *txd;
	dma_addr_t rxd_dma, txd_dma;
	struct nr_rx rx[NR_RX];
	struct nr_tx tx[NR_TX];
	u32 tx_head, tx_tail;
};

static int nr_fill_one(struct nr_priv *p, int i)
{
	struct nr_rx *rx = &p->rx[i];
	void *data;

	data = kmalloc(NR_BUFSZ, GFP_KERNEL); /*@rxlost*/
	if (!data)
		return -ENOMEM;
	rx->dma = dma_map_single(p->dev, data, NR_BUFSZ, DMA_FROM_DEVICE); /*@rxunchk*/ /*@fewer*/
	if (dma_mapping_error(p->dev, rx->dma)) { //~rxunchk:dma-mapping-error-unchecked if (!rx->dma) {
		kfree(data); //~rxlost:c-memory-leak ;
		return -ENOMEM;
	}
	rx->data = data;
	p->rxd[i].addr = cpu_to_le64(rx->dma);
	p->rxd[i].status = cpu_to_le32(NR_OWN);
	return 0;
}

static void nr_free_rx(struct nr_priv *p)
{
	int i;

	for (i = 0; i < NR_RX; i++) { //~fewer:dma-leak for (i = 1; i < NR_RX; i++) {
		struct nr_rx *rx = p->rx + i;

		if (!rx->data)
			continue;
		dma_unmap_single(p->dev, rx->dma, NR_BUFSZ, DMA_FROM_DEVICE); //~rxsize:dma-unmap-size dma_unmap_single(p->dev, rx->dma, sizeof(NR_BUFSZ), DMA_FROM_DEVICE);
		kfree(rx->data);
		rx->data = NULL;
	}
}

static void nr_clean_tx(struct nr_priv *p, bool all)
{
	while (p->tx_tail != p->tx_head) {
		struct nr_tx *tx = &p->tx[p->tx_tail % NR_TX];

		if (!all && (le32_to_cpu(p->txd[p->tx_tail % NR_TX].status) & NR_OWN))
			break;
		dma_unmap_single(p->dev, tx->dma, tx->len, DMA_TO_DEVICE); //~txdir:dma-unmap-direction dma_unmap_single(p->dev, tx->dma, tx->len, DMA_FROM_DEVICE); //~txsize:dma-unmap-size dma_unmap_single(p->dev, tx->dma, NR_BUFSZ, DMA_TO_DEVICE);
		dev_kfree_skb_any(tx->skb);
		tx->skb = NULL;
		p->tx_tail++;
	}
}

netdev_tx_t nr_xmit(struct sk_buff *skb, struct net_device *ndev);
netdev_tx_t nr_xmit(struct sk_buff *skb, struct net_device *ndev)
{
	struct nr_priv *p = netdev_priv(ndev);
	u32 slot = p->tx_head % NR_TX;
	dma_addr_t dma;

	if (p->tx_head - p->tx_tail >= NR_TX)
		return NETDEV_TX_BUSY;
	dma = dma_map_single(p->dev, skb->data, skb->len, DMA_TO_DEVICE); /*@txunchk*/
	if (dma_mapping_error(p->dev, dma)) { //~txunchk:dma-mapping-error-unchecked if (0) {
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	p->tx[slot].skb = skb;
	p->tx[slot].dma = dma;
	p->tx[slot].len = skb->len;
	p->txd[slot].addr = cpu_to_le64(dma);
	p->txd[slot].len = cpu_to_le32(skb->len);
	p->txd[slot].status = cpu_to_le32(NR_OWN);
	p->tx_head++;
	return NETDEV_TX_OK;
}

irqreturn_t nr_interrupt(int irq, void *data);
irqreturn_t nr_interrupt(int irq, void *data)
{
	struct net_device *ndev = data;

	nr_clean_tx(netdev_priv(ndev), false);
	return IRQ_HANDLED;
}

int nr_open(struct net_device *ndev);
int nr_open(struct net_device *ndev)
{
	struct nr_priv *p = netdev_priv(ndev);
	int i, err = -ENOMEM;

	p->rxd = dma_alloc_coherent(p->dev, NR_RX * sizeof(*p->rxd), &p->rxd_dma, GFP_KERNEL); /*@rxdleak*/
	if (!p->rxd)
		return -ENOMEM;
	p->txd = dma_alloc_coherent(p->dev, NR_TX * sizeof(*p->txd), &p->txd_dma, GFP_KERNEL);
	if (!p->txd)
		goto err_rxd; //~rxdleak:dma-leak return -ENOMEM;
	for (i = 0; i < NR_RX; i++) {
		err = nr_fill_one(p, i);
		if (err)
			goto err_rx;
	}
	p->tx_head = p->tx_tail = 0;
	return 0;

err_rx:
	nr_free_rx(p);
	dma_free_coherent(p->dev, NR_TX * sizeof(*p->txd), p->txd, p->txd_dma);
err_rxd:
	dma_free_coherent(p->dev, NR_RX * sizeof(*p->rxd), p->rxd, p->rxd_dma);
	return err;
}

int nr_stop(struct net_device *ndev);
int nr_stop(struct net_device *ndev)
{
	struct nr_priv *p = netdev_priv(ndev);

	nr_clean_tx(p, true);
	nr_free_rx(p);
	dma_free_coherent(p->dev, NR_TX * sizeof(*p->txd), p->txd, p->txd_dma);
	dma_free_coherent(p->dev, NR_RX * sizeof(*p->rxd), p->rxd, p->rxd_dma); //~cohsize:dma-unmap-size dma_free_coherent(p->dev, sizeof(*p->rxd), p->rxd, p->rxd_dma);
	return 0;
}
