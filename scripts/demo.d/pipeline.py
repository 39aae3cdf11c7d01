"""Runs inside gdb: the pipeline. Follows every process, stops in sort at write(2) of libc, lets all finish.

Needs COTRACE_DEMO_SERVER (HOST:PORT) and COTRACE_DEMO_COMMAND. Each line that the demo is to show begins with "demo: ".
"""

import os

import gdb

LIBRARY_FUNCTION = "write"
names = {}
ended = {}


def say(text):
    print("demo: " + text, flush=True)


def on_exit(event):
    process = names.get(event.inferior.num, "sh")
    code = getattr(event, "exit_code", None)
    ended[process] = "killed by a signal" if code is None else f"exit code {code}"


def parent_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def live_inferiors():
    return [one for one in gdb.inferiors() if one.pid != 0]


def note_exec(inferior):
    """The process is at the first instruction of a new program; what sort writes is to be looked at."""
    name = os.path.basename(inferior.progspace.filename)
    names[inferior.num] = name
    say(f"{name} was exec'ed in process {inferior.pid}, a child of {parent_of(inferior.pid)}")
    if name == "sort":
        gdb.execute(f"break {LIBRARY_FUNCTION} thread {inferior.num}.1", to_string=True)


def note_write(inferior):
    """Stopped in the library; once is enough."""
    shell = parent_of(parent_of(inferior.pid))
    say(f"{names[inferior.num]} stopped in {LIBRARY_FUNCTION}() of libc; it is a grandchild of the shell {shell}; its stack:")
    for line in gdb.execute("backtrace 3", to_string=True).splitlines():
        if line.startswith("#"):
            say("  " + line[:140])
    gdb.execute("delete", to_string=True)
    gdb.execute("catch exec", to_string=True)


def look():
    inferior = gdb.selected_inferior()
    if inferior.pid == 0:
        return
    function = gdb.newest_frame().name()
    if function == "_start" and names.get(inferior.num) != os.path.basename(inferior.progspace.filename):
        note_exec(inferior)
    elif function and LIBRARY_FUNCTION in function and names.get(inferior.num) == "sort":
        note_write(inferior)


def choose():
    """`continue` wants a live process to be selected. One whose end is only about to be told may have no frame to show any more."""
    for inferior in live_inferiors():
        try:
            gdb.execute(f"inferior {inferior.num}", to_string=True)
            return
        except gdb.error:
            continue


def main():
    for setting in (
        "pagination off", "confirm off", "width 0", "sysroot /", "debuginfod enabled off", "breakpoint pending on",
        "detach-on-fork off", "schedule-multiple on", "print thread-events off",
    ):  # fmt: skip
        gdb.execute("set " + setting)
    gdb.execute("handle SIGPIPE SIGCHLD nostop noprint pass", to_string=True)
    gdb.execute("target extended-remote " + os.environ["COTRACE_DEMO_SERVER"], to_string=True)
    gdb.execute("file /bin/sh", to_string=True)
    gdb.execute("set remote exec-file /bin/sh", to_string=True)
    gdb.execute(f"set args -c '{os.environ['COTRACE_DEMO_COMMAND']}'")
    gdb.events.exited.connect(on_exit)
    gdb.execute("catch exec", to_string=True)
    gdb.execute("run", to_string=True)
    names[1] = "sh"
    while live_inferiors():
        look()
        if gdb.selected_inferior().pid == 0:
            choose()
        gdb.execute("continue", to_string=True)
    for process in ("find", "sort", "head", "sh"):
        say(f"{process} ended: {ended.get(process, 'not seen')}")


try:
    main()
except (gdb.error, KeyError, OSError) as error:
    say(f"FAILED: {error!r}")
