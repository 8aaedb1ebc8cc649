// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

/* There is no variable that the answer could be tested in. */
enum pci_p2pdma_map_type whimbrel_kind(struct pci_p2pdma_map_state *state, struct device *dev,
				       struct scatterlist *sg)
{
	return pci_p2pdma_map_segment(state, dev, sg);
}
