/*
 * What is started as a worker and is none: does what $UNWELL says.
 *
 *	describe	prints its arguments, environment, descriptors, signals and group
 *	exit N		ends with that status
 *	raise N		ends by that signal
 *	pause		does nothing, for ever
 *	close		closes its channel, and then does nothing
 *	garbage		sends what no worker says, and then does nothing
 *	deaf		says that it is ready, and then does nothing
 *	gone		says that it is ready, and ends
 *	parent		starts a process, says its number, and ends
 */
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHANNEL 3

_Noreturn static void sleep_for_ever(void)
{
	for (;;)
		pause();
}

static void print_lines(const char *path, const char *prefix)
{
	char line[256];
	FILE *file = fopen(path, "re");

	if (!file)
		exit(101);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, prefix, strlen(prefix)) == 0)
			fputs(line, stdout);
	fclose(file);
}

static void print_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	char target[256];

	if (!folder)
		exit(102);
	while ((entry = readdir(folder))) {
		ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target));

		if (length > 0 && atoi(entry->d_name) != dirfd(folder))
			printf("fd %s %.*s\n", entry->d_name, (int)length, target);
	}
	closedir(folder);
}

static void describe(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		printf("argument %s\n", argv[i]);
	for (char **variable = environ; *variable; variable++)
		printf("variable %s\n", *variable);
	print_descriptors();
	print_lines("/proc/self/status", "Sig");
	printf("leader %d\n", getpgrp() == getpid());
}

static void say_ready(uint32_t magic)
{
	char packet[280] = { 0 };

	memcpy(packet, &magic, sizeof(magic));
	if (send(CHANNEL, packet, sizeof(packet), MSG_NOSIGNAL) < 0)
		exit(103);
}

/* A sanitizer handles some of them otherwise. */
static void crash(int number)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	signal(number, SIG_DFL);
	raise(number);
}

static void leave_child(void)
{
	pid_t child = fork();

	if (child == 0)
		sleep_for_ever();
	printf("child %d\n", (int)child);
}

int main(int argc, char **argv)
{
	const char *what = getenv("UNWELL");

	if (!what)
		return 100;
	if (strcmp(what, "describe") == 0)
		describe(argc, argv);
	else if (strncmp(what, "exit ", 5) == 0)
		return atoi(what + 5);
	else if (strncmp(what, "raise ", 6) == 0)
		crash(atoi(what + 6));
	else if (strcmp(what, "close") == 0)
		close(CHANNEL);
	else if (strcmp(what, "garbage") == 0)
		say_ready(0);
	else if (strcmp(what, "deaf") == 0 || strcmp(what, "gone") == 0)
		say_ready(UINT32_C(0x31525743));
	else if (strcmp(what, "parent") == 0)
		leave_child();
	if (strcmp(what, "describe") == 0 || strcmp(what, "gone") == 0 ||
	    strcmp(what, "parent") == 0)
		return 0;
	fflush(stdout);
	sleep_for_ever();
}
