# SPDX-License-Identifier: GPL-2.0
#
# make help says what there is. Everything that is built lands in build/.

VERSION = 0.1
SOVERSION = 1

DESTDIR =
prefix = /usr/local
sbindir = $(prefix)/sbin
bindir = $(prefix)/bin
libdir = $(prefix)/lib
includedir = $(prefix)/include
datadir = $(prefix)/share
mandir = $(datadir)/man
libexecdir = $(prefix)/libexec
sysconfdir = /etc
# Where the service manager, udev and DKMS look; distributions have their own ideas.
unitdir = $(prefix)/lib/systemd/system
udevdir = $(prefix)/lib/udev
dkmsdir = $(prefix)/src/hsmrepl-$(VERSION)
# The kernel to build the module for: the running one, else Debian's own.
KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build))

CC = gcc
CSTD = -std=gnu11
WARN = -Wall -Wextra -Werror
OPT = -O2 -g
HARDEN = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fcf-protection
LDHARDEN = -Wl,-z,relro -Wl,-z,now -Wl,--as-needed $(LDFLAGS)
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
Q = $(if $(V),,@)
COMPILE = $(CC) $(CSTD) $(WARN) -D_GNU_SOURCE -DHSMREPL_VERSION='"$(VERSION)"' -fPIC -MMD -MP
NL_CFLAGS = $(shell pkg-config --cflags libnl-genl-3.0)

LIB_LIBS = -lnl-genl-3 -lnl-3
CTL_LIBS = $(LIB_LIBS) -ljson-c -lcrypto -lz -lncursesw -ltinfo -lm -lpthread
AGENT_LIBS = $(LIB_LIBS) -lnl-route-3 -levent_openssl -levent -lssl -lcrypto -lsqlite3 -ljson-c -lsystemd -lpthread
SOFTDEV_LIBS = -levent -lcrypto
TEST_LIBS = -lcheck -lsubunit -lm -lrt -lz -lncursesw -ltinfo $(AGENT_LIBS)

