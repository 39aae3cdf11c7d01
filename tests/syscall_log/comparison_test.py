#!/usr/bin/python3
"""The system-call log beside strace: the same programs, the same lines.

    comparison_test.py DRIVER PROGRAMS [TEST...]
"""

import difflib
import re
import sys
import tempfile
import unittest
from pathlib import Path

from support import STRACE, joined, normal, record

DRIVER = sys.argv[1] if len(sys.argv) > 2 else ""
PROGRAMS = Path(sys.argv[2]) if len(sys.argv) > 2 else Path()
PYTHON = "/usr/bin/python3"


class Beside(unittest.TestCase):
    maxDiff = None

    def both(self, program, options=("-f",), cwd=None):
        """[(strace's process, ours)], each a list of lines, in the order in which they came to be."""
        logs = [joined(record(tool, program, options, cwd)[0]) for tool in ([STRACE], [DRIVER])]
        # An id may happen to be the size of a mapping; so what is an id in one log is taken for one in the other.
        pids = {pid for log in logs for pid in log}
        out = [[[normal(line, pids) for line in lines] for lines in log.values()] for log in logs]
        self.assertEqual(len(out[0]), len(out[1]), "as many tasks")
        return list(zip(*out))

    def expect_equal(self, pairs, key=lambda line: line):
        for theirs, ours in pairs:
            theirs, ours = [key(line) for line in theirs], [key(line) for line in ours]
            if theirs != ours:
                self.fail("\n".join(difflib.unified_diff(theirs, ours, "strace", "cotrace", lineterm="", n=1)))

    def without_signals(self, pairs):
        """A signal comes when its sender is ready, before this call or after it, and cuts short what it finds."""
        def calls(lines):
            return [line for line in lines if not re.match(r"---|rt_sigreturn|restart_syscall", line) and "ERESTART" not in line]
        return [(calls(theirs), calls(ours)) for theirs, ours in pairs]

    def after_exec(self, lines):
        """From its last exec on; empty without one."""
        return next((lines[i:] for i in reversed(range(len(lines))) if lines[i].startswith("execve(")), [])

    def test_every_line_of_ls(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("one", "two", "três"):
                (Path(folder) / name).write_text(name)
            pairs = self.both(["/usr/bin/ls", "-l", folder])
        self.assertGreater(len(pairs[0][0]), 100)
        self.expect_equal(pairs)

    def test_every_line_of_ls_unabbreviated(self):
        pairs = self.both(["/usr/bin/ls", "-ld", "/usr/bin/ls"], ("-f", "-v", "-s", "100"))
        # The environments differ: the driver's own has no _ of its own making.
        self.expect_equal([(theirs[1:], ours[1:]) for theirs, ours in pairs])

    def test_every_line_of_python(self):
        self.expect_equal(self.both([PYTHON, "-S", "-c", "print(1)"]))

    def test_descriptors_with_their_paths(self):
        self.expect_equal(self.both(["/usr/bin/cat", "/etc/passwd"], ("-f", "-y", "-e", "trace=openat,read,close,newfstatat,write")))

    def test_what_each_process_of_a_pipeline_calls(self):
        def shape(line):
            return re.sub(r"\(.*\) = ", " = ", line)
        pairs = self.both(["/bin/bash", "-c", "/usr/bin/printf 'b\\na\\n' | /usr/bin/sort | /usr/bin/head -1"])
        self.assertEqual(len(pairs), 4)
        # When its children end the shell notices now here, now there; and which of them comes first is chance. They are known by what
        # they execute.
        theirs, ours = [sorted((self.after_exec(lines) for lines in side[1:]), key=lambda lines: lines[0])
                        for side in zip(*self.without_signals(pairs))]
        self.assertEqual([lines[0].split('"')[1] for lines in ours], ["/usr/bin/head", "/usr/bin/printf", "/usr/bin/sort"])
        self.expect_equal(list(zip(theirs, ours)), shape)

    def test_what_a_compiler_and_its_children_call(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "hello.c").write_text("int main(void) { return 0; }\n")
            pairs = self.both(["/usr/bin/gcc", "-pipe", "-S", "-o", "/dev/null", "hello.c"], cwd=folder)
        self.assertGreaterEqual(len(pairs), 2)

        def name_and_outcome(line):
            return re.sub(r"\(.*\) = (-1 \w+|\?|\d|).*", r" = \1", line)
        self.expect_equal(self.without_signals(pairs), name_and_outcome)

    def test_signals_and_ends(self):
        program = """
import os, signal
signal.signal(signal.SIGUSR1, lambda *_: None)
os.kill(os.getpid(), signal.SIGUSR1)
os.kill(os.getpid(), signal.SIGWINCH)
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
os.wait()
os._exit(3)
"""
        pairs = self.both([PYTHON, "-S", "-c", program], ("-f", "-e", "trace=kill,wait4,exit_group,rt_sigreturn"))
        self.assertTrue(any("+++ killed by SIGTERM +++" in line for _, ours in pairs for line in ours))
        self.expect_equal([(sorted(theirs), sorted(ours)) for theirs, ours in pairs])

    def test_threads_and_an_exec_that_replaces_them(self):
        pairs = self.both([PROGRAMS / "exec_thread"])

        def stable(lines):
            # Which thread comes first, who waits for whom and how far each gets, is chance; the program after the exec is not.
            at = next(i for i, line in enumerate(lines) if "superseded" in line)
            return [line for line in lines[at:] if not line.startswith(("futex", "pause"))]
        mains = [(theirs, ours) for theirs, ours in pairs if any("superseded" in line for line in theirs)]
        self.assertEqual(len(mains), 1)
        theirs, ours = mains[0]
        self.expect_equal([(stable(theirs), stable(ours))])

    def test_sockets(self):
        program = """
import socket, os, select
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", 0)); s.listen(5)
c = socket.socket(); c.connect(s.getsockname()); d, who = s.accept(); c.send(b"hello"); d.recv(100); d.getsockopt(6, 1)
a, b = socket.socketpair(); a.sendmsg([b"x"], [(1, 1, b"\\0\\0\\0\\0")]); b.recvmsg(10, 100); c.shutdown(1)
p = select.poll(); p.register(a, 5); p.poll(0); e = select.epoll(); e.register(a, 5); e.poll(0); select.select([], [a], [], 0)
u = socket.socket(socket.AF_UNIX); u.bind("\\0cotrace-test-%07d" % os.getpid())
try: socket.socket(socket.AF_INET6).connect(("::1", 9))
except OSError: pass
"""
        pairs = self.both([PYTHON, "-S", "-c", program], ("-f", "-e", "trace=%network,poll,epoll_ctl,epoll_wait,pselect6"))

        def without_ports(line):
            line = re.sub(r"htons\(\d{4,}\)", "htons(PORT)", line)
            line = re.sub(r"cotrace-test-\w+", "NAME", line)
            return re.sub(r"u64=\d+", "u64", line)
        self.assertGreater(len(pairs[0][0]), 25)
        self.expect_equal(pairs, without_ports)

    def test_a_program_of_32_bits_has_the_names_of_its_own_table(self):
        pairs = self.both([PROGRAMS / "syscalls_32", "3"])

        def name(line):
            return re.sub(r"^\[[^]]*\] *", "", line).split("(")[0]
        self.expect_equal([([line for line in theirs if "[ Process PID=" not in line and "runs in" not in line], ours)
                           for theirs, ours in pairs], name)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
