# SPDX-License-Identifier: GPL-2.0
#
# make help says what there is. Everything that is built lands in build/.

VERSION = 0.1
SOVERSION = 0

DESTDIR =
prefix = /usr/local
sbindir = $(prefix)/sbin
bindir = $(prefix)/bin
libdir = $(prefix)/lib
includedir = $(prefix)/include
mandir = $(prefix)/share/man
# The kernel to build the module for: the running one, else Debian's own.
KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build))

CC = gcc
CSTD = -std=gnu11
WARN = -Wall -Wextra -Werror
OPT = -O2 -g
HARDEN = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fcf-protection
LDHARDEN = -Wl,-z,relro -Wl,-z,now -Wl,--as-needed
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
Q = $(if $(V),,@)
COMPILE = $(CC) $(CSTD) $(WARN) -D_GNU_SOURCE -DHSMREPL_VERSION='"$(VERSION)"' -fPIC -MMD -MP
NL_CFLAGS = $(shell pkg-config --cflags libnl-genl-3.0)

LIB_LIBS = -lnl-genl-3 -lnl-3
CTL_LIBS = $(LIB_LIBS) -ljson-c -lcrypto -lz
AGENT_LIBS = $(LIB_LIBS) -lnl-route-3 -levent_openssl -levent -lssl -lcrypto -lsqlite3 -ljson-c -lsystemd -lpthread
SOFTDEV_LIBS = -levent -lcrypto
TEST_LIBS = -lcheck -lsubunit -lm -lrt -lz $(AGENT_LIBS)

