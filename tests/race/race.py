#!/usr/bin/python3
"""Repeats race scenarios against the server and counts failures: race.py [-n TOTAL] [--only WORD].

The first half of the runs has the machine to itself; during the second, stress-ng loads both cores. Each run has its own server and its own
programs, ended by their ids; a run that takes longer than its limit is a failure. A failed run's logs are kept, and named.

COTRACE_GDBSERVER names the server, COTRACE_PROGRAMS the tracees.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "gdb"), HERE]

import scenarios_race  # noqa: E402
from harness import ALL_STOP_EXTENDED, Bench, Failure  # noqa: E402

LIMIT_SECONDS = 60
LOAD_WORKERS = 2


def on_alarm(_number, _frame):
    raise Failure(f"the run took more than {LIMIT_SECONDS} s")


def run_once(function, seed):
    """None, or why it failed. The folder of a failed run stays."""
    bench = Bench(ALL_STOP_EXTENDED)
    signal.alarm(LIMIT_SECONDS)
    try:
        function(bench, random.Random(seed))
    except Exception:  # anything at all is a failed run
        signal.alarm(0)
        return f"seed {seed}, logs in {bench.directory}\n{traceback.format_exc()}"
    finally:
        signal.alarm(0)
        bench.close()
    shutil.rmtree(bench.directory, ignore_errors=True)
    return None


class Load:
    """stress-ng on both cores, for as long as this lives."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "stress-ng", "--quiet", "--cpu", str(LOAD_WORKERS), "--timeout", "6h"], start_new_session=True
        )

    def end(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


def run_half(names, runs, loaded, first_seed, results):
    load = Load() if loaded else None
    try:
        for i in range(runs):
            name = names[i % len(names)]
            started = time.monotonic()
            why = run_once(scenarios_race.SCENARIOS[name], first_seed + i)
            count, failures, seconds = results.setdefault(name, [0, 0, 0.0])
            results[name] = [count + 1, failures + (why is not None), seconds + time.monotonic() - started]
            if why:
                print(f"FAIL {name}{' under load' if loaded else ''}: {why}", flush=True)
    finally:
        if load:
            load.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=100, help="runs in all")
    parser.add_argument("--only", default="", help="only scenarios whose name matches this")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    names = [name for name in sorted(scenarios_race.SCENARIOS) if re.search(options.only, name)]
    if options.list or not names:
        print("\n".join(names))
        return 0 if names else 2
    signal.signal(signal.SIGALRM, on_alarm)
    results = {}
    half = (options.n + 1) // 2
    started = time.monotonic()
    run_half(names, half, False, options.seed, results)
    run_half(names, options.n - half, True, options.seed + half, results)
    print(f"{'scenario':<44}{'runs':>8}{'failed':>8}{'s a run':>10}")
    for name in sorted(results):
        runs, failures, seconds = results[name]
        print(f"{name:<44}{runs:>8}{failures:>8}{seconds / runs:>10.2f}")
    failed = sum(one[1] for one in results.values())
    print(f"{sum(one[0] for one in results.values())} runs, {failed} failed, {time.monotonic() - started:.0f} s, half of them under load")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
