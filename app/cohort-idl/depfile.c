/* How make reads names is nowhere written in full; this is what gcc does, and GNU make takes. */
#include "depfile.h"

#include <string.h>

static void put_name(const char *name, FILE *to)
{
	size_t backslashes = 0;

	for (; *name; name++) {
		if (*name == ' ' || *name == '\t')
			for (; backslashes > 0; backslashes--)
				fputc('\\', to); /* those before a space count twice */
		if (*name == ' ' || *name == '\t' || *name == '#')
			fputc('\\', to);
		else if (*name == '$')
			fputc('$', to);
		backslashes = *name == '\\' ? backslashes + 1 : 0;
		fputc(*name, to);
	}
}

void depfile(const struct file *files, const char *const *targets, size_t ntargets, FILE *to)
{
	for (size_t i = 0; i < ntargets; i++) {
		if (i > 0)
			fputc(' ', to);
		put_name(targets[i], to);
	}
	fputc(':', to);
	for (const struct file *file = files; file; file = file->next) {
		fputs(" \\\n ", to);
		put_name(file->path, to);
	}
	fputc('\n', to);
	for (const struct file *file = files->next; file; file = file->next) {
		fputc('\n', to);
		put_name(file->path, to);
		fputs(":\n", to);
	}
}
