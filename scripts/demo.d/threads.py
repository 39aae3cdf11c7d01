"""Runs inside gdb: a program with threads, one of whose variables is watched.

Needs COTRACE_DEMO_SERVER (HOST:PORT) and COTRACE_DEMO_PROGRAM.
"""

import os

import gdb


def say(text):
    print("demo: " + text, flush=True)


def main():
    for setting in ("pagination off", "confirm off", "width 0", "sysroot /", "debuginfod enabled off"):
        gdb.execute("set " + setting)
    program = os.environ["COTRACE_DEMO_PROGRAM"]
    gdb.execute("target extended-remote " + os.environ["COTRACE_DEMO_SERVER"], to_string=True)
    gdb.execute(f"file {program}", to_string=True)
    gdb.execute(f"set remote exec-file {program}", to_string=True)
    gdb.execute("set args 3 2")
    gdb.execute("tbreak main", to_string=True)
    gdb.execute("run", to_string=True)
    gdb.execute("watch shared_total", to_string=True)
    codes = []
    gdb.events.exited.connect(lambda event: codes.append(getattr(event, "exit_code", None)))
    while True:
        gdb.execute("continue", to_string=True)
        if codes:
            break
        thread = gdb.selected_thread()
        total = int(gdb.parse_and_eval("shared_total"))
        say(f"thread {thread.num} (id {thread.ptid[1]}) stopped by the watchpoint: it made shared_total {total}")
    say(f"watch_threads ended: exit code {codes[0]}")


try:
    main()
except (gdb.error, KeyError, OSError) as error:
    say(f"FAILED: {error!r}")
