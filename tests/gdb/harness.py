"""Starts a server and gdb, drives gdb by its machine interface, and keeps the logs.

A scenario is a function that gets a Bench. It is written once and run in each mode it names: all-stop or non-stop, `target remote` or
`target extended-remote`. COTRACE_GDBSERVER names the server (any gdbserver will do), COTRACE_PROGRAMS the folder of the tracees.
"""

import os
import queue
import re
import tempfile
import threading
import time
from dataclasses import dataclass

import mi
from process import Child, Failure, Output, code_of, status_of, threads_of, wait_until  # noqa: F401  (for the scenarios)

SCENARIOS = {}
STOP_TIMEOUT = 30


@dataclass(frozen=True)
class Mode:
    non_stop: bool
    extended: bool

    def __str__(self):
        return ("non_stop" if self.non_stop else "all_stop") + ("_extended" if self.extended else "_remote")


ALL_STOP_EXTENDED = Mode(False, True)
NON_STOP_EXTENDED = Mode(True, True)
ALL_STOP_REMOTE = Mode(False, False)
NON_STOP_REMOTE = Mode(True, False)
EXTENDED = (ALL_STOP_EXTENDED, NON_STOP_EXTENDED)
ALL_STOP = (ALL_STOP_EXTENDED, ALL_STOP_REMOTE)
ATTACH_MODES = (ALL_STOP_EXTENDED, NON_STOP_EXTENDED, ALL_STOP_REMOTE)
EVERY_MODE = (ALL_STOP_EXTENDED, NON_STOP_EXTENDED, ALL_STOP_REMOTE, NON_STOP_REMOTE)


def scenario(modes):
    """Registers a function under its name, once for each mode."""

    def register(function):
        for mode in modes:
            SCENARIOS[f"{function.__name__}.{mode}"] = (function, mode)
        return function

    return register


def check(condition, what):
    if not condition:
        raise Failure(what)


def check_equal(got, wanted, what):
    if got != wanted:
        raise Failure(f"{what}: got {got!r}, wanted {wanted!r}")


def check_match(pattern, text, what):
    found = re.search(pattern, text, re.M | re.S)
    if not found:
        raise Failure(f"{what}: no {pattern!r} in {text!r}")
    return found


class Server:
    """A running gdbserver; its port is known when the constructor returns."""

    def __init__(self, bench, name, arguments, environment=None):
        self.bench = bench
        self.child = bench.child(name, [bench.server_path, *arguments], env=environment)
        self.port = int(self.child.err.wait_for(r"Listening on port (\d+)").group(1))

    @property
    def pid(self):
        return self.child.pid

    @property
    def program_output(self):
        return self.child.out

    def created_pid(self):
        return int(self.child.err.wait_for(r"created; pid = (\d+)").group(1))


