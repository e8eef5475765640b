/*
 * bind.c: offers, and their judgement.
 *
 * An offer is read by the same version of this library, or by another one on the same machine:
 *
 *	u32 version, 1    u32 services    u32 uses    i64 call timeout
 *	for each: u32 methods   u64 hash   u32 length   name   u32 length   description
 *
 * numbers in the order of the machine, unaligned. A later version appends; readers ignore what
 * follows. It may come from a hostile worker, so each length is held against what is left.
 *
 * Interfaces are matched by their full name. If the hashes are equal they are the same. If not, the
 * description says whether they fit (cohort_interface_accepts()): each side judges for itself, because
 * only the newer one knows what it added. What the caller calls must be served, or the start fails.
 * What the component calls may be missing: a caller need not listen to events.
 *
 * On a channel a method is the action "module.Interface.method". Two sides must come to the same
 * name although they do not know the same interfaces, so it depends on nothing else; one that is
 * too long, or would collide with the runtime's own, is called "#<hash of the interface's
 * name>.<index>".
 */
#include "component/bind.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "component/port.h"

#define VERSION 1
#define INTERFACES_MAX 4096

struct writer {
	unsigned char *data; /* NULL: only counts */
	size_t length;
};

static void put(struct writer *to, const void *data, size_t length)
{
	if (to->data && length)
		memcpy(to->data + to->length, data, length);
	to->length += length;
}

static void put_u32(struct writer *to, size_t value)
{
	uint32_t v = (uint32_t)value;

	put(to, &v, sizeof(v));
}

static int put_description(struct writer *to, const struct cohort_interface *interface)
{
	ssize_t length = cohort_interface_describe(interface, NULL, 0);

	if (length < 0)
		return (int)length;
	put_u32(to, (size_t)length);
	if (to->data)
		cohort_interface_describe(interface, to->data + to->length, (size_t)length);
	to->length += (size_t)length;
	return 0;
}

static int put_bindings(struct writer *to, const struct binding *bindings, size_t count)
{
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		const struct cohort_interface *interface = bindings[i].interface;

		put_u32(to, interface->nmethods);
		put(to, &bindings[i].hash, sizeof(bindings[i].hash));
		put_u32(to, strlen(interface->name));
		put(to, interface->name, strlen(interface->name));
		err = put_description(to, interface);
	}
	return err;
}

static int put_offer(struct writer *to, const struct cohort_port *port)
{
	int err;

	put_u32(to, VERSION);
	put_u32(to, port->nservices);
	put_u32(to, port->nuses);
	put(to, &port->call_timeout, sizeof(port->call_timeout));
	err = put_bindings(to, port->services, port->nservices);
	return err ? err : put_bindings(to, port->uses, port->nuses);
}

int bind_offer(const struct cohort_port *port, void **data, size_t *length)
{
	struct writer to = { NULL, 0 };
	int err = put_offer(&to, port);

	if (err)
		return err;
	to.data = malloc(to.length);
	if (!to.data)
		return -ENOMEM;
	to.length = 0;
	put_offer(&to, port);
	*data = to.data;
	*length = to.length;
	return 0;
}

struct reader {
	const unsigned char *at;
	size_t left;
	bool bad;
};

static const void *get(struct reader *from, size_t length)
{
	const void *data = from->at;

	if (from->bad || length > from->left) {
		from->bad = true;
		return NULL;
	}
	from->at += length;
	from->left -= length;
	return data;
}

static void get_value(struct reader *from, void *value, size_t size)
{
	const void *data = get(from, size);

	memset(value, 0, size);
	if (data)
		memcpy(value, data, size);
}

static uint32_t get_u32(struct reader *from)
{
	uint32_t value;

	get_value(from, &value, sizeof(value));
	return value;
}

/* One interface of the other side, borrowed from its offer. */
struct offered {
	uint32_t methods;
	uint64_t hash;
	const char *name;
	size_t name_length;
	const void *description;
	size_t length;
};

struct offer {
	uint32_t nservices, nuses;
	int64_t call_timeout;
	struct offered *all; /* services, then uses */
};

static void read_offered(struct reader *from, struct offered *one)
{
	one->methods = get_u32(from);
	get_value(from, &one->hash, sizeof(one->hash));
	one->name_length = get_u32(from);
	one->name = get(from, one->name_length);
	one->length = get_u32(from);
	one->description = get(from, one->length);
}

