#include "emit_literal.h"

#include <inttypes.h>
#include <string.h>

#include "emit_names.h"
#include "emit_text.h"

const struct value *value_resolved(const struct value *value)
{
	if (value->kind != VALUE_NAME)
		return value;
	return value->enumerator ? NULL : value->literal;
}

static const struct enumerator *enumerator_meant(const struct value *value)
{
	return value->kind == VALUE_NAME ? value->enumerator : NULL;
}

static const char *signed_literal(int bits, int64_t value)
{
	int64_t lowest = bits == 64 ? INT64_MIN : -(INT64_C(1) << (bits - 1));

	if (value >= 0)
		return text_format("INT%d_C(%" PRId64 ")", bits, value);
	/* -128 would be the negative of a number that does not fit. */
	if (value == lowest)
		return text_format("(-INT%d_C(%" PRId64 ") - 1)", bits, -(lowest + 1));
	return text_format("(-INT%d_C(%" PRId64 "))", bits, -value);
}

static int64_t signed_value(const struct value *value)
{
	return value->negative ? (int64_t)(0 - value->magnitude) : (int64_t)value->magnitude;
}

static double real_value(const struct value *value)
{
	double magnitude = (double)value->magnitude;

	if (value->kind == VALUE_FLOAT)
		return value->number;
	return value->negative ? -magnitude : magnitude;
}

/* So many digits that reading them gives the same number again. */
static const char *real_literal(const struct value *value, bool is_float)
{
	double real = real_value(value);
	const char *digits =
		is_float ? text_format("%.9g", (double)(float)real) : text_format("%.17g", real);
	const char *point = strpbrk(digits, ".e") ? "" : ".0";
	const char *suffix = is_float ? "F" : "";

	return *digits == '-' ? text_format("(%s%s%s)", digits, point, suffix)
			      : text_format("%s%s%s", digits, point, suffix);
}

/* A byte, as it stands in a literal; two question marks could begin a trigraph. */
static const char *escaped(unsigned char byte, bool after_question)
{
	if (byte == '"' || byte == '\\' || (byte == '?' && after_question))
		return text_format("\\%c", byte);
	if (byte == '\n')
		return "\\n";
	return byte < 0x20 || byte == 0x7f ? text_format("\\%03o", byte) : text_format("%c", byte);
}

const char *c_string(const char *text, size_t length)
{
	char *literal = node_new(4 * length + 3), *end = literal;

	*end++ = '"';
	for (size_t i = 0; i < length; i++)
		end = stpcpy(end, escaped((unsigned char)text[i], i > 0 && text[i - 1] == '?'));
	*end = '"';
	return literal;
}

static const char *character(unsigned char byte)
{
	if (byte == '\'' || byte == '\\')
		return text_format("'\\%c'", byte);
	return byte < 0x20 || byte >= 0x7f ? text_format("'\\%03o'", byte)
					   : text_format("'%c'", byte);
}

const char *const *c_characters(const char *text, size_t length)
{
	const char **characters = node_new((length + 1) * sizeof(*characters));

	for (size_t i = 0; i < length; i++)
		characters[i] = character((unsigned char)text[i]);
	characters[length] = character('\0');
	return characters;
}

static const char *enum_literal(const struct type *type, const struct value *value)
{
	const struct enumerator *enumerator = enumerator_meant(value);
	const char *name = enumerator ? enumerator->c_name : NULL;

	if (enumerator && type_is_flags(type))
		return enumerator->of->flags ? name : text_format("(uint32_t)%s", name);
	if (enumerator)
		return name;
	value = value_resolved(value);
	if (type_is_flags(type))
		return text_format("UINT32_C(%" PRIu64 ")", value->magnitude);
	return text_format("(%s)%s", c_type(type), signed_literal(32, signed_value(value)));
}

static const char *integer_literal(const struct type *type, const struct value *value)
{
	static const int bits[] = {
		[TYPE_INT8] = 8,  [TYPE_INT16] = 16,  [TYPE_INT32] = 32,  [TYPE_INT64] = 64,
		[TYPE_UINT8] = 8, [TYPE_UINT16] = 16, [TYPE_UINT32] = 32, [TYPE_UINT64] = 64,
	};
	int width = bits[type->kind];

	if (type->kind <= TYPE_INT64)
		return signed_literal(width, signed_value(value));
	return text_format("UINT%d_C(%" PRIu64 ")", width, value->magnitude);
}

const char *c_literal(const struct type *type, const struct value *value)
{
	const struct enumerator *enumerator = enumerator_meant(value);
	const struct value *meant = value_resolved(value);

	if (type->kind == TYPE_NAMED)
		return enum_literal(type, value);
	if (enumerator)
		return text_format("%s", enumerator->c_name);
	switch (type->kind) {
	case TYPE_BOOL:
		return meant->magnitude ? "true" : "false";
	case TYPE_STRING:
		return c_string(meant->text, meant->length);
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
		return real_literal(meant, type->kind == TYPE_FLOAT);
	default:
		return integer_literal(type, meant);
	}
}

const char *idl_literal(const struct value *value)
{
	if (value->kind != VALUE_STRING)
		return value->text;
	return c_string(value->text, value->length);
}
