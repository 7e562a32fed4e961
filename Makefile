# outrider: `make` builds build/outrider, `make demo` shows it, `make check` proves it.
# CONTRIBUTING.md explains the targets; the variables a user may set come first.

PREFIX   ?= /usr/local
DESTDIR  ?=
BUILD    ?= build
# A sanitizer variant, for instance SANITIZE=address,undefined or SANITIZE=thread.
SANITIZE ?=
# The groups of packages that `make deps` looks for.
DEPS     ?= build demo check
VENV     ?= build/venv
CFLAGS   ?= -O2 -g
ifeq ($(origin CC),default)
CC := gcc
endif

# V=1 shows whole commands.
V        ?=

comma := ,
say    = $(if $V,,@printf '%-5s %s\n' $1 '$(patsubst $(OUT)/%,%,$2)';)
OUT     := $(BUILD)$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))
VERSION := $(shell sed -n 's/^.define OUTRIDER_VERSION "\(.*\)"/\1/p' include/outrider/base/version.h)
LAYERS  := $(shell sed -n 's/^layer \([a-z]*\):.*/\1/p' scripts/layers)

# What each layer is linked with; headers of all are searched, lint keeps them in their rooms.
pkg_model   := uuid
pkg_store   := libpq
pkg_broker  := rdkafka
pkg_config  := yaml-0.1
pkg_monitor := libmicrohttpd
PACKAGES   := $(foreach l,$(LAYERS),$(pkg_$l))

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wvla -Wformat=2 -Werror
HARDEN_C := -D_FORTIFY_SOURCE=3 -fstack-protector-strong
HARDEN_L := -Wl,-z,relro,-z,now -Wl,-z,noexecstack
ifneq ($(SANITIZE),)
HARDEN_C := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
HARDEN_L := -fsanitize=$(SANITIZE)
endif
# The thread sanitizer does not know librdkafka's threads without the first, nor its locks' order
# without the second.
SANITIZE_OBJECT := $(if $(filter thread,$(SANITIZE)),$(OUT)/obj/tests/support/thread_sanitizer.o)
export TSAN_OPTIONS ?= suppressions=$(CURDIR)/tests/support/thread_sanitizer.suppressions
ALL_CFLAGS  = -std=c17 -D_GNU_SOURCE -pthread $(WARNINGS) $(HARDEN_C) -fPIE $(CFLAGS) $(CPPFLAGS) \
              $(PKG_CFLAGS)
ALL_LDFLAGS = -pthread -pie $(HARDEN_L) $(LDFLAGS) -Wl,--as-needed

# Nothing is asked of pkg-config by targets that may have to install it first.
ifneq ($(filter-out deps demo bench bench-quick check check-deep check-fuzz check-page check-image image check-debezium deb check-deb check-systemd uninstall clean,$(or $(MAKECMDGOALS),all)),)
ifneq ($(shell pkg-config --exists $(PACKAGES) && echo yes),yes)
$(error $(PACKAGES) not found by pkg-config: run "make deps")
endif
# Their headers are not ours to warn about: newer rdkafka.h would fail -Wextra.
PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES)))
endif

