/*
 * A method has up to three functions that call it: one that waits, one with a callback, and one that
 * hears nothing; a one-way method has only the last, under the method's own name. They are one call
 * each of component.h, with types. On the other side stands a function of the table, which is reached
 * through a trampoline: one that gives the codec's objects their types.
 */
#include "emit_interface.h"

#include <inttypes.h>

#include "emit_names.h"
#include "emit_tables.h"
#include "emit_text.h"
#include "memory.h"

enum form {
	FORM_CALL,
	FORM_ASYNC,
	FORM_SEND,
	FORM_ONEWAY
};

static const char *method_number(const struct declaration *interface, const struct method *method)
{
	return text_upper(text_format("%s_method_%s", interface->c_name, method->c_name));
}

static const char *struct_of(const struct record *record, const char *name)
{
	return text_format("struct %s *%s", record->c_name, name);
}

static uint32_t count_methods(const struct declaration *interface)
{
	uint32_t n = 0;

	for (const struct method *m = interface->methods; m; m = m->next)
		n++;
	return n;
}

/* In the order of their ids. */
static const struct method **sort_methods(const struct declaration *interface)
{
	const struct method **sorted = node_new((count_methods(interface) + 1) * sizeof(*sorted));

	for (const struct method *m = interface->methods; m; m = m->next)
		sorted[m->id] = m;
	return sorted;
}

/* --- Calling -------------------------------------------------------------------------------------- */

static void put_proxy_head(const struct declaration *interface, const struct method *method,
			   enum form form, const char *before, FILE *to)
{
	static const char *const endings[] = { "", "_async", "_send", "" };
	struct record in = record_in(interface, method), out = record_out(interface, method);
	const char *items[8] = { "struct cohort_port *port" };
	size_t n = 1;

	if (in.fields)
		items[n++] = text_format("const %s", struct_of(&in, "in"));
	if (form == FORM_CALL && out.fields)
		items[n++] = struct_of(&out, "*out");
	if (form == FORM_CALL)
		items[n++] = "int *status";
	items[n++] = "int64_t timeout";
	if (form == FORM_ASYNC) {
		items[n++] = "cohort_port_done *done";
		items[n++] = "void *arg";
	}
	put_list(to,
		 text_format("%sint %s_%s%s(", before, interface->c_name, method->c_name,
			     endings[form]),
		 items, n, ")");
}

/* What every form passes on first. */
static size_t begin_items(const char **items, const struct declaration *interface,
			  const struct method *method)
{
	items[0] = "port";
	items[1] = text_format("&%s_interface", interface->c_name);
	items[2] = method_number(interface, method);
	items[3] = method->in ? "in" : "NULL";
	return 4;
}

static void put_call_body(const struct declaration *interface, const struct method *method,
			  FILE *to)
{
	struct record out = record_out(interface, method);
	const char *items[7];
	size_t n = begin_items(items, interface, method);

	items[n++] = out.fields ? "out ? &results : NULL" : "NULL";
	items[n++] = "status";
	items[n++] = "timeout";
	if (!out.fields) {
		put_list(to, "\treturn cohort_port_call(", items, n, ");\n");
		return;
	}
	fputs("\tvoid *results = NULL;\n", to);
	put_list(to, "\tint err = cohort_port_call(", items, n, ");\n\n");
	fprintf(to, "\tif (!err && out)\n\t\t*out = (%s)results;\n\treturn err;\n",
		struct_of(&out, ""));
}

static void put_async_body(const struct declaration *interface, const struct method *method,
			   FILE *to)
{
	const char *items[7];
	size_t n = begin_items(items, interface, method);

	items[n++] = "timeout";
	items[n++] = "done";
	items[n++] = "arg";
	put_list(to, "\treturn cohort_port_call_async(", items, n, ");\n");
}

static void put_send_body(const struct declaration *interface, const struct method *method,
			  FILE *to)
{
	const char *items[5];
	size_t n = begin_items(items, interface, method);

	items[n++] = "timeout";
	put_list(to, "\treturn cohort_port_send(", items, n, ");\n");
}

static const char *form_comment(const struct declaration *interface, const struct method *method,
				enum form form)
{
	const char *sends =
		interface->events
			? "Sends it without an answer. 0: it will be served; else as cohort_port_send()."
			: "Calls it one-way. 0: it will be served; else as cohort_port_send().";

