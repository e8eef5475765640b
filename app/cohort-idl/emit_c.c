/*
 * The frames of header and source; emit_types.c, emit_tables.c and emit_interface.c fill them.
 *
 * The header of a file X.mojom is X.mojom.h, by convention, and includes those of the files that it
 * imports by that name, without folders: where they lie is for -I to say.
 */
#include "emit.h"

#include <ctype.h>
#include <string.h>

#include "emit_interface.h"
#include "emit_tables.h"
#include "emit_text.h"
#include "emit_types.h"

/*
 * "demo.isp", "isp.mojom" -> "COHORT_IDL_DEMO_ISP_FILE_ISP_MOJOM_H": no constant is called like that,
 * nor is the guard of isp_isp.mojom of the module "demo".
 */
static const char *guard_of(const struct file *file)
{
	char *guard = text_format("COHORT_IDL_%s%sFILE_%s_H", file->module,
				  *file->module ? "_" : "", text_basename(file->path));

	for (char *p = guard; *p; p++)
		*p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
	return guard;
}

static void put_origin(const struct file *file, FILE *to)
{
	put_comment(to, "",
		    text_format("Made by cohort-idl from %s; what is changed here will be lost.",
				text_basename(file->path)));
}

static void put_includes(const struct file *file, const struct emit_options *options, FILE *to)
{
	fputs("#include <cohort/component.h>\n\n#include <stdbool.h>\n#include <stddef.h>\n#include "
	      "<stdint.h>\n\n",
	      to);
	for (size_t i = 0; i < options->nincludes; i++)
		fprintf(to, "#include \"%s\"\n", options->includes[i]);
	for (const struct import *i = file->imports; i; i = i->next)
		fprintf(to, "#include \"%s.h\"\n", text_basename(i->path));
	if (options->nincludes || file->imports)
		putc('\n', to);
}

int emit_header(const struct file *file, const struct emit_options *options, FILE *to)
{
	const char *guard = guard_of(file);

	put_origin(file, to);
	put_comment(to, "", file->doc);
	fprintf(to, "#ifndef %s\n#define %s\n\n", guard, guard);
	put_includes(file, options, to);
	fputs("#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n", to);
	put_constants(file, to);
	put_enums(file, to);
	put_structs(file, to);
	put_interfaces(file, to);
	fputs("#ifdef __cplusplus\n}\n#endif\n\n#endif\n", to);
	return put_end(to);
}

int emit_source(const struct file *file, const struct emit_options *options, FILE *to)
{
	put_origin(file, to);
	fprintf(to,
		"#include \"%s\"\n\n#include <assert.h>\n#include <errno.h>\n#include <stdalign.h>\n\n",
		options->header_name);
	put_tables(file, to);
	put_interface_tables(file, to);
	return put_end(to);
}