class Gdb:
    """gdb with its machine interface. Commands are those of the command line; stops are taken from a queue."""

    SETTINGS = (
        "set confirm off",
        "set pagination off",
        "set width 0",
        "set height 0",
        "set debuginfod enabled off",
        "set auto-load safe-path /",
        "set print thread-events off",
        "set remotetimeout 20",
    )

    def __init__(self, bench, name, mode, sysroot="/"):
        self.mode = mode
        environment = dict(os.environ, HOME=bench.directory, LC_ALL="C")
        self.child = bench.child(name, ["gdb", "-nx", "-q", "--interpreter=mi3"], env=environment)
        self._results = queue.Queue()
        self._stops = queue.Queue()
        self._other_stops = []
        self._current = None
        self._heard_of = set()
        self._console = []
        self._line_at = 0
        self._token = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        for setting in self.SETTINGS:
            self.run(setting)
        if sysroot is not None:
            self.run(f"set sysroot {sysroot}")
        self.run("set mi-async on")
        self.run(f"set non-stop {'on' if mode.non_stop else 'off'}")

    @property
    def pid(self):
        return self.child.pid

    def _read(self):
        while True:
            try:
                found = self.child.out.wait_for(r".*\n", timeout=3600, after=self._line_at)
            except Failure:
                self._results.put(None)
                self._stops.put(None)
                return
            self._line_at = found.end()
            record = mi.parse(found.group(0).rstrip("\r\n"))
            if record is None:
                continue
            if record.kind in "~@":
                self._console.append(record.text)
            elif record.kind == "^":
                self._results.put(record)
            elif (record.kind == "*" and record.name == "stopped") or (record.kind == "=" and record.name in self._heard_of):
                self._stops.put(record)

    def _next(self, source, timeout, what):
        try:
            record = source.get(timeout=timeout)
        except queue.Empty:
            raise Failure(f"gdb: no {what} within {timeout} s") from None
        if record is None:
            source.put(None)
            raise Failure(f"gdb has ended; no {what}")
        return record

    def try_command(self, command, timeout=40):
        """The result record of a command and the text it printed."""
        self._token += 1
        self._console.clear()
        self.child.write(f"{self._token}{command}\n")
        while True:
            record = self._next(self._results, timeout, f"answer to {command!r}")
            if record.token in ("", str(self._token)):
                return record, "".join(self._console)

    def run(self, command, timeout=40):
        """What a command prints. Failure if gdb says that it failed."""
        record, text = self.try_command(command, timeout)
        if record.name == "error":
            raise Failure(f"gdb: {command}: {record.values.get('msg')}")
        return text

    def fail(self, command):
        """The message of a command that must fail."""
        record, text = self.try_command(command)
        if record.name != "error":
            raise Failure(f"gdb: {command} did not fail; it printed {text!r}")
        return record.values.get("msg", "")

    def evaluate(self, expression):
        """What `print EXPRESSION` shows, as text; by the machine interface, for stops of other threads print in between."""
        quoted = expression.replace("\\", "\\\\").replace('"', '\\"')
        record, _ = self.try_command(f'-data-evaluate-expression "{quoted}"')
        if record.name == "error":
            raise Failure(f"gdb: {expression}: {record.values.get('msg')}")
        return record.values["value"]

    def number(self, expression):
        return int(self.evaluate(f"(long)({expression})"), 0)

    def wait_stop(self, timeout=STOP_TIMEOUT):
        """The values of the next *stopped record."""
        if self._other_stops:
            return self._other_stops.pop(0)
        return self._next(self._stops, timeout, "stop").values

    def hear_of(self, notification):
        """From now on wait_event() gives these notifications (=NAME) too. Not to be mixed with the other waits for stops."""
        self._heard_of.add(notification)

    def wait_event(self, timeout=STOP_TIMEOUT):
        """The record of the next stop, or of the next notification that is heard of."""
        return self._next(self._stops, timeout, "stop")

    def next_event(self, timeout):
        """The same; queue.Empty if none comes in time."""
        record = self._stops.get(timeout=timeout)
        if record is None:
            raise Failure("gdb has ended")
        return record

    def no_stop_yet(self):
        return self._stops.empty() and not self._other_stops

    def resume(self):
        """Lets run what has stopped: the current thread in non-stop, else all."""
        self.run("-exec-continue")

    def resume_all(self):
        self.run("-exec-continue --all" if self.mode.non_stop else "-exec-continue")

    def move(self, command, timeout=STOP_TIMEOUT):
        """A command that resumes and stops again (next, finish, ...): its stop."""
        mover = self._current
        self.run(command)
        while True:
            stop = self._next(self._stops, timeout, f"stop after {command!r}").values
            if not self.mode.non_stop or stop.get("thread-id", mover) == mover:
                return stop
            # In non-stop another thread may hit something meanwhile: that stop keeps for later.
            self._other_stops.append(stop)

    def interrupt(self):
        """What Ctrl-C does. (A real SIGINT to gdb is lost when it arrives before gdb waits for the program.)"""
        self.run("-exec-interrupt --all" if self.mode.non_stop else "-exec-interrupt")

    def expect_stop(self, reason, function=None, timeout=STOP_TIMEOUT):
        stop = self.wait_stop(timeout)
        check_equal(stop.get("reason"), reason, f"reason of the stop {stop}")
        if function is not None:
            check_equal(stop.get("frame", {}).get("func"), function, "function of the stop")
        self.select(stop)
        return stop

    def select(self, stop):
        """The thread of a stop becomes the current one, as all-stop does by itself."""
        if self.mode.non_stop and "thread-id" in stop:
            # Not `thread ID`, which counts the threads of each inferior by themselves.
            self.run(f"-thread-select {stop['thread-id']}")
            self._current = stop["thread-id"]

    def call(self, expression):
        """A function called in the program, by the current thread alone."""
        if self.mode.non_stop:
            return self.evaluate(expression)
        self.run("set scheduler-locking on")
        value = self.evaluate(expression)
        self.run("set scheduler-locking replay")
        return value

    def expect_exit(self, code=0, timeout=STOP_TIMEOUT):
        stop = self.wait_stop(timeout)
        if code == 0:
            check_equal(stop.get("reason"), "exited-normally", f"how the program ended: {stop}")
        else:
            check_equal(stop.get("reason"), "exited", f"how the program ended: {stop}")
            check_equal(int(stop["exit-code"], 8), code, "exit code")

    def quit(self):
        self.child.write("-gdb-exit\n")
        self.child.wait()


