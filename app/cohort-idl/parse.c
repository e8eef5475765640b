/*
 * Recursive descent, with one token in view. Only types nest, and only so deep.
 *
 * A function that could not read its part has said so and returns false or NULL. The loop over
 * declarations, or over what is in their braces, then skips to the end of that item: behind the next
 * `;`, or before the `}` that closes the list (in an enum, before the next `,`). What is missing from
 * the tree must not be missed later: see names_incomplete_set().
 */
#include "parse.h"

#include <string.h>

#include "diagnostics.h"
#include "lex.h"
#include "memory.h"

#define DEEPEST 64
#define LONGEST_NAME 128 /* of a dotted name */

struct parser {
	struct lexer lexer;
	struct token token;  /* the next one */
	struct place behind; /* the token before it */
	bool cut;	     /* so was that one: what follows it is not to be trusted */
	struct file *file;
	unsigned int stray; /* closing braces that are to come, of declarations inside others */
};

/* --- Tokens ---------------------------------------------------------------------------------------- */

static void advance(struct parser *p)
{
	p->behind = p->lexer.place;
	p->cut = p->token.cut;
	p->token = lexer_next(&p->lexer);
}

static bool at_sign(const struct parser *p, char sign)
{
	return p->token.kind == TOKEN_SIGN && p->token.sign == sign;
}

static bool at_word(const struct parser *p, const char *word)
{
	return p->token.kind == TOKEN_NAME && p->token.length == strlen(word) &&
	       memcmp(p->token.text, word, p->token.length) == 0;
}

static bool at_end(const struct parser *p)
{
	return p->token.kind == TOKEN_END;
}

static bool accept(struct parser *p, char sign)
{
	if (!at_sign(p, sign))
		return false;
	advance(p);
	return true;
}

/* Always false: what is expected is not there. */
static bool unexpected_at(struct parser *p, struct place place, const char *what)
{
	names_incomplete_set();
	if (p->cut || p->token.cut)
		return false; /* that comes from what was said there */
	error_at(place, "expected %s, found %s", what, token_describe(&p->token));
	return false;
}

static bool unexpected(struct parser *p, const char *what)
{
	return unexpected_at(p, at_end(p) ? p->behind : p->token.place, what);
}

/* Of a sign that is missing the place is in the line where it would have been. */
static bool expect(struct parser *p, char sign, const char *where)
{
	bool same_line = p->token.place.line == p->behind.line;

	if (accept(p, sign))
		return true;
	return unexpected_at(p, same_line ? p->token.place : p->behind,
			     text_format("`%c` %s", sign, where));
}

static const char *expect_name(struct parser *p, const char *what)
{
	const char *name;

	if (p->token.kind != TOKEN_NAME) {
		unexpected(p, what);
		return NULL;
	}
	name = text_copy(p->token.text, p->token.length);
	advance(p);
	return name;
}

/* Adds a name to another one, after a dot. */
static const char *expect_part(struct parser *p, const char *before)
{
	struct place place = p->token.place;
	const char *part = expect_name(p, "a name after `.`"), *whole;

	if (!part)
		return NULL;
	whole = text_format("%s.%s", before, part);
	if (strlen(whole) <= LONGEST_NAME)
		return whole;
	error_at(place, "a name is longer than %d characters", LONGEST_NAME);
	names_incomplete_set();
	return NULL;
}

static const char *expect_dotted(struct parser *p, const char *what)
{
	const char *name = expect_name(p, what);

	while (name && accept(p, '.'))
		name = expect_part(p, name);
	return name;
}

/* Skips to the end of an item; with `comma` that ends one, too. */
static void skip_item(struct parser *p, bool comma)
{
	size_t depth = 0;

	for (; !at_end(p); advance(p)) {
		if (at_sign(p, '{')) {
			depth++;
		} else if (at_sign(p, '}') && depth-- == 0) {
			return;
		} else if (depth == 0 && (at_sign(p, ';') || (comma && at_sign(p, ',')))) {
			advance(p);
			return;
		}
	}
}

static const char *join_docs(const char *a, const char *b)
{
	if (!a || !b)
		return a ? a : b;
	return text_format("%s\n\n%s", a, b);
}

