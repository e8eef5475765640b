/*
 * Whether this is built for ThreadSanitizer, which must see what it is to understand.
 */
#ifndef COHORT_BASE_SANITIZER_H
#define COHORT_BASE_SANITIZER_H

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif
#ifndef UNDER_TSAN
#define UNDER_TSAN 0
#endif

#endif