# The module's core compiles in userspace behind tests/shim; these are its front ends.
KMOD_FRONT = main device ioctl admin file sysfs netlink
core_src = $(wildcard agent/core/*.c)
shell_src = $(wildcard agent/base/*.c agent/store/*.c agent/mesh/*.c agent/discovery/*.c \
	agent/sync/*.c \
	agent/shell/*.c)
lib_src = $(wildcard agent/lib/*.c)
ctl_src = $(wildcard agent/ctl/*.c)
softdev_src = $(wildcard agent/softdev/*.c)
kmod_src = $(filter-out $(KMOD_FRONT:%=kmod/%.c),$(wildcard kmod/*.c))
unit_src = $(wildcard tests/unit/*_test.c)

programs = build/hsmrepld build/hsmreplctl build/hsmrepl-softdev
libraries = build/libhsmrepl.so.$(SOVERSION) build/libhsmrepl.a build/libhsmrepl.pc

.PHONY: all agent module switch tests bench growth bench-programs check demo install clean help check-module deps
.DELETE_ON_ERROR:
.SECONDARY:

all: agent module

agent: $(programs) $(libraries)

# --- objects: build/obj is what ships, build/san the same with sanitizers ---

INCLUDES = -Iuapi
SHELLS = -Iagent/core -Iagent/base -Iagent/store -Iagent/mesh -Iagent/discovery -Iagent/sync \
	-Iagent/shell -Iagent/lib
# includes FOLDER FLAGS
define includes
build/obj/$(1)/%.o build/san/$(1)/%.o: INCLUDES = $(2)
endef
SHIM = -Itests/shim -Iuapi -Ikmod
$(eval $(call includes,agent,-Iuapi $$(SHELLS)))
$(eval $(call includes,agent/core,-Iuapi -Iagent/core))
$(eval $(call includes,agent/base,-Iuapi -Iagent/core -Iagent/base))
$(eval $(call includes,agent/store,-Iuapi -Iagent/core -Iagent/base -Iagent/store))
$(eval $(call includes,agent/mesh,-Iuapi -Iagent/core -Iagent/base -Iagent/mesh $$(NL_CFLAGS)))
$(eval $(call includes,agent/sync,-Iuapi -Iagent/core -Iagent/base -Iagent/store -Iagent/mesh \
	-Iagent/sync))
$(eval $(call includes,agent/discovery,-Iuapi -Iagent/core -Iagent/base -Iagent/discovery))
$(eval $(call includes,agent/shell,-Iuapi $$(SHELLS) $$(NL_CFLAGS)))
$(eval $(call includes,agent/lib,-Iuapi -Iagent/lib $$(NL_CFLAGS)))
$(eval $(call includes,agent/ctl,-Iuapi -Iagent/lib -Iagent/ctl))
$(eval $(call includes,agent/softdev,$$(SHIM) -Iagent/lib))
$(eval $(call includes,kmod,$$(SHIM)))
$(eval $(call includes,tests/unit,-Iuapi $$(SHELLS) -Iagent/ctl $$(NL_CFLAGS)))

build/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo '  CC    $@'
	$(Q)$(COMPILE) $(INCLUDES) $(OPT) $(HARDEN) -c -o $@ $<

build/san/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo '  CC    $@'
	$(Q)$(COMPILE) $(INCLUDES) -O1 -g $(SANITIZE) -c -o $@ $<

obj = $(patsubst %.c,build/obj/%.o,$(1))
san = $(patsubst %.c,build/san/%.o,$(1))

# --- programs and the library ---

build/hsmrepld: $(call obj,agent/main.c $(core_src) $(shell_src)) build/libhsmrepl.a
	@echo '  LD    $@'
	$(Q)$(CC) -pie $(LDHARDEN) -o $@ $^ $(AGENT_LIBS)

build/hsmreplctl: $(call obj,$(ctl_src)) build/libhsmrepl.a
	@echo '  LD    $@'
	$(Q)$(CC) -pie $(LDHARDEN) -o $@ $^ $(CTL_LIBS)

build/hsmrepl-softdev: $(call obj,$(softdev_src) $(kmod_src) agent/lib/softproto.c)
	@echo '  LD    $@'
	$(Q)$(CC) -pie $(LDHARDEN) -o $@ $^ $(SOFTDEV_LIBS)

build/libhsmrepl.a: $(call obj,$(lib_src))
	@echo '  AR    $@'
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

build/libhsmrepl.so.$(SOVERSION): $(call obj,$(lib_src)) agent/lib/libhsmrepl.map
	@echo '  LD    $@'
	$(Q)$(CC) -shared $(LDHARDEN) -Wl,-soname,libhsmrepl.so.$(SOVERSION) \
		-Wl,--version-script=agent/lib/libhsmrepl.map -o $@ $(filter %.o,$^) $(LIB_LIBS)
	$(Q)ln -sf $(@F) build/libhsmrepl.so

build/libhsmrepl.pc: agent/lib/libhsmrepl.pc.in Makefile
	@mkdir -p $(@D)
	$(Q)sed -e 's|@PREFIX@|$(prefix)|' -e 's|@LIBDIR@|$(libdir)|' -e 's|@VERSION@|$(VERSION)|' $< >$@

# --- the module ---

module:
	scripts/module "$(or $(KDIR),$$(scripts/kernel debian 6.1)/build)"

# --- tests ---

switch: build/switch

build/switch: tests/vm/switch.c
	@mkdir -p $(@D)
	@echo '  CC    $@'
	$(Q)$(CC) $(CSTD) $(WARN) -D_GNU_SOURCE $(OPT) -o $@ $<

# A unit test takes from these archives what it uses.
define test_archive
build/san/$(1).a: $(call san,$(2))
	@echo '  AR    $$@'
	$(Q)rm -f $$@
	$(Q)$$(AR) rcs $$@ $$^
endef
$(eval $(call test_archive,agent,$(core_src) $(shell_src) $(lib_src) $(filter-out %/main.c,$(ctl_src))))
$(eval $(call test_archive,kmod,$(kmod_src) $(wildcard tests/shim/*.c)))

unit_tests = $(patsubst tests/unit/%.c,build/%,$(unit_src))

build/%_test: build/san/tests/unit/%_test.o build/san/agent.a build/san/kmod.a
	@echo '  LD    $@'
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(TEST_LIBS)

# Programs that run inside a virtual machine, against the device.
vm_tests = $(patsubst tests/vm/%.c,build/%,$(wildcard tests/vm/*_test.c))
$(eval $(call includes,tests/vm,-Iuapi -Iagent/lib))

$(vm_tests): build/%: build/obj/tests/vm/%.o build/libhsmrepl.a
	@echo '  LD    $@'
	$(Q)$(CC) -o $@ $^ $(LIB_LIBS) -lcheck -lsubunit -lm -lrt -lpthread

tests: $(unit_tests) $(vm_tests) build/switch

# Benchmarks take from the agent what they measure.
build/agent.a: $(call obj,$(core_src) $(shell_src) $(lib_src))
	@echo '  AR    $@'
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(eval $(call includes,tests/bench,-Iuapi $$(SHELLS) $$(NL_CFLAGS)))

build/%_bench: build/obj/tests/bench/%_bench.o build/agent.a
	@echo '  LD    $@'
	$(Q)$(CC) -o $@ $(filter %.o,$^) build/agent.a $(AGENT_LIBS)

bench-programs: $(patsubst tests/bench/%.c,build/%,$(wildcard tests/bench/*_bench.c))

bench:
	scripts/deps build bench
	$(MAKE) -s -j$$(nproc) agent bench-programs
	tests/bench/run

growth:
	$(MAKE) -s -j$$(nproc) agent bench-programs
	tests/bench/growth

-include $(wildcard tests/*/*.mk)