/* The doc comment of the item that has just been read may stand behind it. */
static void add_doc_back(const struct parser *p, const char **doc)
{
	if (p->token.doc_back)
		*doc = *doc ? text_format("%s\n%s", *doc, p->token.doc_back) : p->token.doc_back;
}

/* --- Values ---------------------------------------------------------------------------------------- */

static struct value *value_new(const struct token *t, enum value_kind kind)
{
	struct value *v = node_new(sizeof(*v));

	v->place = t->place;
	v->kind = kind;
	v->text = text_copy(t->text, t->length);
	v->length = t->length;
	return v;
}

static struct value *take_literal(struct parser *p, enum value_kind kind)
{
	struct value *v = value_new(&p->token, kind);

	v->magnitude = p->token.magnitude;
	v->number = p->token.number;
	advance(p);
	return v;
}

/* `sign` was there: '-', '+' or none. */
static struct value *parse_number(struct parser *p, char sign, struct place place)
{
	struct value *v;

	if (p->token.kind != TOKEN_INTEGER && p->token.kind != TOKEN_FLOAT) {
		unexpected(p, "a number");
		return NULL;
	}
	v = take_literal(p, p->token.kind == TOKEN_INTEGER ? VALUE_INTEGER : VALUE_FLOAT);
	v->place = place;
	if (sign == '-') {
		v->negative = v->kind == VALUE_FLOAT || v->magnitude != 0;
		v->number = -v->number;
		v->text = text_format("-%s", v->text);
		v->length++;
	}
	return v;
}

static struct value *parse_name_value(struct parser *p)
{
	struct value *v = value_new(&p->token, VALUE_NAME);

	if (at_word(p, "true") || at_word(p, "false")) {
		v->kind = VALUE_BOOL;
		v->magnitude = at_word(p, "true");
		advance(p);
		return v;
	}
	v->text = expect_dotted(p, "a value");
	if (!v->text)
		return NULL;
	v->length = strlen(v->text);
	return v;
}

static struct value *parse_value(struct parser *p)
{
	struct place place = p->token.place;

	if (p->token.kind == TOKEN_STRING)
		return take_literal(p, VALUE_STRING);
	if (p->token.kind == TOKEN_NAME)
		return parse_name_value(p);
	if (accept(p, '-'))
		return parse_number(p, '-', place);
	if (accept(p, '+') || p->token.kind == TOKEN_INTEGER || p->token.kind == TOKEN_FLOAT)
		return parse_number(p, '\0', place);
	unexpected(p, "a value");
	return NULL;
}

/* [@N]. False if there was an error. */
static bool parse_id(struct parser *p, const struct value **id)
{
	*id = NULL;
	if (!accept(p, '@'))
		return true;
	if (p->token.kind != TOKEN_INTEGER)
		return unexpected(p, "a number after `@`");
	*id = take_literal(p, VALUE_INTEGER);
	return true;
}

/* --- Attributes ------------------------------------------------------------------------------------ */

static struct attribute *parse_attribute(struct parser *p)
{
	struct attribute *a = node_new(sizeof(*a));

	a->place = p->token.place;
	a->name = expect_name(p, "the name of an attribute");
	if (!a->name)
		return NULL;
	if (!accept(p, '='))
		return a;
	a->value = parse_value(p);
	return a->value ? a : NULL;
}

/* False if there was an error. */
static bool parse_attributes(struct parser *p, struct attribute **attributes)
{
	struct attribute **end = attributes;

	*attributes = NULL;
	if (!accept(p, '['))
		return true;
	do {
		*end = parse_attribute(p);
		if (!*end)
			return false;
		end = &(*end)->next;
	} while (accept(p, ','));
	return expect(p, ']', "after attributes");
}

