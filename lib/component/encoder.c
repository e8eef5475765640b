/*
 * encoder.c: one spare encoder for each thread, freed when the thread ends.
 */
#include "component/encoder.h"

#include <pthread.h>
#include <stdbool.h>

#define KEEP_MAX (256 * 1024)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool have_key;

static void free_spare(void *encoder)
{
	cohort_encoder_free(encoder);
}

static void make_key(void)
{
	have_key = !pthread_key_create(&key, free_spare);
}

int encoder_get(struct cohort_encoder **out)
{
	struct cohort_encoder *spare;

	pthread_once(&once, make_key);
	spare = have_key ? pthread_getspecific(key) : NULL;
	if (!spare)
		return cohort_encoder_new(out);
	pthread_setspecific(key, NULL);
	*out = spare;
	return 0;
}

void encoder_put(struct cohort_encoder *encoder, size_t length)
{
	if (!have_key || length > KEEP_MAX || pthread_getspecific(key) ||
	    pthread_setspecific(key, encoder))
		cohort_encoder_free(encoder);
}
