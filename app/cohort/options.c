#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "parse.h"
#include "tool.h"

#define HELP 'h'
#define FIRST 256 /* what getopt_long() returns for specs[0] if that has no letter */
#define SPECS_MAX 32

struct parser {
	const struct option_spec *specs;
	struct option known[SPECS_MAX + 2];
	char letters[2 * SPECS_MAX + 4];
};

static void parser_init(struct parser *p, const struct option_spec *specs)
{
	size_t n = 0, at = 0;

	*p = (struct parser){ .specs = specs };
	p->letters[at++] = ':'; /* tells a missing value from an unknown option */
	for (; specs[n].name && n < SPECS_MAX; n++) {
		p->known[n] = (struct option){
			specs[n].name,
			specs[n].value ? required_argument : no_argument,
			NULL,
			FIRST + (int)n,
		};
		if (!specs[n].letter)
			continue;
		p->letters[at++] = specs[n].letter;
		if (specs[n].value)
			p->letters[at++] = ':';
	}
	p->known[n] = (struct option){ "help", no_argument, NULL, HELP };
	p->letters[at] = HELP;
}

static const struct option_spec *spec_of(const struct parser *p, int c)
{
	if (c >= FIRST)
		return &p->specs[c - FIRST];
	for (const struct option_spec *s = p->specs; s->name; s++)
		if (s->letter == c)
			return s;
	return NULL;
}

static void help_print(const struct option_usage *usage, const struct option_spec *specs)
{
	char left[64];

	printf("usage: cohort %s\n\n%s\n", usage->synopsis, usage->text);
	for (const struct option_spec *s = specs; s->name; s++) {
		snprintf(left, sizeof(left), "--%s%s%s", s->name, s->value ? " " : "",
			 s->value ? s->value : "");
		printf("  %c%c%c %-20s %s\n", s->letter ? '-' : ' ', s->letter ? s->letter : ' ',
		       s->letter ? ',' : ' ', left, s->help);
	}
	printf("  -h, %-20s %s\n", "--help", "this text");
}

static int wrong_option(const struct parser *p, int c, char **argv)
{
	if (c == ':' && optopt < FIRST)
		return tool_usage("-%c needs a value", optopt);
	if (c == ':')
		return tool_usage("--%s needs a value", spec_of(p, optopt)->name);
	if (optopt >= FIRST)
		return tool_usage("--%s takes no value", spec_of(p, optopt)->name);
	if (optopt)
		return tool_usage("unknown option -%c", optopt);
	return tool_usage("unknown option %s", argv[optind - 1]);
}

static int value_take(const struct option_spec *spec)
{
	int err = spec->take(spec->to, optarg);

	if (err)
		return tool_usage("--%s %s: not a valid %s", spec->name, optarg, spec->value);
	return TOOL_DONE;
}

/* Returns false when words->status is how to end. */
static bool options_take(const struct option_usage *usage, struct parser *p, int argc, char **argv,
			 struct option_words *words)
{
	int c;

	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, p->letters, p->known, NULL)) != -1) {
		if (c == HELP) {
			help_print(usage, p->specs);
			words->status = TOOL_DONE;
			return false;
		}
		words->status =
			c == '?' || c == ':' ? wrong_option(p, c, argv) : value_take(spec_of(p, c));
		if (words->status)
			return false;
	}
	return true;
}

bool options_parse(const struct option_usage *usage, const struct option_spec *specs, int argc,
		   char **argv, struct option_words *words)
{
	struct parser p;

	*words = (struct option_words){ 0 };
	parser_init(&p, specs);
	if (!options_take(usage, &p, argc, argv, words))
		return false;
	words->count = argc - optind;
	words->word = argv + optind;
	if (words->count >= usage->least && (usage->most < 0 || words->count <= usage->most))
		return true;
	words->status = tool_usage("too %s arguments; usage: cohort %s",
				   words->count < usage->least ? "few" : "many", usage->synopsis);
	return false;
}

int option_flag(void *to, const char *text)
{
	(void)text;
	*(bool *)to = true;
	return 0;
}

int option_text(void *to, const char *text)
{
	*(const char **)to = text;
	return 0;
}

int option_count(void *to, const char *text)
{
	uint64_t value;
	int err = parse_number(text, &value);

	if (!err && value == 0)
		err = -ERANGE;
	if (!err)
		*(uint64_t *)to = value;
	return err;
}

int option_time(void *to, const char *text)
{
	return parse_time(text, to);
}

int option_peer(void *to, const char *text)
{
	return parse_peer(text, to);
}

int option_append(void *to, const char *text)
{
	struct option_list *list = to;

	list->item = tool_realloc(list->item, (list->count + 1) * sizeof(*list->item));
	list->item[list->count++] = text;
	return 0;
}

void option_list_free(struct option_list *list)
{
	free(list->item);
	*list = (struct option_list){ 0 };
}