/* --- Types ------------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	enum type_kind kind;
} simple_types[] = {
	{ "bool", TYPE_BOOL },	   { "int8", TYPE_INT8 },     { "int16", TYPE_INT16 },
	{ "int32", TYPE_INT32 },   { "int64", TYPE_INT64 },   { "uint8", TYPE_UINT8 },
	{ "uint16", TYPE_UINT16 }, { "uint32", TYPE_UINT32 }, { "uint64", TYPE_UINT64 },
	{ "float", TYPE_FLOAT },   { "double", TYPE_DOUBLE }, { "string", TYPE_STRING },
	{ "handle", TYPE_HANDLE },
};

static const char *const words_of_declarations[] = { "module", "import", "const",
						     "enum",   "struct", "interface" };

static struct type *parse_type(struct parser *p, unsigned int depth);

static bool at_declaration(const struct parser *p)
{
	for (size_t i = 0; i < sizeof(words_of_declarations) / sizeof(*words_of_declarations); i++)
		if (at_word(p, words_of_declarations[i]))
			return true;
	return false;
}

static bool parse_array(struct parser *p, struct type *t, unsigned int depth)
{
	t->kind = TYPE_ARRAY;
	advance(p);
	if (!expect(p, '<', "after `array`"))
		return false;
	t->of = parse_type(p, depth + 1);
	if (!t->of)
		return false;
	if (accept(p, ',')) {
		t->kind = TYPE_FIXED;
		t->count_value = parse_value(p);
		if (!t->count_value)
			return false;
	}
	return expect(p, '>', "after the type in an array");
}

static bool parse_map(struct parser *p, struct type *t, unsigned int depth)
{
	t->kind = TYPE_MAP;
	advance(p);
	if (!expect(p, '<', "after `map`"))
		return false;
	t->key = parse_type(p, depth + 1);
	if (!t->key || !expect(p, ',', "between the key and the value of a map"))
		return false;
	t->of = parse_type(p, depth + 1);
	return t->of && expect(p, '>', "after the types in a map");
}

static bool parse_simple(struct parser *p, struct type *t)
{
	for (size_t i = 0; i < sizeof(simple_types) / sizeof(*simple_types); i++)
		if (at_word(p, simple_types[i].name)) {
			t->kind = simple_types[i].kind;
			advance(p);
			return true;
		}
	t->kind = TYPE_NAMED;
	t->name = expect_dotted(p, "a type");
	return t->name;
}

static bool parse_type_itself(struct parser *p, struct type *t, unsigned int depth)
{
	if (at_word(p, "array"))
		return parse_array(p, t, depth);
	if (at_word(p, "map"))
		return parse_map(p, t, depth);
	return parse_simple(p, t);
}

static struct type *parse_type(struct parser *p, unsigned int depth)
{
	struct type *t = node_new(sizeof(*t));

	t->place = p->token.place;
	if (depth >= DEEPEST) {
		error_at(t->place, "types nest deeper than %d", DEEPEST);
		names_incomplete_set();
		return NULL;
	}
	if (!parse_type_itself(p, t, depth))
		return NULL;
	t->optional = accept(p, '?');
	if (!at_sign(p, '?'))
		return t;
	error_at(p->token.place, "a type is optional only once");
	names_incomplete_set();
	return NULL;
}

/* --- Fields ------------------------------------------------------------------------------------------ */

/* Of a struct, without the sign behind it. */
static struct field *parse_field(struct parser *p)
{
	struct field *f = node_new(sizeof(*f));

	f->doc = p->token.doc;
	if (!parse_attributes(p, &f->attributes))
		return NULL;
	f->type = parse_type(p, 0);
	if (!f->type)
		return NULL;
	f->place = p->token.place;
	f->name = expect_name(p, "a name after the type");
	if (!f->name || !parse_id(p, &f->id_value))
		return NULL;
	if (!accept(p, '='))
		return f;
	f->fallback = parse_value(p);
	return f->fallback ? f : NULL;
}

/* ( field, ... ) */
static bool parse_parameters(struct parser *p, struct field **fields)
{
	if (!expect(p, '(', "before parameters"))
		return false;
	if (accept(p, ')'))
		return true;
	for (;;) {
		bool more;

		*fields = parse_field(p);
		if (!*fields)
			return false;
		add_doc_back(p, &(*fields)->doc);
		more = accept(p, ',');
		if (!more && !expect(p, ')', "or `,` after a parameter"))
			return false;
		if (more)
			add_doc_back(p, &(*fields)->doc);
		if (!more)
			return true;
		fields = &(*fields)->next;
	}
}

