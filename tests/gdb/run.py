#!/usr/bin/python3
"""Runs scenarios of real gdb against a server: run.py --list, run.py NAME...

A scenario that takes longer than its limit, or fails, prints what it wanted and the ends of all logs, and exits with 1. All processes of a
scenario are its own children and are ended by their ids.
"""

import argparse
import importlib
import os
import shutil
import signal
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import harness  # noqa: E402

LIMIT_SECONDS = 100


def load():
    for name in sorted(os.listdir(os.path.join(HERE, "scenarios"))):
        if name.endswith(".py"):
            importlib.import_module("scenarios." + name[:-3])


def on_alarm(_number, _frame):
    raise harness.Failure(f"the scenario took more than {LIMIT_SECONDS} s")


def run_one(name):
    function, mode = harness.SCENARIOS[name]
    bench = harness.Bench(mode)
    signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(LIMIT_SECONDS)
    started = harness.now()
    failed = False
    try:
        function(bench)
    except Exception:  # whatever went wrong in it, the children must be ended and the logs shown
        failed = True
        print(f"FAIL {name}\n{traceback.format_exc()}")
    finally:
        signal.alarm(0)
        bench.close()
    if failed:
        bench.show_logs(sys.stdout)
    else:
        print(f"ok   {name} ({harness.now() - started:.1f} s)")
    shutil.rmtree(bench.directory, ignore_errors=True)
    sys.stdout.flush()
    return not failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print the names and do nothing")
    parser.add_argument("--match", default="", help="run all whose name contains this")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    load()
    if options.list:
        print("\n".join(sorted(harness.SCENARIOS)))
        return 0
    names = options.names or [name for name in sorted(harness.SCENARIOS) if options.match in name]
    unknown = [name for name in names if name not in harness.SCENARIOS]
    if unknown or not names:
        print("no such scenario:", *unknown)
        return 2
    results = [run_one(name) for name in names]
    if len(results) > 1:
        print(f"{results.count(True)} of {len(results)} passed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
