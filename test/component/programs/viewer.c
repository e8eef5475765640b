/* The component of common/viewer.h as a worker program of its own. */
#include "component/common/viewer.h"

int main(int argc, char **argv)
{
	return cohort_worker_main(argc, argv, &viewer_class);
}
