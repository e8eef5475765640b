/*
 * Objects within objects: how deep they may be, and maps within maps.
 */
#include <stdio.h>

#include "unit/codec/codec.h"

/* A list of `n` nodes: 2 n levels, the last one an optional that is absent. */
static const struct node *chain(struct node *nodes, size_t n)
{
	memset(nodes, 0, n * sizeof(*nodes));
	for (size_t i = 0; i + 1 < n; i++) {
		nodes[i].value = (int16_t)i;
		nodes[i].next = &nodes[i + 1];
	}
	return nodes;
}

Test(nesting, a_list_comes_back_in_its_order, .init = codec_begin, .fini = codec_end)
{
	struct node nodes[32], copy;
	struct cohort_encoded m = encoded(&node_type, chain(nodes, 32));
	const struct node *at = &copy;

	cr_assert_eq(decode(&node_type, m.data, m.length, &copy), 0);
	for (int i = 0; i < 31; i++, at = at->next)
		cr_assert_eq(at->value, i);
	cr_assert_null(at->next);
}

Test(nesting, more_than_64_levels_are_eloop_to_encode_and_to_copy, .init = codec_begin,
     .fini = codec_end)
{
	struct node nodes[33], copy;
	struct cohort_encoded m;

	chain(nodes, 33);
	cr_assert_eq(cohort_encode(encoder, &node_type, nodes, &m, &fault), -ELOOP);
	cr_assert_str_eq(fault.what, "it is nested too deeply");
	cr_assert_eq(cohort_copy(&node_type, nodes, arena, &copy), -ELOOP);
	cr_assert_null(copy.next);
	chain(nodes, 32);
	cr_assert_eq(cohort_copy(&node_type, nodes, arena, &copy), 0);
}

/* `n` nodes from the outside to the inside, then what closes them. */
static size_t deep_message(unsigned char *to, size_t n)
{
	unsigned char *at = to;

	for (size_t i = 0; i < n; i++) {
		size_t within = (n - i - 1) * 15 + 7;

		memcpy(at, (const unsigned char[]){ 0, 0, 0, 0, 3, 0, 0, 0, 1, 0, i + 1 < n }, 11);
		at[0] = (unsigned char)within;
		at[1] = (unsigned char)(within >> 8);
		at += 11;
	}
	memset(at, 0, 4 * n);
	return (size_t)(at - to) + 4 * n;
}

Test(nesting, more_than_64_levels_are_eloop_to_decode, .init = codec_begin, .fini = codec_end)
{
	unsigned char bytes[15 * 5000];
	struct node node;

	cr_assert_eq(decode(&node_type, bytes, deep_message(bytes, 32), &node), 0);
	cr_assert_eq(decode(&node_type, bytes, deep_message(bytes, 33), &node), -ELOOP);
	cr_assert_str_eq(fault.what, "it is nested too deeply");
	cr_assert_eq(decode(&node_type, bytes, deep_message(bytes, 4000), &node), -ELOOP);
	cr_assert_null(node.next);
}

Test(nesting, a_cycle_of_pointers_is_eloop, .init = codec_begin, .fini = codec_end)
{
	struct node node = { .value = 1, .next = &node }, copy;
	struct cohort_encoded m;

	cr_assert_eq(cohort_encode(encoder, &node_type, &node, &m, NULL), -ELOOP);
	cr_assert_eq(cohort_copy(&node_type, &node, arena, &copy), -ELOOP);
}

static int32_t find(const struct list *map, const char *key)
{
	const struct named *entries = map->data;

	for (size_t i = 0; i < map->count; i++)
		if (strcmp(entries[i].key, key) == 0)
			return entries[i].value;
	return -1;
}

/* The order of the outer map is still needed after that of an inner one was made. */
Test(nesting, maps_within_maps_are_each_in_order, .init = codec_begin, .fini = codec_end)
{
	struct named inner[3][100];
	struct numbered outer[3];
	char keys[100][12];
	struct list map = LIST(outer), copy;
	struct cohort_encoded m;
	const struct numbered *got;

	for (int i = 0; i < 100; i++)
		snprintf(keys[i], sizeof(keys[i]), "%d", 99 - i);
	for (int16_t k = 0; k < 3; k++) {
		for (int i = 0; i < 100; i++)
			inner[k][i] = (struct named){ keys[i], k * 1000 + i };
		outer[k] = (struct numbered){ (int16_t)-k, { inner[k], 100 } };
	}
	m = encoded(&numbered_map, &map);
	cr_assert_eq(decode(&numbered_map, m.data, m.length, &copy), 0);
	got = copy.data;
	cr_assert_eq(copy.count, 3);
	for (int k = 0; k < 3; k++) {
		cr_assert_eq(got[k].key, k - 2);
		cr_assert_eq(got[k].value.count, 100);
		for (int i = 0; i < 100; i++)
			cr_assert_eq(find(&got[k].value, keys[i]), (2 - k) * 1000 + i);
	}
}

Test(nesting, a_map_within_a_map_may_not_have_a_key_twice, .init = codec_begin, .fini = codec_end)
{
	const struct list twice = LIST((const struct named[]){ { "x", 1 }, { "x", 2 } });
	const struct list map = LIST((const struct numbered[]){ { 2, { NULL, 0 } }, { 1, twice } });
	struct cohort_encoded m;

	cr_assert_eq(cohort_encode(encoder, &numbered_map, &map, &m, &fault), -EEXIST);
}
