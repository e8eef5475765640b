/*
 * The component's side of buffers, and a caller that sends what it likes.
 */
#include "component/buffer.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cohort.h"
#include "component/port.h"
#include "support/support.h"

TestSuite(buffer, .timeout = 120);

#define READ COHORT_BUFFER_READ
#define WRITE (COHORT_BUFFER_READ | COHORT_BUFFER_WRITE)
#define PATIENCE COHORT_SECONDS(30)

enum {
	ADD = 1,
	REMOVE = 2
};

/* As buffer.c draws it. */
struct order {
	uint32_t deed, id;
	uint64_t offset, length;
	uint32_t access, zero;
};

static struct cohort_port *far;
static struct cohort *caller, *component;
static cohort_peer peer;
static size_t page;

static void on_joined(struct cohort *c, cohort_peer who, void *arg)
{
	(void)c;
	peer = who;
	event_signal(arg);
}

static void connect_sides(void)
{
	struct cohort_action action = { .size = sizeof(action),
					.name = "component.buffer",
					.handler = buffer_serve,
					.arg = far };
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct event joined;
	int fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	event_init(&joined);
	config.role = COHORT_ROLE_PRIMARY;
	config.joined = on_joined;
	config.user = &joined;
	config.handshake_timeout = COHORT_MS(PATIENCE_MS);
	cr_assert_eq(cohort_open_fd(&caller, fds[0], &config), 0);
	config = (struct cohort_config)COHORT_CONFIG_INIT;
	config.role = COHORT_ROLE_SECONDARY;
	config.actions = &action;
	config.nactions = 1;
	config.handshake_timeout = COHORT_MS(PATIENCE_MS);
	cr_assert_eq(cohort_open_fd(&component, fds[1], &config), 0);
	cr_assert(event_wait_for(&joined, 1, PATIENCE_MS));
	event_deinit(&joined);
}

static void begin(void)
{
	page = (size_t)sysconf(_SC_PAGESIZE);
	cr_assert_eq(port_new(&far, NULL, 0, NULL, 0), 0);
	connect_sides();
}

static void end(void)
{
	cr_assert_eq(cohort_close(component), 0);
	cr_assert_eq(cohort_close(caller), 0);
	port_free(far);
}

static int memfd_of(size_t pages, int seals)
{
	int fd = memfd_create("buffer", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, (off_t)(pages * page)), 0);
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

/* The status that the component answers with. */
static int tell(const void *data, size_t length, const int *fds, size_t nfds)
{
	struct cohort_message message = COHORT_MESSAGE("component.buffer", data, length);
	struct cohort_reply *reply;
	int status;

	message.fds = fds;
	message.nfds = nfds;
	cr_assert_eq(cohort_request(caller, peer, &message, PATIENCE, &reply), 0);
	status = cohort_reply_status(reply);
	cohort_reply_free(reply);
	return status;
}

static int tell_order(struct order order, int fd)
{
	return tell(&order, sizeof(order), &fd, fd >= 0);
}

static int add(uint32_t id, int fd, uint64_t offset, uint64_t length, uint32_t access)
{
	return tell_order((struct order){ ADD, id, offset, length, access, 0 }, fd);
}

static int remove_id(uint32_t id)
{
	return tell_order((struct order){ .deed = REMOVE, .id = id }, -1);
}

static int find(uint32_t id, struct cohort_buffer *buffer)
{
	*buffer = (struct cohort_buffer){ .size = sizeof(*buffer) };
	return cohort_buffer_find(far, id, buffer);
}

static bool is_there(uint32_t id)
{
	struct cohort_buffer buffer;

	return find(id, &buffer) == 0;
}

Test(buffer, that_was_added_is_found_until_it_is_removed, .init = begin, .fini = end)
{
	int fd = memfd_of(2, F_SEAL_SHRINK);
	struct cohort_buffer buffer;

	cr_assert_eq(find(7, &buffer), -ENOENT);
	cr_assert_eq(remove_id(7), -ENOENT);
	cr_assert_eq(add(7, fd, page, 100, WRITE), 0);
	cr_assert_eq(find(7, &buffer), 0);
	cr_assert_eq(buffer.length, 100);
	cr_assert_eq(buffer.access, WRITE);
	cr_assert_eq(pwrite(fd, "seen", 5, (off_t)page), 5);
	cr_assert_str_eq(buffer.data, "seen");
	cr_assert_eq(remove_id(7), 0);
	cr_assert_eq(find(7, &buffer), -ENOENT);
	close(fd);
}

Test(buffer, orders_that_are_none_are_refused, .init = begin, .fini = end)
{
	struct order good = { ADD, 1, 0, page, READ, 0 }, bad = good;
	int fd = memfd_of(1, F_SEAL_SHRINK), two[] = { fd, fd };
	char longer[sizeof(good) + 1] = { 0 };

	memcpy(longer, &good, sizeof(good));
	cr_assert_eq(tell(NULL, 0, NULL, 0), -EBADMSG);
	cr_assert_eq(tell(&good, sizeof(good) - 1, &fd, 1), -EBADMSG);
	cr_assert_eq(tell(longer, sizeof(longer), &fd, 1), -EBADMSG);
	cr_assert_eq(tell(&good, sizeof(good), two, 2), -EBADMSG);
	cr_assert_eq(tell_order(good, -1), -EBADMSG);
	bad.deed = 0;
	cr_assert_eq(tell_order(bad, fd), -EBADMSG);
	bad.deed = 3;
	cr_assert_eq(tell_order(bad, -1), -EBADMSG);
	bad.deed = REMOVE;
	cr_assert_eq(tell_order(bad, fd), -EBADMSG);
	bad = good;
	bad.id = 0;
	cr_assert_eq(tell_order(bad, fd), -EBADMSG);
	bad = good;
	bad.zero = 1;
	cr_assert_eq(tell_order(bad, fd), -EBADMSG);
	cr_assert_not(is_there(1));
	cr_assert_eq(tell_order(good, fd), 0);
	close(fd);
}