	switch (form) {
	case FORM_CALL:
		return method->out
			       ? "Calls it and waits. 0: answered, and if *status is 0, *out is the results, for\n"
				 "cohort_out_free(); else as cohort_port_call()."
			       : "Calls it and waits. 0: answered, with *status; else as cohort_port_call().";
	case FORM_ASYNC:
		return method->out
			       ? text_format(
					 "Calls it without waiting: `done` gets the results, a struct %s_%s_out.\n"
					 "0, or as cohort_port_call_async().",
					 interface->c_name, method->c_name)
			       : "Calls it without waiting. 0: `done` will be called; else as cohort_port_call_async().";
	case FORM_SEND:
		return "Calls it without an answer. 0: it will be served; else as cohort_port_send().";
	case FORM_ONEWAY:
		return sends;
	}
	return NULL;
}

static void put_proxy(const struct declaration *interface, const struct method *method,
		      enum form form, FILE *to)
{
	bool first = form == FORM_CALL || form == FORM_ONEWAY;
	const char *comment = form_comment(interface, method, form);

	if (first && method->doc)
		comment = text_format("%s\n\n%s", method->doc, comment);
	put_comment(to, "", comment);
	put_proxy_head(interface, method, form, "static inline ", to);
	fputs("\n{\n", to);
	if (form == FORM_CALL)
		put_call_body(interface, method, to);
	else if (form == FORM_ASYNC)
		put_async_body(interface, method, to);
	else
		put_send_body(interface, method, to);
	fputs("}\n\n", to);
}

static void put_proxies(const struct declaration *interface, FILE *to)
{
	for (const struct method *m = interface->methods; m; m = m->next) {
		if (m->oneway) {
			put_proxy(interface, m, FORM_ONEWAY, to);
			continue;
		}
		put_proxy(interface, m, FORM_CALL, to);
		put_proxy(interface, m, FORM_ASYNC, to);
		put_proxy(interface, m, FORM_SEND, to);
	}
}

void put_proxy_declarations(const struct declaration *interface, const struct method *method,
			    FILE *to)
{
	put_proxy_head(interface, method, method->oneway ? FORM_ONEWAY : FORM_CALL, "", to);
	fputs(";\n", to);
	if (method->oneway)
		return;
	put_proxy_head(interface, method, FORM_ASYNC, "", to);
	fputs(";\n", to);
	put_proxy_head(interface, method, FORM_SEND, "", to);
	fputs(";\n", to);
}

/* --- Serving -------------------------------------------------------------------------------------- */

static void put_numbers(const struct declaration *interface, FILE *to)
{
	const struct method **sorted = sort_methods(interface);

	if (!interface->methods)
		return;
	fprintf(to, "enum %s_method {\n", interface->c_name);
	for (uint32_t id = 0; sorted[id]; id++)
		fprintf(to, "\t%s = %" PRIu32 ",\n", method_number(interface, sorted[id]), id);
	fputs("};\n\n", to);
}

static void put_member(const struct declaration *interface, const struct method *method,
		       const char *indent, FILE *to)
{
	struct record in = record_in(interface, method), out = record_out(interface, method);
	const char *items[4] = { "struct cohort_job *job", "void *self" };
	size_t n = 2;

	if (in.fields)
		items[n++] = text_format("const %s", struct_of(&in, "in"));
	if (out.fields && !method->oneway)
		items[n++] = struct_of(&out, "out");
	put_list(to, text_format("%sint (*%s)(", indent, method->c_name), items, n, ")");
}

void put_function_member(const struct declaration *interface, const struct method *method, FILE *to)
{
	put_member(interface, method, "", to);
}

static const char *functions_comment(const struct declaration *interface)
{
	if (interface->events)
		return text_format(
			"What is told of %s. What they return is not heard; NULL: ignored.",
			interface->full_name);
	return text_format("What serves %s. They return 0 or a negative errno, which is the call's "
			   "status;\nNULL: -ENOSYS.",
			   interface->full_name);
}

