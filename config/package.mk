# What leaves this folder: an installed tree, a tarball, a single file, Debian packages.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
MANDIR ?= $(PREFIX)/share/man

version = $(shell awk '/define COHORT_VERSION_(MAJOR|MINOR|PATCH)/ { v = v d $$3; d = "." } \
            END { print v }' include/cohort/types.h)
place   = out=$(out) version=$(version) programs='$(filter-out bench,$(apps))' \
          PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' MANDIR='$(MANDIR)' DESTDIR='$(DESTDIR)' config/install
tracked = $(shell git ls-files 2>/dev/null | grep . || \
            find . -path ./build -prune -o -type f -print)
dist    = build/cohort-$(version).tar.gz

.PHONY: install uninstall dist

install: all ## everything for users [PREFIX= LIBDIR= MANDIR= DESTDIR=]
	$(if $(shared),,$(error install mode=release or mode=debug))
	$(place) install

uninstall: ## take it away again [the same]
	$(place) uninstall

dist: ## the sources as build/cohort-VERSION.tar.gz
	$(Q)mkdir -p build
	$(Q)tar --sort=name --owner=0 --group=0 --numeric-owner \
	  --transform='s|^|cohort-$(version)/|' -czf $(dist) $(tracked)

# --- One file -------------------------------------------------------------------------------------

single      := build/amalgamation/cohort
single_test := $(patsubst test/%.c,$(out)/amalgamation/test/%,$(wildcard test/api/*.c))

.PHONY: amalgamation check-amalgamation

amalgamation: $(single).c ## build/amalgamation/cohort.c and cohort.h: the library as one source

$(single).c $(single).h &: config/amalgamate $(shell find include lib -name '*.[ch]') LICENSE
	$(Q)config/amalgamate $(@D)

$(out)/amalgamation/cohort.o: $(single).c $(single).h
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) -Wall -Wextra -Werror -pthread $(flags) $(CFLAGS) -c -o $@ $<

$(single_test): $(out)/amalgamation/%: $(out)/%.o $(support) $(runner) $(out)/amalgamation/cohort.o
	$(call say,LINK)
	$(Q)mkdir -p $(@D) && $(CC) $(ldflags) -o $@ $^ -lcriterion -lm

check-amalgamation: $(single_test) ## the tests of test/api, linked with that one source
	@$(run_tests) $^

# --- Debian ---------------------------------------------------------------------------------------

deb := build/deb/cohort-$(version)

.PHONY: deb check-deb

deb: dist ## libcohort0, libcohort-dev and cohort-tools in build/deb
	@config/test-deps deb
	rm -rf build/deb
	mkdir -p build/deb
	tar -C build/deb -xzf $(dist)
	cp -r $(deb)/config/debian $(deb)/debian
	cd $(deb) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CFLAGS dpkg-buildpackage -us -uc -b
	lintian --allow-root --fail-on error build/deb/*.changes

check-deb: deb ## the packages in a clean root, with the demonstration built there (as root)
	@config/test-deps debootstrap
	@test/deb/run build/deb
