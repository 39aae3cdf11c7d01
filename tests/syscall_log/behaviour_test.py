#!/usr/bin/python3
"""What the system-call log does that a comparison with strace does not show.

    behaviour_test.py DRIVER PROGRAMS [TEST...]
"""

import re
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from support import joined, record

DRIVER = sys.argv[1] if len(sys.argv) > 2 else ""
PROGRAMS = Path(sys.argv[2]) if len(sys.argv) > 2 else Path()


def log_of(program, *options):
    return record([DRIVER], program, options)


class Behaviour(unittest.TestCase):
    def test_a_slow_reader_loses_no_line(self):
        wide, _ = log_of([PROGRAMS / "syscalls", "50", "3"], "-f")
        narrow, status = log_of([PROGRAMS / "syscalls", "50", "3"], "-f", "--narrow")
        self.assertEqual(status, 0)
        for lines in (wide, narrow):
            whole = [line for process in joined(lines).values() for line in process]
            self.assertEqual(sum(line.startswith("getppid(") for line in whole), 4 * 50)
            self.assertEqual(sum("EBADF" in line for line in whole), 4 * 50)
            self.assertEqual(sum("+++ exited" in line for line in whole), 4)

    def test_the_programs_status_is_the_jobs(self):
        self.assertEqual(log_of(["/bin/sh", "-c", "exit 7"])[1], 7)
        self.assertEqual(log_of(["/bin/sh", "-c", "kill -9 $$"], "-f")[1], 128 + signal.SIGKILL)

    def test_a_program_that_is_not_there(self):
        done = subprocess.run([DRIVER, "/no/such/program"], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 127)
        self.assertIn("No such file or directory", done.stderr)
        self.assertNotIn("execve(", done.stderr)

    def test_a_call_that_is_not_known_is_named(self):
        for expression, word in (("trace=openat,nonsense", "nonsense"), ("%nothing", "%nothing"), ("signal=FOO", "FOO"),
                                 ("status=odd", "odd"), ("colour=red", "colour"), ("/(", "(")):
            done = subprocess.run([DRIVER, "-e", expression, "/bin/true"], capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"'{word}'", done.stderr)

    def test_what_is_filtered_out_is_not_there(self):
        lines, _ = log_of(["/bin/cat", "/etc/passwd"], "-e", "trace=!%memory,%desc", "-e", "signal=none")
        names = {line.split("(")[0] for line in lines if "(" in line}
        self.assertIn("arch_prctl", names)
        self.assertFalse(names & {"mmap", "brk", "read", "openat", "close"})
        lines, _ = log_of(["/bin/cat", "/no/such/file"], "-Z", "-e", "%file")
        calls = lines[:-1]
        self.assertTrue(calls and all(" = -1 E" in line for line in calls))

    def test_counts(self):
        lines, _ = log_of([PROGRAMS / "syscalls", "40"], "-c")
        self.assertRegex(lines[0], r"^% time +seconds +usecs/call +calls +errors syscall$")
        rows = {line.split()[-1]: line.split() for line in lines[2:]}
        self.assertEqual(rows["getppid"][3], "40")
        self.assertEqual(rows["write"][3:5], ["41", "40"])
        self.assertEqual(int(rows["total"][3]), sum(int(row[3]) for name, row in rows.items() if name.isidentifier() and name != "total"))

    def test_times(self):
        lines, _ = log_of(["/bin/true"], "-T", "-tt")
        self.assertTrue(all(re.match(r"\d\d:\d\d:\d\d\.\d{6} ", line) for line in lines))
        self.assertRegex(lines[1], r" <\d+\.\d{6}>$")
        self.assertRegex(log_of(["/bin/true"], "-r")[0][1], r"^ {5}0\.\d{6} brk\(NULL\)")

    def test_the_stack_stands_below_each_call(self):
        lines, _ = log_of(["/bin/true"], "-k", "-e", "trace=brk")
        calls = [i for i, line in enumerate(lines) if line.startswith("brk(")]
        self.assertTrue(calls)
        self.assertTrue(all(lines[i + 1].startswith(" > stack of ") for i in calls))

    def attached(self, program, *options):
        """A program that waits for its stdin, and the driver that has joined it."""
        child = subprocess.Popen([str(word) for word in program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertTrue(child.stdout.readline().startswith("ready"))
        driver = subprocess.Popen([DRIVER, *options, "-p", str(child.pid)], stderr=subprocess.PIPE, text=True)
        self.addCleanup(child.stdout.close)
        self.addCleanup(driver.stderr.close)
        return child, driver

    def read_until(self, driver, wanted):
        seen = ""
        while wanted not in seen:
            piece = driver.stderr.read(1)
            self.assertTrue(piece, f"'{wanted}' is not in: {seen}")
            seen += piece
        return seen

    def test_joining_a_process_and_leaving_it(self):
        child, driver = self.attached([PROGRAMS / "syscalls", "2", "0", "wait"])
        # The call that it sleeps in is begun anew.
        before = self.read_until(driver, "read(0, ")
        self.assertIn(f"Process {child.pid} attached", before)
        driver.send_signal(signal.SIGINT)
        rest = driver.stderr.read()
        self.assertIn(" <detached ...>", rest)
        self.assertIn(f"Process {child.pid} detached", rest)
        self.assertEqual(driver.wait(30), 0)
        child.stdin.close()
        self.assertEqual(child.wait(30), 0)

    def test_joining_a_process_up_to_its_end(self):
        child, driver = self.attached([PROGRAMS / "syscalls", "2", "2", "wait"], "-f")
        self.read_until(driver, "read(0, ")
        child.stdin.close()
        rest = driver.stderr.read()
        self.assertEqual(driver.wait(30), 0)
        self.assertEqual(child.wait(30), 0)
        self.assertEqual(rest.count("getppid("), 6)
        self.assertIn("[pid ", rest)
        self.assertEqual(rest.count("+++ exited with 0 +++"), 3)

    def test_killed_within_a_call(self):
        child, driver = self.attached([PROGRAMS / "syscalls", "2", "0", "wait"])
        self.read_until(driver, "read(0, ")
        child.kill()
        rest = driver.stderr.read()
        self.assertIn(" <unfinished ...>) = ?\n+++ killed by SIGKILL +++\n", rest.replace("   ", "").replace("  =", " ="))
        driver.wait(30)
        child.wait(30)
        child.stdin.close()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
