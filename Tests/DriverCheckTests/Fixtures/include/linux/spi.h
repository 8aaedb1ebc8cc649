/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FIXTURE_SPI_H
#define FIXTURE_SPI_H
#include "device.h"

struct spi_transfer {
	const void *tx_buf;
	void *rx_buf;
	unsigned int len;
};

struct spi_controller {
	struct device dev;
	void *data;
	int (*transfer_one)(struct spi_controller *ctlr, struct spi_transfer *t);
};

static inline void *spi_controller_get_devdata(struct spi_controller *ctlr)
{
	return ctlr->data;
}

int spi_register_controller(struct spi_controller *ctlr);
void spi_unregister_controller(struct spi_controller *ctlr);
#endif
