"""Runs a program under strace and under the driver, and reads both logs."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

STRACE = "/usr/bin/strace"


def record(tool, program, options=(), cwd=None):
    """(lines, exit status) of the log that `tool` (a command line) writes of `program`. Addresses are the same on each run: the
    driver switches randomization off, so it is off for strace too."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        randomized = ["setarch", "-R"] if tool[0] == STRACE else []
        done = subprocess.run([*randomized, *tool, *options, "-o", log, *program], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, cwd=cwd,
                              env={**os.environ, "LC_ALL": "C.UTF-8"})
        return log.read_text(errors="replace").splitlines(), done.returncode


def joined(lines):
    """{pid: its lines, those that were broken off put together again}, in the order in which the processes appear."""
    processes, open_calls = {}, {}
    for line in lines:
        pid, text = re.fullmatch(r"(\d+) +(.*)", line).groups()
        if text.endswith(" <unfinished ...>"):
            open_calls[pid] = text.removesuffix(" <unfinished ...>")
            if open_calls[pid].startswith("exit"):
                processes.setdefault(pid, []).append(open_calls.pop(pid) + ") = ?")
            continue
        if superseded := re.search(r"superseded by execve in pid (\d+)", text):
            # The thread that called execve goes on under this id.
            open_calls[pid] = open_calls.pop(superseded.group(1))
        if resumed := re.match(r"<\.\.\. (\w+) resumed>", text):
            if resumed.group(1) in ("exit", "exit_group"):
                continue
            text = open_calls.pop(pid) + text[resumed.end():]
        processes.setdefault(pid, []).append(re.sub(r"\) +=", ") =", text))
    return processes


# What differs from run to run although nothing has changed: ids, clocks, random bytes, the order of file systems' numbers.
VARYING = [
    (r"/\* \d+ vars \*/", "/* VARS */"),
    (r"0x[0-9a-f]{6,16}", "ADDRESS"),
    (r"\{tv_sec=\d+, tv_[nu]sec=\d+\}", "{TIME}"),
    (r"sysinfo\(.*\)", "sysinfo({LOAD})"),
    (r'getrandom\("[^"]*"', 'getrandom("BYTES"'),
    (r"si_[us]time=\d+( /\* [^*]* \*/)?", "si_time"),
]


def normal(line, pids):
    for pattern, text in VARYING:
        line = re.sub(pattern, text, line)
    # Of equal length or not, an id is a number of the processes that were seen.
    return re.sub(r"\b\d+\b", lambda number: "PID" if number.group() in pids else number.group(), line)
