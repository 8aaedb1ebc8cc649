// SPDX-License-Identifier: GPL-2.0-only
/* a command queue: nested structures, a union of two kinds of buffers, errors by if-else */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

enum cq_kind { CQ_NONE, CQ_INLINE, CQ_SG };

struct cq_buf {
	enum cq_kind kind;
	enum dma_data_direction dir;
	union {
		struct {
			void *data;
			size_t len;
			dma_addr_t dma;
		} lin;
		struct {
			struct scatterlist *sgl;
			int nents, mapped;
		} sg;
	};
};

struct cq_cmd {
	struct cq_buf in, out;
	u32 *ctx;
	int tag;
};

struct cq_queue {
	struct device *dev;
	struct cq_cmd *slots[32];
};

static int cq_map_buf(struct cq_queue *q, struct cq_buf *b)
{
	switch (b->kind) {
	case CQ_INLINE:
		b->lin.dma = dma_map_single(q->dev, b->lin.data, b->lin.len, b->dir);
		return dma_mapping_error(q->dev, b->lin.dma) ? -ENOMEM : 0;
	case CQ_SG:
		b->sg.mapped = dma_map_sg(q->dev, b->sg.sgl, b->sg.nents, b->dir); /*@in*/
		return b->sg.mapped ? 0 : -EIO;
	default:
		return 0;
	}
}

static void cq_unmap_buf(struct cq_queue *q, struct cq_buf *b)
{
	if (b->kind == CQ_INLINE)
		dma_unmap_single(q->dev, b->lin.dma, b->lin.len, b->dir); //~size:dma-unmap-size dma_unmap_single(q->dev, b->lin.dma, b->lin.len + 8, b->dir);
	else if (b->kind == CQ_SG)
		dma_unmap_sg(q->dev, b->sg.sgl, b->sg.nents, b->dir); //~nents:dma-sg-nents dma_unmap_sg(q->dev, b->sg.sgl, b->sg.mapped, b->dir);
}

int cq_submit(struct cq_queue *q, struct cq_cmd *cmd);
int cq_submit(struct cq_queue *q, struct cq_cmd *cmd)
{
	int ret;

	if (cmd->tag < 0 || cmd->tag >= 32)
		return -EINVAL;
	cmd->ctx = kzalloc(64, GFP_KERNEL);
	if (!cmd->ctx)
		return -ENOMEM;
	ret = cq_map_buf(q, &cmd->in);
	if (!ret) {
		ret = cq_map_buf(q, &cmd->out);
		if (!ret) {
			q->slots[cmd->tag] = cmd;
			return 0;
		}
		cq_unmap_buf(q, &cmd->in); //~in:dma-leak ;
	}
	kfree(cmd->ctx); //~late:c-use-after-free kfree(cmd->ctx); ret -= cmd->ctx[0];
	cmd->ctx = NULL; //~ctx:c-double-free kfree(cmd->ctx);
	return ret;
}

void cq_complete(struct cq_queue *q, struct cq_cmd *cmd);
void cq_complete(struct cq_queue *q, struct cq_cmd *cmd)
{
	cq_unmap_buf(q, &cmd->out);
	cq_unmap_buf(q, &cmd->in);
	kfree(cmd->ctx);
	cmd->ctx = NULL;
	q->slots[cmd->tag] = NULL;
}
