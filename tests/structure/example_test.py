#!/usr/bin/python3
"""Whether the examples do what they say they do.

    example_test.py SIGNAL_LOG CRASH_CATCHER FAULT_INJECTOR FOLDER_OF_PROGRAMS
"""

import re
import subprocess
import sys
from pathlib import Path

# Makes processes in several ways and ends them in several ways; both shells that kill themselves are children.
FAMILY = """trap 'echo handled' USR1
kill -USR1 $$
(exit 3)
sh -c 'kill -SEGV $$'
sh -c 'kill -KILL $$'
exec /bin/echo done
"""


def require(good, what, lines):
    print(f"{'ok' if good else 'NOT OK'}: {what}", flush=True)
    if not good:
        sys.exit("signal_log wrote:\n" + "\n".join(lines))


def traced(signal_log, *command):
    """(exit status, standard output, [lines of the log])"""
    done = subprocess.run([str(word) for word in (signal_log, *command)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60)
    # The shell writes there, too, of its children that were killed.
    lines = [line for line in done.stderr.splitlines() if re.match(r"\d+(/\d+)? \w", line)]
    return done.returncode, done.stdout, lines


def of(lines, who):
    return [line.split(" ", 1)[1] for line in lines if line.split(" ", 1)[0] == who]


def check_family(signal_log):
    code, output, lines = traced(signal_log, "/bin/sh", "-c", FAMILY)
    require(code == 0 and output == "handled\ndone\n", "the program runs as without a tracer", lines)
    require(lines, "there is a log", lines)
    first = lines[0].split()[0]
    own = of(lines, first)
    require(own[0].startswith("exec /"), "the program begins with its exec", lines)
    require(f"signal USR1 from {first}" in own, "a signal that the program sends itself, and who sent it", lines)
    require(re.fullmatch(r"exec /\S*echo", own[-2]) and own[-1] == "exited 0", "an exec in the middle, the end last", lines)
    children = re.findall(rf"^{first} made (\d+), v?fork$", "\n".join(lines), re.M)
    require(len(children) == 3, "three children", lines)
    for child in children:
        require(of(lines, child)[0].startswith("begins, "), f"{child} is followed from its beginning", lines)
    require(of(lines, children[0])[1:] == ["exited 3"], "a child that ends with 3", lines)
    crash = of(lines, children[1])[-3:]
    require(crash[0] == f"signal SEGV from {children[1]}" and re.fullmatch(r"SEGV ends it at /\S+\+0x[0-9a-f]+", crash[1])
            and crash[2] == "killed by SEGV", "a crash: the signal, the place, the end, in this order", lines)
    require(of(lines, children[2])[-1] == "killed by KILL", "SIGKILL", lines)
    require(sum(line == "signal CHLD" for line in own) == 3, "one SIGCHLD a child", lines)


def check_threads(signal_log, programs):
    code, output, lines = traced(signal_log, programs / "exec_thread")
    require(code == 42 and output == "exec_thread done\n", "the exit code is the program's", lines)
    execs = [line for line in lines if " exec " in line]
    require(len(execs) >= 2 and len({line.split()[0] for line in execs}) == 1, "a thread that execs becomes the leader",
            lines)
    require(any(re.match(r"\d+/\d+ begins, thread$", line) for line in lines), "threads begin", lines)
    require(lines[-1].endswith(" exited 42"), "the end is the last line", lines)


def check_failure(signal_log):
    code, _, lines = traced(signal_log, "/nonexistent")
    require(code == 127 and lines[-1].endswith("is it there, and executable?"), "a program that is not there", lines)


def ran(*command):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr.splitlines()


def check_crash_catcher(crash_catcher, programs):
    code, output, lines = ran(crash_catcher, "/bin/sh", "-c", f"{programs}/crashes null 0; kill -TERM $$; echo not here")
    caught = [line for line in lines if "Segmentation fault at 0x" in line]
    require(len(caught) == 1 and caught[0].endswith("address (nil)"), "a crash of a child: the signal, the place", lines)
    require(not any("Terminated at" in line for line in lines), "a signal that dumps no core is no crash", lines)
    require(code == 128 + 15 and output == "", "the end is the program's", lines)


def check_fault_injector(fault_injector):
    script = "for n in 1 2 3 4; do cat /proc/self/comm 2>&1; done; exit 6"
    code, output, lines = ran(fault_injector, 3, "/proc/self/comm", "/bin/sh", "-c", script)
    require(code == 6 and output.splitlines() == ["cat", "cat", "cat: /proc/self/comm: Input/output error", "cat"],
            "the third open fails, the others do not", output.splitlines() + lines)
    code, output, lines = ran(fault_injector, 9, "/proc/self/comm", "/bin/sh", "-c", script)
    require(code == 6 and output.splitlines() == ["cat"] * 4, "one that never comes fails nothing", output.splitlines() + lines)


def check(signal_log, crash_catcher, fault_injector, programs):
    check_family(signal_log)
    check_threads(signal_log, programs)
    check_failure(signal_log)
    check_crash_catcher(crash_catcher, programs)
    check_fault_injector(fault_injector)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    check(*map(Path, sys.argv[1:]))
