/* The worker that loads a component from a shared object. */
#include "cohort/component.h"

int main(int argc, char **argv)
{
	return cohort_worker_main(argc, argv, NULL);
}