# The module's core compiles in userspace behind tests/shim; these are its front ends.
KMOD_FRONT = main device ioctl admin file sysfs netlink
core_src = $(wildcard agent/core/*.c)
shell_src = $(wildcard $(patsubst %,agent/%/*.c,$(filter-out core,$(parts)) shell))
lib_src = $(wildcard agent/lib/*.c)
ctl_src = $(wildcard agent/ctl/*.c agent/console/*.c)
softdev_src = $(wildcard agent/softdev/*.c)
kmod_src = $(filter-out $(KMOD_FRONT:%=kmod/%.c),$(wildcard kmod/*.c))
unit_src = $(wildcard tests/unit/*_test.c)

units = $(patsubst agent/system/%.in,build/%,$(wildcard agent/system/*.in))
programs = build/hsmrepld build/hsmreplctl build/hsmrepl-softdev
libraries = build/libhsmrepl.so.$(SOVERSION) build/libhsmrepl.a build/libhsmrepl.pc

.PHONY: all agent module switch tests bench growth bench-programs check demo install \
	install-agent install-dkms deb check-deb first-day clean help check-module deps
.DELETE_ON_ERROR:
.SECONDARY:

all: agent module

agent: $(programs) $(libraries) $(units)

# --- objects: build/obj is what ships, build/san the same with sanitizers ---

INCLUDES = -Iuapi
# includes FOLDER FLAGS
define includes
build/obj/$(1)/%.o build/san/$(1)/%.o: INCLUDES = $(2)
endef
# stands FOLDER,ON,FLAGS: a folder of the agent, and those whose headers it may include (scripts/tidy)
stands = $(call includes,agent/$(1),-Iuapi $(patsubst %,-Iagent/%,$(2) $(1)) $(3))
# What agent/shell puts together.
parts = core slp base store import mesh discovery sync backup device pump
SHELLS = $(patsubst %,-Iagent/%,$(parts) shell lib)
SHIM = -Itests/shim -Iuapi -Ikmod
$(eval $(call includes,agent,-Iuapi $$(SHELLS)))
$(eval $(call stands,core))
$(eval $(call stands,slp,core))
$(eval $(call stands,base,core slp))
$(eval $(call stands,store,core base))
$(eval $(call stands,import,core base store))
$(eval $(call stands,mesh,core base,$$(NL_CFLAGS)))
$(eval $(call stands,discovery,core slp base))
$(eval $(call stands,sync,core base store import mesh))
$(eval $(call stands,backup,core base store import mesh sync))
$(eval $(call stands,device,core base store))
$(eval $(call stands,pump,core base))
$(eval $(call stands,shell,$(parts) lib,$$(NL_CFLAGS)))
$(eval $(call stands,lib,,$$(NL_CFLAGS)))
$(eval $(call stands,ctl,lib))
$(eval $(call stands,console,lib))
$(eval $(call includes,agent/softdev,$$(SHIM) -Iagent/lib))
$(eval $(call includes,kmod,$$(SHIM)))
$(eval $(call includes,tests/unit,-Iuapi $$(SHELLS) -Iagent/ctl \
	-Iagent/console $$(NL_CFLAGS)))

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

# What names directories is made anew each time: they are given on the command line.
.PHONY: FORCE
FORCE:

build/libhsmrepl.pc: agent/lib/libhsmrepl.pc.in FORCE
	@mkdir -p $(@D)
	$(Q)sed -e 's|@PREFIX@|$(prefix)|' -e 's|@LIBDIR@|$(libdir)|' -e 's|@VERSION@|$(VERSION)|' $< >$@

build/%.service: agent/system/%.service.in FORCE
	@mkdir -p $(@D)
	$(Q)sed -e 's|@SBINDIR@|$(sbindir)|' -e 's|@LIBEXECDIR@|$(libexecdir)|' $< >$@

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
	$(MAKE) -s -j$$(nproc) agent bench-programs build/hsmrepl-link
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

install: install-agent module
	scripts/module --install "$(DESTDIR)" "$(or $(KDIR),$$(scripts/kernel debian 6.1)/build)"

# install_into DIRECTORY,MODE,FILES
install_into = install -D -m $(2) -t $(DESTDIR)$(1) $(3)

install-agent: agent
	$(call install_into,$(sbindir),755,build/hsmrepld build/hsmrepl-softdev)
	$(call install_into,$(bindir),755,build/hsmreplctl)
	$(call install_into,$(libexecdir)/hsmrepl,755,scripts/pki scripts/mok \
		agent/system/metrics-textfile)
	$(call install_into,$(libdir),644,build/libhsmrepl.a build/libhsmrepl.so.$(SOVERSION))
	ln -sf libhsmrepl.so.$(SOVERSION) $(DESTDIR)$(libdir)/libhsmrepl.so
	$(call install_into,$(libdir)/pkgconfig,644,build/libhsmrepl.pc)
	$(call install_into,$(includedir),644,agent/lib/hsmrepl*.h)
	$(call install_into,$(includedir)/linux,644,uapi/linux/hsmrepl.h)
	for page in Documentation/man/*.[1-8]; do \
		$(call install_into,$(mandir)/man$${page##*.},644,$$page) || exit 1; done
	$(call install_into,$(unitdir),644,$(units) \
		agent/system/*.timer agent/system/*.socket)
	$(call install_into,$(udevdir)/rules.d,644,agent/system/*.rules)
	$(call install_into,$(sysconfdir)/hsmrepl,644,agent/system/hsmrepld.conf.example)
	install -D -m 644 agent/system/hsmrepl.sysusers $(DESTDIR)$(prefix)/lib/sysusers.d/hsmrepl.conf
	install -D -m 644 agent/system/hsmrepl.modules-load \
		$(DESTDIR)$(prefix)/lib/modules-load.d/hsmrepl.conf
	install -D -m 644 agent/system/hsmreplctl.bash \
		$(DESTDIR)$(datadir)/bash-completion/completions/hsmreplctl

# The module's sources where DKMS looks for them.
install-dkms:
	$(call install_into,$(dkmsdir)/kmod,644,kmod/*.[ch])
	$(call install_into,$(dkmsdir)/uapi/linux,644,uapi/linux/hsmrepl.h)
	$(call install_into,$(dkmsdir),644,Kbuild kmod/dkms.conf)
	sed -i 's/#MODULE_VERSION#/$(VERSION)/' $(DESTDIR)$(dkmsdir)/dkms.conf

deb:
	scripts/deps build deb
	scripts/deb

check-deb: agent
	tests/deb/run --all
	tests/deb/day

first-day:
	tests/deb/day

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
	@echo 'make growth         what more objects, nodes, bytes and distance cost, and a start: 12 minutes'
	@echo 'make bench-guests   module, software device and etcd in virtual machines: 6 minutes'
	@echo 'make doc            the documents as HTML, build/doc/index.html'
	@echo 'make deb            Debian packages, in build/deb'
	@echo 'make check-deb      installs, upgrades and purges them in Debian 12 and 13; boots two;'
	@echo '                    then make first-day'
	@echo 'make first-day      a new user on three fresh virtual machines types what the README says'
	@echo 'make install        honours DESTDIR, prefix, KDIR'
	@echo 'make clean          removes build/'
	@echo 'V=1                 shows the commands'
	@echo 'scripts/check NAME  one suite; scripts/check --list names them'
	@echo 'scripts/lab         virtual machines; scripts/pool the same without them'

-include $(shell find build/obj build/san -name '*.d' 2>/dev/null)