Test(buffer, the_component_looks_for_itself, .init = begin, .fini = end)
{
	int loose = memfd_of(1, F_SEAL_GROW), sealed = memfd_of(1, F_SEAL_SHRINK);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	cr_assert_eq(add(1, loose, 0, page, READ), -EPERM);
	cr_assert_eq(add(1, null, 0, page, READ), -EPERM);
	cr_assert_eq(add(1, sealed, 0, page + 1, READ), -EINVAL);
	cr_assert_eq(add(1, sealed, page, 1, READ), -EINVAL);
	cr_assert_eq(add(1, sealed, 1, 1, READ), -EINVAL);
	cr_assert_eq(add(1, sealed, UINT64_MAX - page + 1, page, READ), -EINVAL);
	cr_assert_eq(add(1, sealed, 0, UINT64_MAX, READ), -EINVAL);
	cr_assert_eq(add(1, sealed, 0, 0, READ), -EINVAL);
	cr_assert_eq(add(1, sealed, 0, page, 8), -EINVAL);
	cr_assert_not(is_there(1));
	close(loose);
	close(sealed);
	close(null);
}

Test(buffer, that_is_there_already_is_not_replaced, .init = begin, .fini = end)
{
	int fd = memfd_of(2, F_SEAL_SHRINK);
	struct cohort_buffer first, second;

	cr_assert_eq(add(1, fd, 0, page, READ), 0);
	cr_assert_eq(find(1, &first), 0);
	cr_assert_eq(add(1, fd, 0, page, READ), 0);
	cr_assert_eq(add(1, fd, page, page, READ), -EEXIST);
	cr_assert_eq(add(1, fd, 0, page, WRITE), -EEXIST);
	cr_assert_eq(find(1, &second), 0);
	cr_assert_eq(first.data, second.data);
	cr_assert_eq(second.access, READ);
	close(fd);
}

Test(buffer, ids_may_come_in_any_order, .init = begin, .fini = end)
{
	int fd = memfd_of(1, F_SEAL_SHRINK);
	static const uint32_t ids[] = { 9, 2, UINT32_MAX, 5, 1, 7, 3 };
	size_t n = sizeof(ids) / sizeof(*ids);

	for (size_t i = 0; i < n; i++)
		cr_assert_eq(add(ids[i], fd, 0, page, READ), 0);
	for (size_t i = 0; i < n; i++) {
		cr_assert_eq(remove_id(ids[i]), 0);
		for (size_t k = 0; k < n; k++)
			cr_assert_eq(is_there(ids[k]), k > i);
	}
	close(fd);
}

Test(buffer, there_are_at_most_4096, .init = begin, .fini = end)
{
	int fd = memfd_of(1, F_SEAL_SHRINK);

	for (uint32_t id = 1; id <= COHORT_BUFFERS_MAX; id++)
		cr_assert_eq(add(id, fd, 0, page, READ), 0);
	cr_assert_eq(add(COHORT_BUFFERS_MAX + 1, fd, 0, page, READ), -EMFILE);
	cr_assert_eq(add(17, fd, 0, page, READ), 0, "it is there already");
	cr_assert_eq(remove_id(17), 0);
	cr_assert_eq(add(COHORT_BUFFERS_MAX + 1, fd, 0, page, READ), 0);
	close(fd);
}

Test(buffer, a_structure_of_another_size_is_refused, .init = begin, .fini = end)
{
	struct cohort_buffer buffer = { .size = sizeof(buffer) - 1 };

	cr_assert_eq(cohort_buffer_find(far, 1, &buffer), -EINVAL);
	cr_assert_eq(cohort_buffer_find(far, 1, NULL), -EINVAL);
	cr_assert_eq(cohort_buffer_find(NULL, 1, &buffer), -EINVAL);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

/* Each field is good, or a small number, or anything. */
static uint64_t some(uint64_t *seed, uint64_t good)
{
	uint64_t dice = next_random(seed) % 8;

	if (dice == 0)
		return next_random(seed);
	return dice == 1 ? next_random(seed) % 4 : good;
}

static struct order some_order(uint64_t *seed)
{
	return (struct order){
		.deed = (uint32_t)some(seed, 1 + next_random(seed) % 2),
		.id = (uint32_t)some(seed, 1 + next_random(seed) % 50),
		.offset = some(seed, 0),
		.length = some(seed, page),
		.access = (uint32_t)some(seed, READ),
		.zero = (uint32_t)some(seed, 0),
	};
}

Test(buffer, whatever_is_ordered_leaves_nothing)
{
	uint64_t seed = 88172645463325252;
	struct census before;
	char why[CENSUS_NAMES_MAX];
	unsigned done = 0;
	int fd;

	begin(); /* what the library keeps for the whole process is there now */
	end();
	cr_assert_eq(census_take(&before, 0, NULL), 0);
	begin();
	fd = memfd_of(1, F_SEAL_SHRINK);
	for (int i = 0; i < 3000; i++) {
		struct order order = some_order(&seed);
		int carried = order.deed == ADD ? fd : -1;

		done += !tell_order(order, next_random(&seed) % 16 ? carried : fd);
	}
	cr_assert_gt(done, 100);
	close(fd);
	end();
	cr_assert(census_settle(&before, why, sizeof(why)), "%s", why);
}