static void put_functions(const struct declaration *interface, FILE *to)
{
	put_comment(to, "", functions_comment(interface));
	fprintf(to, "struct %s_functions {\n", interface->c_name);
	if (!interface->methods)
		fputs("\tchar nothing;\n", to);
	for (const struct method *m = interface->methods; m; m = m->next) {
		put_comment(to, "\t", m->doc);
		put_member(interface, m, "\t", to);
		fputs(";\n", to);
	}
	fputs("};\n\n", to);
}

void put_interfaces(const struct file *file, FILE *to)
{
	for (const struct declaration *d = file->declarations; d; d = d->next) {
		if (d->kind != DECL_INTERFACE)
			continue;
		put_comment(to, "", d->doc);
		fprintf(to, "extern const struct cohort_interface %s_interface;\n\n", d->c_name);
		put_numbers(d, to);
		put_functions(d, to);
		put_proxies(d, to);
	}
}

/* --- Tables --------------------------------------------------------------------------------------- */

static const char *trampoline_name(const struct declaration *interface, const struct method *method)
{
	return text_format("invoke_%s_%s", interface->c_name, method->c_name);
}

static void put_trampoline(const struct declaration *interface, const struct method *method,
			   FILE *to)
{
	static const char *const parameters[] = {
		"const void *functions", "void *self", "struct cohort_job *job",
		"const void *in",	 "void *out",
	};
	struct record in = record_in(interface, method), out = record_out(interface, method);
	bool has_out = out.fields && !method->oneway;
	const char *items[4] = { "job", "self" };
	size_t n = 2;

	if (in.fields)
		items[n++] = text_format("(const %s)in", struct_of(&in, ""));
	if (has_out)
		items[n++] = text_format("(%s)out", struct_of(&out, ""));
	put_list(to, text_format("static int %s(", trampoline_name(interface, method)), parameters,
		 5, ")\n{\n");
	fprintf(to,
		"\tconst struct %s_functions *table =\n\t\t(const struct %s_functions *)functions;\n\n",
		interface->c_name, interface->c_name);
	if (!in.fields)
		fputs("\t(void)in;\n", to);
	if (!has_out)
		fputs("\t(void)out;\n", to);
	fprintf(to, "\tif (!table->%s)\n\t\treturn -ENOSYS;\n", method->c_name);
	put_list(to, text_format("\treturn table->%s(", method->c_name), items, n, ");\n}\n\n");
}

static void put_method_row(const struct declaration *interface, const struct method *method,
			   FILE *to)
{
	const char *const items[] = {
		text_format("\"%s\"", method->name),
		method->oneway ? "COHORT_METHOD_ONEWAY" : "0",
		method->timeout < 0 ? "-1" : text_format("INT64_C(%" PRId64 ")", method->timeout),
		text_format("&%s", name_of_record_table(interface, method, false)),
		text_format("&%s", name_of_record_table(interface, method, true)),
		trampoline_name(interface, method),
	};

	put_list(to, "\t{ ", items, sizeof(items) / sizeof(*items), " },\n");
}

static void put_method_rows(const struct declaration *interface, FILE *to)
{
	const struct method **sorted = sort_methods(interface);

	fprintf(to, "static const struct cohort_method methods_of_%s[] = {\n", interface->c_name);
	for (uint32_t id = 0; sorted[id]; id++)
		put_method_row(interface, sorted[id], to);
	fputs("};\n\n", to);
}

static void put_interface_table(const struct declaration *interface, FILE *to)
{
	uint32_t n = count_methods(interface);
	const char *const items[] = {
		text_format("\"%s\"", interface->full_name),
		interface->events ? "COHORT_INTERFACE_EVENTS" : "0",
		text_format("%" PRIu32, n),
		n ? text_format("methods_of_%s", interface->c_name) : "NULL",
	};

	fprintf(to, "const struct cohort_interface %s_interface = {\n", interface->c_name);
	put_list(to, "\t", items, sizeof(items) / sizeof(*items), "\n};\n\n");
}

void put_interface_tables(const struct file *file, FILE *to)
{
	for (const struct declaration *d = file->declarations; d; d = d->next) {
		if (d->kind != DECL_INTERFACE)
			continue;
		for (const struct method *m = d->methods; m; m = m->next)
			put_trampoline(d, m, to);
		if (d->methods)
			put_method_rows(d, to);
		put_interface_table(d, to);
	}
}
