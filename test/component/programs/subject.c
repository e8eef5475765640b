/* The component of common/subject.h as a worker program of its own. */
#include "component/common/subject.h"

int main(int argc, char **argv)
{
	const struct cohort_component_class class = SUBJECT_CLASS;

	return cohort_worker_main(argc, argv, &class);
}
