/*
 * A name leads to a constant, whose value may again be a name, and so on: that is followed in a loop,
 * for so many steps. An enum is computed as a whole, and may need another one for that: then it is
 * marked, so that a cycle is seen.
 */
#include "values.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "diagnostics.h"
#include "memory.h"
#include "names.h"

#define DEEPEST 64

/* Marks of declarations. */
#define FRESH 0
#define UNDER_WAY 1
#define DONE 2
#define BAD 3 /* said so already */

static bool enum_compute(struct declaration *d, unsigned int depth);

/* --- Names --------------------------------------------------------------------------------------- */

/* A constant's value whose end is not known yet, or an enumerator. */
struct chain {
	struct declaration *constant[DEEPEST];
	unsigned int n;
	const struct file *file; /* where `at` was written */
	const struct value *at;
	const struct enumerator *enumerator;
};

static bool chain_has(const struct chain *c, const struct declaration *d)
{
	for (unsigned int i = 0; i < c->n; i++)
		if (c->constant[i] == d)
			return true;
	return false;
}

static void chain_spoil(const struct chain *c)
{
	for (unsigned int i = 0; i < c->n; i++)
		c->constant[i]->mark = BAD;
}

static bool chain_error(const struct chain *c, struct place place, const char *text)
{
	error_at(place, "%s", text);
	for (unsigned int i = 0; i < c->n && i < 8; i++)
		note_at(c->constant[i]->place, "by way of `%s`", c->constant[i]->name);
	chain_spoil(c);
	return false;
}

static bool chain_step(struct chain *c, struct place place, struct declaration *d)
{
	if (d->mark == BAD)
		return false;
	if (chain_has(c, d))
		return chain_error(c, place, "constants refer to each other in a cycle");
	if (c->n == DEEPEST)
		return chain_error(c, place, "constants refer to each other over too many steps");
	c->constant[c->n++] = d;
	c->at = d->value;
	c->file = d->file;
	return true;
}

static const struct enumerator *enumerator_find(const struct file *file, const char *name,
						const struct declaration *of)
{
	const struct enumerator *e = of ? name_find_enumerator(of, name) : NULL;
	const struct symbol *s = e ? NULL : name_find(file, name);

	return s ? s->enumerator : e;
}

static bool no_value(const struct chain *c, const struct symbol *s, const struct declaration *of)
{
	if (!s && c->n == 0)
		name_unknown(c->file, c->at->place, c->at->text, WANTED_VALUE, of);
	else if (c->n == 0)
		error_at(c->at->place, "`%s` is not a value", c->at->text);
	return false; /* else it is said where the constant is */
}

/*
 * Follows a name to its end and completes the value. `of`: its enumerators need no qualification, or
 * NULL. False: there was an error, or will be one elsewhere.
 */
static bool resolve(const struct file *file, const struct value *value,
		    const struct declaration *of)
{
	struct value *v =
		(struct value *)value; /* all values are made by the parser, not constant */
	struct chain c = { .file = file, .at = value };

	while (c.at->kind == VALUE_NAME && !c.enumerator) {
		const struct symbol *s;

		c.enumerator = enumerator_find(c.file, c.at->text, of);
		if (c.enumerator)
			break;
		s = name_find(c.file, c.at->text);
		if (!s || s->declaration->kind != DECL_CONST)
			return no_value(&c, s, of);
		if (!chain_step(&c, value->place, s->declaration))
			return false;
		of = NULL;
	}
	v->constant = c.n ? c.constant[0] : NULL;
	v->enumerator = c.enumerator;
	v->literal = c.at->kind != VALUE_NAME && value->kind == VALUE_NAME ? c.at : NULL;
	return true;
}

/* The literal behind a value that has been resolved, or NULL: an enumerator. */
static const struct value *literal_of(const struct value *v)
{
	return v->kind == VALUE_NAME ? v->literal : v;
}

/* --- Numbers ------------------------------------------------------------------------------------- */

static const struct range {
	const char *name;
	uint64_t below, above; /* magnitudes of the lowest and the highest */
} ranges[] = {
	[TYPE_INT8] = { "int8", UINT64_C(1) << 7, INT8_MAX },
	[TYPE_INT16] = { "int16", UINT64_C(1) << 15, INT16_MAX },
	[TYPE_INT32] = { "int32", UINT64_C(1) << 31, INT32_MAX },
	[TYPE_INT64] = { "int64", UINT64_C(1) << 63, INT64_MAX },
	[TYPE_UINT8] = { "uint8", 0, UINT8_MAX },
	[TYPE_UINT16] = { "uint16", 0, UINT16_MAX },
	[TYPE_UINT32] = { "uint32", 0, UINT32_MAX },
	[TYPE_UINT64] = { "uint64", 0, UINT64_MAX },
};

static bool in_range(const struct value *literal, enum type_kind kind)
{
	return literal->magnitude <= (literal->negative ? ranges[kind].below : ranges[kind].above);
}

