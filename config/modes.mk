# The four ways to build cohort: `make mode=asan CC=clang`. Each has its own folder,
# build/<mode>-<cc>. COHORT_CHECKED turns on the assertions of lib/base/lock.h, the ranks of the
# locks among them.

modes := debug release asan tsan

flags_debug   := -O1 -g -DCOHORT_CHECKED=1
flags_release := -O2 -g -DNDEBUG
flags_asan    := -O1 -g -DCOHORT_CHECKED=1 -fno-omit-frame-pointer \
                 -fsanitize=address,undefined -fno-sanitize-recover=all
flags_tsan    := -O1 -g -DCOHORT_CHECKED=1 -fno-omit-frame-pointer -fsanitize=thread

ifeq ($(filter $(mode),$(modes)),)
$(error mode=$(mode) is none of: $(modes))
endif

flags     := $(flags_$(mode))
sanitized := $(filter asan tsan,$(mode))
