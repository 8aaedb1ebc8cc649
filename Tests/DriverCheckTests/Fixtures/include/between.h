/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel offers to drivers whose device works by itself. */
u32 readl(const void *);
int request_irq(unsigned int, int (*)(int, void *), unsigned long, const char *, void *);
const void *free_irq(unsigned int, void *);
struct pci_dev;
int pci_request_irq(struct pci_dev *, unsigned int, int (*)(int, void *), int (*)(int, void *), void *,
		    const char *, ...);
void pci_free_irq(struct pci_dev *, unsigned int, void *);
void *page_address(const struct page *);
unsigned long wait_for_completion_timeout(void *, unsigned long);
struct work { void (*func)(struct work *); };
bool cancel_work_sync(struct work *);
unsigned long timer_delete_sync(void *);
int queue_push(void *queue, const void *record);
bool queue_is_free(void *queue, const void *record);