static bool is_integer(enum type_kind kind)
{
	return kind >= TYPE_INT8 && kind <= TYPE_UINT64;
}

bool value_integer(const struct file *file, const struct value *v, uint64_t lowest,
		   uint64_t highest, const char *what, uint64_t *out)
{
	const struct value *literal;

	if (!resolve(file, v, NULL))
		return false;
	literal = literal_of(v);
	if (!literal || literal->kind != VALUE_INTEGER || literal->negative ||
	    literal->magnitude < lowest || literal->magnitude > highest) {
		error_at(v->place, "%s is an integer from %" PRIu64 " to %" PRIu64, what, lowest,
			 highest);
		return false;
	}
	*out = literal->magnitude;
	return true;
}

/* --- Enums --------------------------------------------------------------------------------------- */

static bool comes_later(const struct enumerator *e, const struct enumerator *than)
{
	if (e->place.line != than->place.line)
		return e->place.line > than->place.line;
	return e->place.column >= than->place.column;
}

/* Of another enumerator, that `e` names. */
static bool take_enumerator(const struct enumerator *e, const struct enumerator *other,
			    unsigned int depth, int64_t *value)
{
	struct declaration *of = (struct declaration *)other->of;

	if (of == e->of && comes_later(other, e)) {
		error_at(e->written->place, "`%s` has no value yet", e->written->text);
		note_at(other->place, "it is declared here");
		return false;
	}
	if (of != e->of && of->mark == UNDER_WAY) {
		error_at(e->written->place, "enums refer to each other in a cycle");
		return false;
	}
	if (of != e->of && !enum_compute(of, depth + 1))
		return false;
	*value = other->value;
	return true;
}

static bool take_literal(const struct enumerator *e, const struct value *literal, int64_t *value)
{
	enum type_kind kind = e->of->flags ? TYPE_UINT32 : TYPE_INT32;

	if (literal->kind != VALUE_INTEGER) {
		error_at(e->written->place, "the value of an enumerator is an integer");
		return false;
	}
	if (!in_range(literal, kind)) {
		error_at(e->written->place, "the value does not fit %s%s", ranges[kind].name,
			 e->of->flags ? ", which [flags] enums are" : ", which enums are");
		return false;
	}
	*value = literal->negative ? -(int64_t)literal->magnitude : (int64_t)literal->magnitude;
	return true;
}

static bool take_written(const struct enumerator *e, unsigned int depth, int64_t *value)
{
	if (!resolve(e->of->file, e->written, e->of))
		return false;
	if (e->written->enumerator)
		return take_enumerator(e, e->written->enumerator, depth, value);
	return take_literal(e, literal_of(e->written), value);
}

/* One more than the one before. */
static bool take_next(const struct enumerator *e, const struct enumerator *before, int64_t *value)
{
	int64_t highest = e->of->flags ? UINT32_MAX : INT32_MAX;

	*value = before ? before->value + 1 : 0;
	if (*value <= highest)
		return true;
	error_at(e->place, "the value of `%s` would be one more than the highest, %" PRId64,
		 e->name, highest);
	return false;
}

static bool fits(const struct enumerator *e)
{
	int64_t lowest = e->of->flags ? 0 : INT32_MIN;
	int64_t highest = e->of->flags ? UINT32_MAX : INT32_MAX;

	if (e->value >= lowest && e->value <= highest)
		return true;
	error_at(e->written->place, "the value does not fit %s", e->of->flags ? "uint32" : "int32");
	return false;
}

static bool compute_all(struct declaration *d, unsigned int depth)
{
	const struct enumerator *before = NULL;
	bool good = true;

	for (struct enumerator *e = d->enumerators; e; before = e, e = e->next) {
		bool known = e->written ? take_written(e, depth, &e->value) && fits(e)
					: good && take_next(e, before, &e->value);

		good = known;
	}
	return good;
}

static bool enum_compute(struct declaration *d, unsigned int depth)
{
	if (d->mark == DONE)
		return true;
	if (d->mark == BAD)
		return false;
	if (depth == DEEPEST) {
		error_at(d->place, "enums refer to each other over too many steps");
		d->mark = BAD;
		return false;
	}
	if (!d->enumerators && !names_incomplete())
		error_at(d->place, "the enum `%s` has no values", d->name);
	d->mark = UNDER_WAY;
	d->mark = compute_all(d, depth) ? DONE : BAD;
	return d->mark == DONE;
}

/* --- Fitting a type ------------------------------------------------------------------------------ */

static const char *kind_of(const struct value *v)
{
	static const char *const kinds[] = {
		[VALUE_BOOL] = "a bool",
		[VALUE_INTEGER] = "an integer",
		[VALUE_FLOAT] = "a floating-point number",
		[VALUE_STRING] = "a string",
		[VALUE_NAME] = "a value of an enum",
	};

	return kinds[v->kind == VALUE_NAME && v->literal ? v->literal->kind : v->kind];
}