class Bench:
    """What one scenario has: its mode, a directory of its own, the processes it started, which do not outlive it."""

    def __init__(self, mode):
        self.mode = mode
        self.directory = tempfile.mkdtemp(prefix="cotrace-gdb-")
        self.server_path = os.path.abspath(os.environ["COTRACE_GDBSERVER"])
        self.programs = os.path.abspath(os.environ["COTRACE_PROGRAMS"])
        self._children = []
        self.gdb_settings = ()  # for every gdb, before it connects

    def path(self, program):
        return program if os.path.isabs(program) else os.path.join(self.programs, program)

    def child(self, name, arguments, **options):
        child = Child(name, arguments, self.directory, **options)
        self._children.append(child)
        return child

    def program(self, name, *arguments, ready=True):
        """A program outside the debugger; with `ready`, after its own sign that it is in the state to be looked at."""
        child = self.child(os.path.basename(name), [self.path(name), *map(str, arguments)])
        if ready:
            child.ready_pid = int(child.out.wait_for(r"^ready (\d+)").group(1))
        return child

    def server(self, *arguments, name="server"):
        return Server(self, name, [str(one) for one in arguments])

    def gdb(self, name="gdb", sysroot="/", mode=None):
        gdb = Gdb(self, name, mode or self.mode, sysroot)
        for setting in self.gdb_settings:
            gdb.run(setting)
        return gdb

    def connect(self, gdb, server, file=None):
        if file is not None:
            gdb.run(f"file {self.path(file)}")
        kind = "extended-remote" if gdb.mode.extended else "remote"
        gdb.run(f"target {kind} localhost:{server.port}")

    def debug(self, program, *arguments, sysroot="/", once=True):
        """gdb connected to a server for the program, which has not run yet; see go()."""
        once_option = ["--once"] if once else []
        gdb = self.gdb(sysroot=sysroot)
        if self.mode.extended:
            server = self.server(*once_option, "--multi", "localhost:0")
            self.connect(gdb, server, program)
            gdb.run(f"set remote exec-file {self.path(program)}")
            gdb.run("set args " + " ".join(str(one) for one in arguments))
        else:
            server = self.server(*once_option, "localhost:0", self.path(program), *arguments)
            self.connect(gdb, server, program)
            gdb.wait_stop()
        return server, gdb

    def go(self, gdb):
        """The first start of the program of debug()."""
        if self.mode.extended:
            gdb.run("run")
        else:
            gdb.resume()

    def attach(self, pid, file, settings=()):
        """gdb attached to a running process, all of whose threads are stopped when this returns. (Not for NON_STOP_REMOTE: there gdb takes
        the threads of a process that is there already for running, and never asks for their stops.)"""
        gdb = self.gdb()
        for setting in settings:
            gdb.run(setting)
        if self.mode.extended:
            server = self.server("--once", "--multi", "localhost:0")
            self.connect(gdb, server, file)
            gdb.run(f"attach {pid}")
        else:
            server = self.server("--once", "localhost:0", "--attach", pid)
            self.connect(gdb, server, file)
        self.all_stopped(gdb)
        return server, gdb

    def all_stopped(self, gdb):
        """Waits until gdb knows every thread as stopped, and takes the stops."""
        if not gdb.mode.non_stop:
            gdb.wait_stop()
            return
        wait_until(lambda: "(running)" not in gdb.run("info threads"), "all threads stopped")
        while not gdb.no_stop_yet():
            gdb.wait_stop()

    def close(self):
        for child in reversed(self._children):
            child.kill()

    def show_logs(self, out):
        for name in sorted(os.listdir(self.directory)):
            path = os.path.join(self.directory, name)
            if not os.path.isfile(path) or not name.endswith((".stdout", ".stderr")):
                continue
            with open(path, "rb") as file:
                file.seek(max(0, os.path.getsize(path) - 6000))
                text = file.read().decode(errors="replace")
            if text:
                out.write(f"----- {name} (its end)\n{text}\n")


def line_of(source, mark):
    """The number of the line of a tracee's source that has `mark: MARK` in it."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "programs")
    with open(os.path.join(folder, source), encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            if re.search(rf"mark: {re.escape(mark)}(?![\w-])", text):
                return number
    raise Failure(f"no mark {mark} in {source}")


def now():
    return time.monotonic()
