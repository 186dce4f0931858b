# SPDX-License-Identifier: GPL-2.0
"""Processes of this machine: started, measured through /proc, ended by their id."""
import os
import shutil
import signal
import socket
import subprocess
import time

TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")
STOP_SECONDS = 15
QUIET_SECONDS = 0.3     # a look at whether servers still work on what they were given
QUIET_SHARE = 0.10      # of one processor, that idle servers may use
QUIET_AT_MOST = 3


class Failed(Exception):
    """What went wrong, for a person."""


def interrupted(number, frame):
    raise Failed("out of time" if number == signal.SIGALRM else "interrupted")


def fail_after(seconds):
    """So late, or at a signal that ends programs, Failed is raised; 0: never."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, interrupted)
    signal.alarm(seconds)


def wait_until(seconds, what, ready):
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def call(command, **options):
    """Run to the end, return what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        text = (done.stderr + done.stdout).strip()
        raise Failed(f"{command[0]} exited with {done.returncode}: {text[-2000:]}")
    return done.stdout


def free_network():
    """A socket that holds 127.79.N for as long as it lives, and that prefix."""
    for n in range(1, 255):
        s = socket.socket()
        try:
            s.bind((f"127.79.{n}.254", 1079))
            return s, f"127.79.{n}"
        except OSError:
            s.close()
    raise Failed("no 127.79.N.0/24 is free")


def as_user(user, *command):
    """Servers that will not run as root get a user who may yet reach and read everything here."""
    if os.geteuid():
        return list(command)
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups",
            "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", *command]


def give(path, user):
    if not os.geteuid():
        shutil.chown(path, user, user)


def stat_of(pid, fields=4):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        values = f.read().rsplit(")", 1)[1].split()
    # utime, stime, and those of children that were waited for
    return sum(int(x) for x in values[11:11 + fields])


def dirtied_by(pid):
    with open(f"/proc/{pid}/io", encoding="ascii") as f:
        for line in f:
            if line.startswith("write_bytes:"):
                return int(line.split()[1])
    return 0


def memory_of(pid):
    """Anonymous memory in bytes."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("RssAnon:"))


def thread_cpu_us(pid):
    """Processor time of the first thread alone."""
    return stat_of(f"{pid}/task/{pid}", 2) * TICK_US


def files_under(folder):
    return sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)


def drop_caches(files):
    """What lies on the disk is no longer in memory as well. False if some may be."""
    for path in files:
        fd = os.open(path, os.O_RDONLY)
        os.fdatasync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)
    try:
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as f:
            f.write("3")
    except OSError:
        return False
    return True


def device_of(path):
    """File that counts what the disk under @path was given, None if there is none."""
    dev = os.stat(path).st_dev
    stat = f"/sys/dev/block/{os.major(dev)}:{os.minor(dev)}/stat"
    return stat if os.path.exists(stat) else None


def sectors_written(stat):
    with open(stat, encoding="ascii") as f:
        return int(f.read().split()[6]) * 512


def family(pid):
    """A process and all below it."""
    yield pid
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
                children = f.read().split()
            for child in children:
                yield from family(int(child))
    except OSError:
        return


class Usage:
    """Processor time of processes with all their children so far, and what the disk wrote.

    @dirtied is what the processes wrote by /proc/PID/io. Kernels that keep large pieces of a file
    together count a whole piece, up to megabytes, for each write of a few bytes into it, so it is
    no measure of the disk's work; @written is, if nobody else uses the disk.
    """

    def __init__(self, pids, device=None):
        self.cpu_us = self.dirtied = 0
        for root in pids:
            for pid in family(root):
                try:
                    self.cpu_us += stat_of(pid) * TICK_US
                    self.dirtied += dirtied_by(pid)
                except OSError:
                    if pid == root:
                        raise Failed(f"server {pid} is gone") from None
        self.written = sectors_written(device) if device else self.dirtied


def wait_quiet(pids):
    """Until what was put off is done: the work of a point belongs to that point."""
    deadline = time.monotonic() + QUIET_AT_MOST
    before = Usage(pids)
    while time.monotonic() < deadline:
        time.sleep(QUIET_SECONDS)
        now = Usage(pids)
        if now.cpu_us - before.cpu_us <= QUIET_SHARE * QUIET_SECONDS * 1e6:
            return
        before = now


class Servers:
    """Processes of one system, in the order of their start."""

    def __init__(self):
        self.running = []

    def start(self, command, log, **options):
        with open(log, "ab") as out:
            p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                 start_new_session=True, **options)
        self.running.append((p, log))
        return p

    def pids(self):
        for p, log in self.running:
            if p.poll() is not None:
                with open(log, encoding="utf-8", errors="replace") as f:
                    raise Failed(f"{p.args[0]} ended: {f.read()[-1500:]}")
        return [p.pid for p, _ in self.running]

    def stop(self, how=signal.SIGTERM):
        for p, _ in reversed(self.running):
            if p.poll() is None:
                p.send_signal(how)
        for p, _ in reversed(self.running):
            try:
                p.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
                p.wait()
        self.running.clear()