deps:
	scripts/deps

check: deps
	$(MAKE) -s -j$$(nproc) agent tests
	scripts/check

check-module:
	scripts/check module

demo:
	scripts/deps build module lab
	scripts/demo

# --- the rest ---

install: agent module
	install -d $(DESTDIR)$(sbindir) $(DESTDIR)$(bindir) $(DESTDIR)$(libdir)/pkgconfig \
		$(DESTDIR)$(includedir)/linux $(DESTDIR)$(mandir)/man1 \
		$(DESTDIR)$(mandir)/man3 $(DESTDIR)$(mandir)/man5 $(DESTDIR)$(mandir)/man8
	install build/hsmrepld build/hsmrepl-softdev $(DESTDIR)$(sbindir)
	install build/hsmreplctl $(DESTDIR)$(bindir)
	install -m 644 build/libhsmrepl.a build/libhsmrepl.so.$(SOVERSION) $(DESTDIR)$(libdir)
	ln -sf libhsmrepl.so.$(SOVERSION) $(DESTDIR)$(libdir)/libhsmrepl.so
	install -m 644 build/libhsmrepl.pc $(DESTDIR)$(libdir)/pkgconfig
	install -m 644 agent/lib/hsmrepl*.h $(DESTDIR)$(includedir)
	install -m 644 uapi/linux/hsmrepl.h $(DESTDIR)$(includedir)/linux
	for page in Documentation/man/*.[1358]; do \
		install -m 644 $$page $(DESTDIR)$(mandir)/man$${page##*.} || exit 1; done
	scripts/module --install "$(DESTDIR)" "$(or $(KDIR),$$(scripts/kernel debian 6.1)/build)"

clean:
	rm -rf build

help:
	@echo 'make                agent, tool, library and module (KDIR=kernel build directory)'
	@echo 'make agent          userspace only'
	@echo 'make module         hsmrepl.ko only'
	@echo 'make demo           virtual machines find each other, replicate keys, lose and get nodes'
	@echo 'make check          everything that must pass for a commit'
	@echo 'make crash          a pool of software devices killed again and again (ROUNDS=200 SEED=...)'
	@echo 'make crossings      node-downs that cross, again and again (ROUNDS=20 SEED=...)'
	@echo 'make sim            the seeded simulator, SEEDS=100000 worlds, with a log'
	@echo 'make mutants        the simulator against code that has one rule less each'
	@echo 'make power-cuts     virtual machines without power again and again (ROUNDS=20 SEED=...)'
	@echo 'make check-module   module against 6.1 and 6.12, all warnings are errors'
	@echo 'make bench          side by side with etcd, Galera, PostgreSQL: 20 minutes; QUICK=1: 5'
	@echo 'make growth         what more objects, nodes and bytes cost, and a start: 8 minutes'
	@echo 'make doc            the documents as HTML, build/doc/index.html'
	@echo 'make install        honours DESTDIR, prefix, KDIR'
	@echo 'make clean          removes build/'
	@echo 'V=1                 shows the commands'
	@echo 'scripts/check NAME  one suite; scripts/check --list names them'
	@echo 'scripts/lab         virtual machines; scripts/pool the same without them'

-include $(shell find build/obj build/san -name '*.d' 2>/dev/null)