# One list of objects a layer, its embedded SQL and other files included.
has_sql    = $(wildcard sql/$1/*.sql)
has_assets = $(wildcard assets/$1/*)
objects = $(patsubst %.c,$(OUT)/obj/%.o,$(wildcard src/$1/*.c)) \
          $(if $(call has_sql,$1),$(OUT)/gen/$1_sql.o) \
          $(if $(call has_assets,$1),$(OUT)/gen/$1_assets.o)
$(foreach l,$(LAYERS),$(eval objects_$l := $(call objects,$l)))
libs = $(if $(strip $(foreach l,$1,$(pkg_$l))),$(shell pkg-config --libs $(foreach l,$1,$(pkg_$l))))

.PHONY: all
all: $(OUT)/outrider

$(OUT)/outrider: $(foreach l,$(LAYERS),$(objects_$l)) $(SANITIZE_OBJECT)
	$(call say,link,$@)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(call libs,$(LAYERS))

# Rebuilds everything when the compiler or its flags change.
$(OUT)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)' | cmp -s - $@ || \
	    echo '$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)' > $@
FORCE:

$(OUT)/obj/src/%.o: src/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,cc,$<)$(CC) $(ALL_CFLAGS) -Iinclude -MMD -MP -c -o $@ $<

# Tests may look inside: `#include "src/store/sqlstate.h"`.
$(OUT)/obj/tests/%.o: tests/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,cc,$<)$(CC) $(ALL_CFLAGS) -Iinclude -I. $(shell pkg-config --cflags check) \
	    -MMD -MP -c -o $@ $<

# A directory's own time changes when a file comes or goes. A statement may be longer than C17's
# 4095 characters.
define sql_rules
$(OUT)/gen/$1_sql.c: $(call has_sql,$1) sql/$1 scripts/embed-sql
	@mkdir -p $$(@D)
	$$(call say,sql,sql/$1)scripts/embed-sql $1 $(call has_sql,$1) > $$@.new && mv $$@.new $$@
$(OUT)/gen/$1_sql.o: $(OUT)/gen/$1_sql.c $(OUT)/flags
	$$(call say,cc,$$<)$$(CC) $$(ALL_CFLAGS) -Wno-overlength-strings -Iinclude -Isrc/$1 \
	    -MMD -MP -c -o $$@ $$<
endef
$(foreach l,$(LAYERS),$(if $(call has_sql,$l),$(eval $(call sql_rules,$l))))

define asset_rules
$(OUT)/gen/$1_assets.c: $(call has_assets,$1) assets/$1 scripts/embed-assets
	@mkdir -p $$(@D)
	$$(call say,embed,assets/$1)scripts/embed-assets $(call has_assets,$1) > $$@.new && mv $$@.new $$@
$(OUT)/gen/$1_assets.o: $(OUT)/gen/$1_assets.c $(OUT)/flags
	$$(call say,cc,$$<)$$(CC) $$(ALL_CFLAGS) -Iinclude -Isrc/$1 -MMD -MP -c -o $$@ $$<
endef
$(foreach l,$(LAYERS),$(if $(call has_assets,$l),$(eval $(call asset_rules,$l))))

# --- unit tests ---------------------------------------------------------------------------------
# tests/unit/test_<module>.c is one program. It is linked with its module's layer and those below,
# or with exactly what a line of its own names, layers and .c files in any order:
#   // links: base model relay tests/support/fake_store.c tests/support/fake_producer.c
# No program gets src/cli/main.c, so that a test may have a main().
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
layer_of = $(word 2,$(subst /, ,$(firstword $(wildcard src/*/$(patsubst test_%,%,$1).c))))
below    = $1 $(shell sed -n 's/^layer $1://p' scripts/layers)
links    = $(or $(shell sed -n 's|^// links:||p' tests/unit/$1.c),\
    $(if $(call layer_of,$1),$(call below,$(call layer_of,$1))),\
    $(error tests/unit/$1.c: no src/*/$(patsubst test_%,%,$1).c, and no "// links:" line))

linked   = $(filter-out %/src/cli/main.o,$(foreach l,$(filter-out %.c,$1),$(objects_$l))) \
    $(patsubst %.c,$(OUT)/obj/%.o,$(filter %.c,$1)) $(SANITIZE_OBJECT)

define unit_rule
$(OUT)/unit/$1: $(OUT)/obj/tests/unit/$1.o $(call linked,$2)
	@mkdir -p $$(@D)
	$$(call say,link,$$@)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$(filter %.o,$$^) \
	    $$(call libs,$(filter-out %.c,$2)) $$(shell pkg-config --libs check)
endef
ifneq ($(filter unit $(OUT)/unit/%,$(MAKECMDGOALS)),)
$(foreach t,$(UNIT_TESTS),$(eval $(call unit_rule,$t,$(strip $(call links,$t)))))
endif

.PHONY: unit
unit: $(addprefix $(OUT)/unit/,$(UNIT_TESTS))
	@scripts/unit $(UNIT_WRAPPER) $^

# --- fuzzing ------------------------------------------------------------------------------------
# tests/fuzz/fuzz_<what>.c is one libFuzzer program, linked with what its "// links:" lines name;
# its seeds are tests/fuzz/corpus/<what>/ and what "// seeds:" lines name. libFuzzer is clang's, so
# check-fuzz starts make again.
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
# How many seconds each is run.
FUZZ_SECONDS ?= 60
export FUZZ_SECONDS
FUZZ_VARIANT = CC=clang BUILD=$(BUILD)/fuzz SANITIZE=address,undefined,fuzzer-no-link

define fuzz_rule
$(OUT)/$1: $(OUT)/obj/tests/fuzz/$1.o $(call linked,$2)
	$$(call say,link,$$@)$$(CC) $$(ALL_LDFLAGS) -fsanitize=fuzzer -o $$@ $$(filter %.o,$$^) \
	    $$(call libs,$(filter-out %.c,$2))
endef
fuzz_links = $(shell sed -n 's|^// links:||p' tests/fuzz/$1.c)
ifneq ($(filter fuzz $(OUT)/fuzz_%,$(MAKECMDGOALS)),)
$(foreach f,$(FUZZERS),$(eval $(call fuzz_rule,$f,$(strip $(call fuzz_links,$f)))))
endif

.PHONY: fuzz check-fuzz
fuzz: $(addprefix $(OUT)/,$(FUZZERS))
	@scripts/fuzz $(BUILD) $^

check-fuzz:
	@scripts/deps build fuzz
	@$(MAKE) --no-print-directory fuzz $(FUZZ_VARIANT)

# --- the container image ------------------------------------------------------------------------
IMAGE ?= outrider
.PHONY: image check-image
image:
	docker build -t $(IMAGE) --build-arg VERSION=$(VERSION) --build-arg REVISION=$(shell git rev-parse HEAD) .

# The Dockerfile's steps without an engine, as root on Debian, and what comes of them.
check-image:
	@scripts/deps build check image
	$(MAKE) all $(OUT)/mock-kafka
	$(PYTEST) tests/image

# --- the benchmark ------------------------------------------------------------------------------
# tests/bench/<program>.c with a "// links:" line is one program, linked with what it names.
# BENCH='--scenario NAME' says how much is run; tests/bench/README.md has the options.
BENCH ?=
BENCH_PROGRAMS := $(patsubst tests/bench/%.c,%,$(shell grep -l '^// links:' tests/bench/*.c))
RUN_BENCH = OUTRIDER=$(abspath $(OUT)/outrider) $(VENV)/bin/python tests/bench/run

define bench_rule
$(OUT)/bench/$1: $(OUT)/obj/tests/bench/$1.o $(call linked,$2)
	@mkdir -p $$(@D)
	$$(call say,link,$$@)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$(filter %.o,$$^) $$(call libs,$(LAYERS))
endef
bench_links = $(shell sed -n 's|^// links:||p' tests/bench/$1.c)
ifneq ($(filter bench-programs integration $(OUT)/bench/%,$(MAKECMDGOALS)),)
$(foreach p,$(BENCH_PROGRAMS),$(eval $(call bench_rule,$p,$(strip $(call bench_links,$p)))))
endif

.PHONY: bench bench-quick bench-programs
bench-programs: $(addprefix $(OUT)/bench/,$(BENCH_PROGRAMS))

# These two start make again, so that it sees what `deps` has installed.
bench: AMOUNT = --write
bench-quick: AMOUNT = --quick
bench bench-quick:
	@scripts/deps build check
	@$(MAKE) --no-print-directory all bench-programs
	scripts/kafka-jars
	$(RUN_BENCH) $(AMOUNT) $(BENCH)

# --- the other tests ----------------------------------------------------------------------------
PYTEST = OUTRIDER=$(abspath $(OUT)/outrider) $(VENV)/bin/python -m pytest -q -p no:cacheprovider

.PHONY: golden guard integration valgrind lint
golden: all
	$(PYTEST) tests/golden

# What a message, a batch and an idle second cost against what was recorded, which is for a compiler
# and its flags; UPDATE=1 records anew.
GUARD_VARIANT = CC=gcc CFLAGS='-O2 -g'
guard: all $(OUT)/mock-kafka
	$(PYTEST) tests/guard

# So many tests at a time, each with servers of its own: most of what they do is waiting.
INTEGRATION_JOBS ?= 3
integration: all bench-programs $(OUT)/mock-kafka
	scripts/kafka-jars
	$(PYTEST) -n $(INTEGRATION_JOBS) --dist worksteal tests/integration

# Faults while messages flow; FAULTS='--long --resume' or FAULTS='--case NAME' say how much.
FAULTS ?=
.PHONY: check-faults
check-faults: all $(OUT)/mock-kafka
	scripts/kafka-jars
	OUTRIDER=$(abspath $(OUT)/outrider) $(VENV)/bin/python tests/fault/run $(FAULTS)

# The page in a real browser; PICTURES=<folder> keeps a picture of each state.
.PHONY: check-page page
page: all $(OUT)/mock-kafka
	$(PYTEST) tests/page

check-page:
	@scripts/deps build check page
	@$(MAKE) --no-print-directory page

# A chosen few, because valgrind makes outrider many times slower: the ways of a row, and of an end.
VALGRIND_TESTS := every_row_arrives_once order_per_aggregate failed_rows_are_retried \
    sigterm_finishes_batch drain reload
valgrind: all
	scripts/kafka-jars
	UNDER_VALGRIND='$(abspath $(OUT)/outrider)' OUTRIDER='$(abspath scripts/under-valgrind)' \
	    $(VENV)/bin/python -m pytest -q -p no:cacheprovider \
	    $(VALGRIND_TESTS:%=tests/integration/test_%.py)

# The guide from Debezium, with a real one: its own PostgreSQL, Kafka and Kafka Connect, about 1 GB.
.PHONY: debezium check-debezium
debezium: all
	$(PYTEST) tests/debezium

check-debezium:
	@scripts/deps build check debezium
	@$(MAKE) --no-print-directory debezium

lint: all
	CC='$(CC)' OUTRIDER='$(OUT)/outrider' VENV='$(VENV)' scripts/lint

# Beside outrider, not in it: a mock Kafka, and the demonstration's reader.
$(OUT)/mock-kafka: tests/support/mock_kafka.c src/broker/kafka_fault.c src/base/error.c src/base/safe.c \
    src/base/text.c src/base/xalloc.c
$(OUT)/read-back: demo/read_back.c
$(OUT)/mock-kafka $(OUT)/read-back: $(OUT)/flags $(SANITIZE_OBJECT)
	$(call say,link,$@)$(CC) $(ALL_CFLAGS) -Iinclude -I. $(ALL_LDFLAGS) -o $@ $(filter %.c %.o,$^) \
	    $(call libs,broker)

# --- what a user types --------------------------------------------------------------------------
# These start make again, so that it sees what `deps` has installed.
.PHONY: deps demo check check-deep check-deb check-systemd install uninstall deb clean
deps:
	@scripts/deps $(DEPS)

demo:
	@scripts/deps build demo
	@$(MAKE) --no-print-directory all $(OUT)/mock-kafka $(OUT)/read-back
	@BUILD='$(OUT)' scripts/demo

check:
	@scripts/deps build check
	$(MAKE) -j$$(nproc) all
	$(MAKE) lint
	$(MAKE) -j$$(nproc) unit
	$(MAKE) -j$$(nproc) unit SANITIZE=address,undefined
	$(MAKE) golden
	$(MAKE) guard $(GUARD_VARIANT)
	$(MAKE) integration
	$(MAKE) check-faults

# The same with the other compiler, under each sanitizer and under valgrind; fuzzing; beside a real Debezium.
check-deep: check
	$(MAKE) unit all CC=clang BUILD=$(BUILD)/clang
	$(MAKE) unit SANITIZE=thread
	$(MAKE) unit UNIT_WRAPPER=--valgrind
	$(MAKE) golden integration SANITIZE=address,undefined
	$(MAKE) integration SANITIZE=thread
	$(MAKE) valgrind
	$(MAKE) check-fuzz
	$(MAKE) check-page
	$(MAKE) check-image
	$(MAKE) check-debezium
	$(MAKE) check-deb check-systemd

# build/deb/outrider_VERSION_ARCH.deb
deb:
	@scripts/deps build deb
	@scripts/deb $(BUILD)/deb

# The package's whole life, and the service under a real systemd, both in a root that debootstrap
# makes: as root, on Debian.
check-deb check-systemd:
	@scripts/deps build check deb system
	@$(MAKE) --no-print-directory all $(OUT)/mock-kafka
	$(PYTEST) tests/package/test_$(@:check-%=%).py

# What is installed beside the program: file:where below PREFIX.
ZSH_FUNCTIONS ?= share/zsh/site-functions
UNITS     := lib/systemd/system/outrider.service lib/systemd/system/outrider@.service
INSTALLED := systemd/outrider.service:lib/systemd/system/outrider.service \
    systemd/outrider@.service:lib/systemd/system/outrider@.service \
    systemd/outrider.sysusers:lib/sysusers.d/outrider.conf \
    systemd/outrider.tmpfiles:lib/tmpfiles.d/outrider.conf \
    man/outrider.1:share/man/man1/outrider.1 \
    man/outrider.yaml.5:share/man/man5/outrider.yaml.5 \
    completions/outrider.bash:share/bash-completion/completions/outrider \
    completions/outrider.zsh:$(ZSH_FUNCTIONS)/_outrider \
    completions/outrider.fish:share/fish/vendor_completions.d/outrider.fish \
    config/outrider.yaml:share/doc/outrider/examples/outrider.yaml
ROOT := $(DESTDIR)$(PREFIX)

install: all
	install -D -m 755 $(OUT)/outrider '$(ROOT)/bin/outrider'
	@set -e; for pair in $(INSTALLED); do \
	    echo "install $${pair%%:*} $(ROOT)/$${pair#*:}"; \
	    install -D -m 644 "$${pair%%:*}" "$(ROOT)/$${pair#*:}"; \
	done
	sed -i 's|/usr/bin/outrider|$(PREFIX)/bin/outrider|' $(UNITS:%='$(ROOT)/%')

# What `make install` put there, with the same PREFIX and DESTDIR; /etc/outrider stays.
uninstall:
	rm -f '$(ROOT)/bin/outrider' $(foreach p,$(INSTALLED),'$(ROOT)/$(lastword $(subst :, ,$p))')
	@rmdir -p '$(ROOT)/share/doc/outrider/examples' 2> /dev/null || true

clean:
	rm -rf $(BUILD)

-include $(shell test -d $(OUT) && find $(OUT)/obj $(OUT)/gen -name '*.d' 2>/dev/null)
