/* The component of common/subject.h as a shared object. */
#include "component/common/subject.h"

const struct cohort_component_class COHORT_COMPONENT = SUBJECT_CLASS;