static int read_offer(struct offer *offer, const void *data, size_t length)
{
	struct reader from = { data, length, false };
	uint32_t version = get_u32(&from), count;

	offer->nservices = get_u32(&from);
	offer->nuses = get_u32(&from);
	get_value(&from, &offer->call_timeout, sizeof(offer->call_timeout));
	if (from.bad || version < VERSION || offer->nservices > INTERFACES_MAX ||
	    offer->nuses > INTERFACES_MAX)
		return -EBADMSG;
	count = offer->nservices + offer->nuses;
	offer->all = calloc(count + 1, sizeof(*offer->all));
	if (!offer->all)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		read_offered(&from, &offer->all[i]);
	return from.bad ? -EBADMSG : 0;
}

static const struct offered *find_offered(const struct offered *all, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(name) == all[i].name_length &&
		    !memcmp(all[i].name, name, all[i].name_length))
			return &all[i];
	return NULL;
}

struct why {
	char *text;
	size_t size;
};

/*
 * Written only if it changes: when a worker was started again it does not, and calls of before may
 * still look at it.
 */
static void keep(struct binding *binding, uint32_t methods, bool alike)
{
	if (binding->methods != methods)
		binding->methods = methods;
	if (binding->alike != alike)
		binding->alike = alike;
}

static int judge(struct binding *binding, const struct offered *theirs, const struct why *why)
{
	const struct cohort_interface *ours = binding->interface;
	bool alike = binding->hash == theirs->hash;
	char what[256] = "";
	int err = alike ? 0
			: cohort_interface_accepts(ours, theirs->description, theirs->length, what,
						   sizeof(what));

	if (err)
		snprintf(why->text, why->size, "interface %s: the other side has another %s",
			 ours->name, *what ? what : "description");
	else
		keep(binding, ours->nmethods < theirs->methods ? ours->nmethods : theirs->methods,
		     alike);
	return err;
}

static int judge_all(struct binding *ours, size_t count, const struct offered *theirs,
		     size_t ntheirs, bool all, const struct why *why)
{
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		const char *name = ours[i].interface->name;
		const struct offered *same = find_offered(theirs, ntheirs, name);

		if (same) {
			err = judge(&ours[i], same, why);
			continue;
		}
		keep(&ours[i], 0, false);
		if (all) {
			snprintf(why->text, why->size,
				 "interface %s: the other side does not serve it", name);
			err = -EPROTO;
		}
	}
	return err;
}

/* As keep(). A far port learns the timeout that its caller configured. */
static void keep_of_port(struct cohort_port *port, const struct offer *offer)
{
	if (port->calls_back != (offer->nuses > 0))
		port->calls_back = offer->nuses > 0;
	if (!port->component && offer->call_timeout >= 0)
		port->call_timeout = offer->call_timeout;
}

int bind_accept(struct cohort_port *port, const void *data, size_t length, bool all, char *text,
		size_t size)
{
	struct why why = { text, size };
	struct offer offer = { .all = NULL };
	int err = read_offer(&offer, data, length);

	if (err == -EBADMSG)
		snprintf(text, size, "the other side's offer is not valid");
	if (!err)
		err = judge_all(port->uses, port->nuses, offer.all, offer.nservices, all, &why);
	if (!err)
		err = judge_all(port->services, port->nservices, offer.all + offer.nservices,
				offer.nuses, false, &why);
	if (!err)
		keep_of_port(port, &offer);
	free(offer.all);
	return err;
}

/* Names of actions. */

static uint64_t hash_text(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	while (*text)
		hash = (hash ^ (unsigned char)*text++) * UINT64_C(0x100000001b3);
	return hash;
}

static bool is_reserved(const char *name)
{
	return !strcmp(name, "component") || !strcmp(name, "cohort") ||
	       !strncmp(name, "cohort.", 7) || *name == '#';
}

static void name_action(char *action, const struct cohort_interface *interface, uint32_t method)
{
	int length = snprintf(action, COHORT_NAME_MAX + 1, "%s.%s", interface->name,
			      interface->methods[method].name);

	if (length > COHORT_NAME_MAX || is_reserved(interface->name))
		snprintf(action, COHORT_NAME_MAX + 1, "#%016llx.%u",
			 (unsigned long long)hash_text(interface->name), method);
}

static void name_all(struct binding *bindings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (uint32_t m = 0; m < bindings[i].interface->nmethods; m++)
			name_action(bindings[i].actions[m], bindings[i].interface, m);
}

void bind_name_actions(struct cohort_port *port)
{
	name_all(port->services, port->nservices);
	name_all(port->uses, port->nuses);
}
