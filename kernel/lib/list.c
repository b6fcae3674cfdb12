/* What of <kernel/list.h> is not inline: the check that failed, and counting. */
#include <kernel/list.h>
#include <kernel/panic.h>

void list_corrupt(const struct list_node *node, const char *what)
{
	panic("list node %p (prev %p, next %p): %s", (const void *)node, (void *)node->prev,
	      (void *)node->next, what);
}

size_t list_length(const struct list *list)
{
	const struct list_node *node;
	size_t n = 0;

	for (node = list->head.next; node != &list->head; node = node->next)
		n++;
	return n;
}