/* --- What is in braces --------------------------------------------------------------------------------- */

/* Inside `what` begins another declaration: there it ends. */
static bool declaration_inside(struct parser *p, const char *what)
{
	if (!at_declaration(p))
		return false;
	error_at(p->token.place,
		 "%s cannot be inside %s; if it is not meant so, a `}` is missing before it",
		 token_describe(&p->token), what);
	names_incomplete_set();
	p->stray++;
	return true;
}

static struct field *parse_member(struct parser *p)
{
	struct field *f = parse_field(p);

	if (!f)
		return NULL;
	add_doc_back(p, &f->doc);
	if (!expect(p, ';', "after a field"))
		return NULL;
	add_doc_back(p, &f->doc);
	return f;
}

static struct method *parse_method(struct parser *p)
{
	struct method *m = node_new(sizeof(*m));

	m->doc = p->token.doc;
	if (!parse_attributes(p, &m->attributes))
		return NULL;
	m->place = p->token.place;
	m->name = expect_name(p, "a method");
	if (!m->name || !parse_id(p, &m->id_value) || !parse_parameters(p, &m->in))
		return NULL;
	if (p->token.kind == TOKEN_ARROW) {
		m->has_out = true;
		advance(p);
		if (!parse_parameters(p, &m->out))
			return NULL;
	}
	add_doc_back(p, &m->doc);
	if (!expect(p, ';', "after a method"))
		return NULL;
	add_doc_back(p, &m->doc);
	return m;
}

static struct enumerator *parse_enumerator(struct parser *p)
{
	struct enumerator *e = node_new(sizeof(*e));

	e->doc = p->token.doc;
	if (!parse_attributes(p, &e->attributes))
		return NULL;
	e->place = p->token.place;
	e->name = expect_name(p, "the name of a value");
	if (!e->name)
		return NULL;
	if (accept(p, '=')) {
		e->written = parse_value(p);
		if (!e->written)
			return NULL;
	}
	add_doc_back(p, &e->doc);
	if (accept(p, ',')) {
		add_doc_back(p, &e->doc);
	} else if (!at_sign(p, '}')) {
		unexpected(p, "`,` or `}` after a value");
		return NULL;
	}
	return e;
}

/* Whether the list in braces goes on. */
static bool in_braces(struct parser *p, const char *what)
{
	return !at_end(p) && !at_sign(p, '}') && !declaration_inside(p, what);
}

static void parse_members(struct parser *p, struct declaration *d)
{
	struct field **end = &d->fields;

	while (in_braces(p, "a struct")) {
		*end = parse_member(p);
		if (*end)
			end = &(*end)->next;
		else
			skip_item(p, false);
	}
}

static void parse_methods(struct parser *p, struct declaration *d)
{
	struct method **end = &d->methods;

	while (in_braces(p, "an interface")) {
		*end = parse_method(p);
		if (*end)
			end = &(*end)->next;
		else
			skip_item(p, false);
	}
}

static void parse_enumerators(struct parser *p, struct declaration *d)
{
	struct enumerator **end = &d->enumerators;

	while (in_braces(p, "an enum")) {
		*end = parse_enumerator(p);
		if (*end) {
			(*end)->of = d;
			end = &(*end)->next;
		} else {
			skip_item(p, true);
		}
	}
}

/* --- Declarations --------------------------------------------------------------------------------------- */

static bool parse_body(struct parser *p, struct declaration *d)
{
	unsigned int stray = p->stray;

	if (!expect(p, '{', "after the name"))
		return false;
	d->has_body = true;
	if (d->kind == DECL_STRUCT)
		parse_members(p, d);
	else if (d->kind == DECL_INTERFACE)
		parse_methods(p, d);
	else
		parse_enumerators(p, d);
	return p->stray > stray || expect(p, '}', "after the last of them");
}

static bool parse_const(struct parser *p, struct declaration *d)
{
	d->type = parse_type(p, 0);
	if (!d->type)
		return false;
	d->place = p->token.place;
	d->name = expect_name(p, "the name of the constant");
	if (!d->name || !expect(p, '=', "after the name of a constant"))
		return false;
	d->value = parse_value(p);
	return d->value;
}

