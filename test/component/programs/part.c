/* The component of common/part.h as a worker program of its own. */
#include "component/common/part.h"

int main(int argc, char **argv)
{
	return cohort_worker_main(argc, argv, &part_class);
}
