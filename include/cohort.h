/*
 * cohort: programs that consist of several processes on one Linux machine.
 *
 * One process is the primary; any number of others are its secondaries. They share actions, named
 * by strings: messages and requests that carry bytes and file descriptors. Each header below is the
 * manual of its part.
 *
 *	types.h    peers, time, versions, the words that return values use
 *	channel.h  open and close a channel; everything that can be configured
 *	action.h   what a process can be asked to do: handlers
 *	call.h     what a handler sees: data, descriptors, who asks, and how to answer
 *	message.h  one-way: send to one peer, broadcast to all
 *	request.h  ask and get an answer: one peer or all, waiting or with a callback
 *	peer.h     who is there
 *	loop.h     run handlers in a loop of your own
 *	stats.h    counters
 *	monitor.h  look at a channel from outside
 */
#ifndef COHORT_H
#define COHORT_H

#include "cohort/types.h"
#include "cohort/action.h"
#include "cohort/call.h"
#include "cohort/channel.h"
#include "cohort/loop.h"
#include "cohort/message.h"
#include "cohort/monitor.h"
#include "cohort/peer.h"
#include "cohort/request.h"
#include "cohort/stats.h"

#endif