static bool parse_named(struct parser *p, struct declaration *d)
{
	d->place = p->token.place;
	d->name = expect_name(p, "a name");
	if (!d->name)
		return false;
	if (d->kind == DECL_STRUCT && at_sign(p, ';'))
		return true;
	return parse_body(p, d);
}

static bool take_kind(struct parser *p, enum declaration_kind *kind)
{
	static const char *const words[] = { [DECL_CONST] = "const",
					     [DECL_ENUM] = "enum",
					     [DECL_STRUCT] = "struct",
					     [DECL_INTERFACE] = "interface" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (at_word(p, words[i])) {
			*kind = (enum declaration_kind)i;
			advance(p);
			return true;
		}
	if (p->stray > 0) {
		names_incomplete_set();
		return false; /* it belongs to the outer one */
	}
	return unexpected(p, "a declaration: `const`, `enum`, `struct` or `interface`");
}

/* One that was read up to its end, where `;` is missing, counts all the same. */
static bool end_declaration(struct parser *p, struct declaration *d, unsigned int stray)
{
	if (p->stray > stray)
		return true; /* the end of its outermost is still to come */
	if (expect(p, ';', "after the declaration")) {
		add_doc_back(p, &d->doc);
		return true;
	}
	return at_declaration(p) || at_sign(p, '[');
}

static struct declaration *parse_declaration(struct parser *p)
{
	struct declaration *d = node_new(sizeof(*d));
	unsigned int stray = p->stray;
	bool good;

	p->file->doc = join_docs(p->file->doc, p->token.doc_file);
	d->file = p->file;
	d->doc = p->token.doc;
	good = parse_attributes(p, &d->attributes) && take_kind(p, &d->kind) &&
	       (d->kind == DECL_CONST ? parse_const(p, d) : parse_named(p, d));
	if (!good || !end_declaration(p, d, stray))
		skip_item(p, false);
	return d->name && (good || d->has_body) ? d : NULL;
}

static void parse_module(struct parser *p)
{
	struct place place = p->token.place;
	const char *doc = join_docs(p->token.doc_file, p->token.doc), *name;

	advance(p);
	name = expect_dotted(p, "the name of the module");
	if (name && *p->file->module) {
		error_at(place, "there is a second `module`");
		note_at(p->file->module_place, "the first one is here");
	} else if (name && (p->file->imports || p->file->declarations)) {
		error_at(place, "`module` comes before everything else");
	} else if (name) {
		p->file->module = name;
		p->file->module_place = place;
		p->file->doc = doc;
	}
	if (!name || !expect(p, ';', "after the name of the module"))
		skip_item(p, false);
}

static void parse_import(struct parser *p, struct import ***end)
{
	struct import *i = node_new(sizeof(*i));
	struct place place = p->token.place;

	advance(p);
	i->place = p->token.place;
	i->path = text_copy(p->token.text, p->token.length);
	if (p->token.kind != TOKEN_STRING) {
		unexpected(p, "the path of the import, in quotes");
		skip_item(p, false);
		return;
	}
	if (p->file->declarations)
		error_at(place, "imports come before declarations");
	advance(p);
	**end = i;
	*end = &i->next;
	if (!expect(p, ';', "after the path"))
		skip_item(p, false);
}

/* A `}` that closes nothing: expected if a declaration was inside another one. */
static void skip_brace(struct parser *p)
{
	if (p->stray == 0)
		unexpected(p, "a declaration");
	else
		p->stray--;
	advance(p);
	accept(p, ';');
}

void parse(struct file *file)
{
	struct parser p = { .file = file };
	struct import **imports = &file->imports;
	struct declaration **end = &file->declarations;

	lexer_init(&p.lexer, file);
	advance(&p);
	while (!at_end(&p)) {
		if (at_word(&p, "module")) {
			parse_module(&p);
		} else if (at_word(&p, "import")) {
			parse_import(&p, &imports);
		} else if (at_sign(&p, '}')) {
			skip_brace(&p);
		} else {
			*end = parse_declaration(&p);
			if (*end)
				end = &(*end)->next;
		}
	}
}