static void mismatch(const struct value *v, const char *type)
{
	error_at(v->place, "%s is needed here, not %s", type, kind_of(v));
	if (v->constant)
		note_at(v->constant->place, "`%s` is declared here", v->constant->name);
}

static void check_integer(const struct value *v, enum type_kind kind)
{
	const struct value *literal = literal_of(v);

	if (!literal || literal->kind != VALUE_INTEGER)
		mismatch(v, "an integer");
	else if (!in_range(literal, kind))
		error_at(v->place, "the value does not fit %s", ranges[kind].name);
}

static void check_real(const struct value *v, enum type_kind kind)
{
	const struct value *literal = literal_of(v);

	if (!literal || (literal->kind != VALUE_INTEGER && literal->kind != VALUE_FLOAT))
		mismatch(v, "a number");
	else if (kind == TYPE_FLOAT && fabs(literal->number) > (double)FLT_MAX)
		error_at(v->place, "the value does not fit float");
}

static void check_literal(const struct value *v, enum value_kind kind, const char *name)
{
	const struct value *literal = literal_of(v);

	if (!literal || literal->kind != kind)
		mismatch(v, name);
}

static void check_string(const struct value *v, uint32_t max)
{
	check_literal(v, VALUE_STRING, "a string");
	if (max && literal_of(v) && literal_of(v)->length > max)
		error_at(v->place, "the string is longer than its maximum, %" PRIu32, max);
}

static bool in_mask(const struct declaration *d, uint64_t bits)
{
	uint64_t mask = 0;

	for (const struct enumerator *e = d->enumerators; e; e = e->next)
		mask |= (uint64_t)e->value;
	return (bits & ~mask) == 0;
}

static void check_flags(const struct value *v, const struct declaration *d)
{
	const struct value *literal = literal_of(v);

	if (literal->negative || !in_mask(d, literal->magnitude))
		error_at(v->place, "the value has bits that no value of `%s` has", d->name);
}

static void check_enum(const struct value *v, const struct type *type)
{
	const struct declaration *d = type->declaration;
	const struct value *literal = literal_of(v);

	if (v->enumerator && v->enumerator->of != d) {
		error_at(v->place, "a value of `%s` is needed here, not of `%s`", d->name,
			 v->enumerator->of->name);
		note_at(d->place, "`%s` is declared here", d->name);
	} else if (literal && literal->kind == VALUE_INTEGER && (type->flags || d->flags)) {
		check_flags(v, d);
	} else if (literal) {
		mismatch(v, text_format("a value of `%s`", d->name));
	}
}

static void check_scalar(const struct value *v, const struct type *type)
{
	if (is_integer(type->kind))
		check_integer(v, type->kind);
	else if (type->kind == TYPE_FLOAT || type->kind == TYPE_DOUBLE)
		check_real(v, type->kind);
	else if (type->kind == TYPE_BOOL)
		check_literal(v, VALUE_BOOL, "`true` or `false`");
	else
		check_string(v, type->max);
}

static bool is_scalar(enum type_kind kind)
{
	return kind <= TYPE_STRING;
}

static void constant_check(struct declaration *d)
{
	if (d->mark == BAD || !resolve(d->file, d->value, NULL))
		return;
	if (!is_scalar(d->type->kind) || d->type->optional)
		error_at(d->type->place, "a constant is a bool, a number or a string");
	else
		check_scalar(d->value, d->type);
}

void values_check(struct file *file)
{
	for (struct declaration *d = file->declarations; d; d = d->next)
		if (d->kind == DECL_CONST)
			constant_check(d);
		else if (d->kind == DECL_ENUM)
			enum_compute(d, 0);
}

/* --- Defaults ------------------------------------------------------------------------------------ */

static const char *without_default(const struct type *type)
{
	static const char *const names[] = {
		[TYPE_HANDLE] = "a handle", [TYPE_ARRAY] = "an array", [TYPE_FIXED] = "an array",
		[TYPE_MAP] = "a map",	    [TYPE_NAMED] = "a struct",
	};
	bool is_enum = type->kind == TYPE_NAMED && type->declaration->kind == DECL_ENUM;

	if (is_enum || type->kind == TYPE_BOOL)
		return type->optional ? "an optional bool or enum" : NULL;
	return is_scalar(type->kind) ? NULL : names[type->kind];
}

void value_check_default(const struct file *file, const struct field *f)
{
	const struct type *type = f->type;
	const char *without;

	if (!f->fallback || (type->kind == TYPE_NAMED && !type->declaration))
		return;
	without = without_default(type);
	if (without) {
		error_at(f->fallback->place, "%s has no default", without);
	} else if (type->kind == TYPE_NAMED) {
		if (resolve(file, f->fallback, type->declaration))
			check_enum(f->fallback, type);
	} else if (resolve(file, f->fallback, NULL)) {
		check_scalar(f->fallback, type);
	}
}
