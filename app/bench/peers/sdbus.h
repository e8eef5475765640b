/*
 * sdbus.h: sd-bus as a carrier, which peer_sdbus.c uses between two processes, and peer_dbus.c
 * through a message bus. One bus connection each, but for a primary without a message bus: that
 * accepts one from each secondary.
 */
#ifndef COHORT_BENCH_SDBUS_H
#define COHORT_BENCH_SDBUS_H

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "peer.h"

#define SDBUS_NAME "org.example.Bench"

struct sdbus {
	struct peer_side *side;
	const char *destination; /* of calls; NULL without a message bus */
	sd_event *event;	 /* of a primary without one, else NULL */
	int listener;
	sd_bus *buses[BENCH_SECONDARIES_MAX];
	unsigned nbuses;
	sd_bus *controller; /* of the message bus, if we have started it */
	int broker;	    /* its pid */
	sd_bus_message *loaned;
	unsigned char scratch[BENCH_PAYLOAD];
	unsigned out; /* answers to come */
	bool over;
	int error;
};

/* Makes side->own. */
int sdbus_new(struct peer_side *side, struct sdbus **out);
/* Connects to the socket of the round. */
int sdbus_connect(struct sdbus *own, bool to_a_bus);
/* What comes is given to the side's sink. */
int sdbus_listen_to(struct sdbus *own, sd_bus *bus);

void sdbus_close(struct peer_side *side);
int sdbus_ask(struct peer_side *side, const void *question, void *answer, size_t size);
int sdbus_ask_many(struct peer_side *side, unsigned outstanding);
int sdbus_loop(struct peer_side *side);
void sdbus_version(char *text, size_t size);

#endif
