"""Child processes with their output at hand, and what /proc tells about processes."""

import os
import re
import subprocess
import threading
import time


class Failure(Exception):
    """Something was not as the scenario wants it."""


class Output:
    """What a child writes to a pipe, read by a thread so that nobody blocks; one can wait for a text in it."""

    def __init__(self, stream, copy_to):
        self._text = ""
        self._closed = False
        self._changed = threading.Condition()
        self._copy_to = copy_to
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream):
        while True:
            piece = os.read(stream.fileno(), 65536)
            with self._changed:
                if piece:
                    self._text += piece.decode(errors="replace")
                else:
                    self._closed = True
                self._changed.notify_all()
            if not piece:
                return
            self._copy_to.write(piece)
            self._copy_to.flush()

    def text(self):
        with self._changed:
            return self._text

    def wait_for(self, pattern, timeout=20, after=0):
        """The match object of `pattern` in the text from `after` on; Failure when it does not come."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = re.compile(pattern, re.M).search(self._text, after)
                if found:
                    return found
                left = deadline - time.monotonic()
                if self._closed or left <= 0:
                    why = "it ended" if self._closed else f"{timeout} s passed"
                    raise Failure(f"no {pattern!r} in the output ({why}); last: {self._text[-400:]!r}")
                self._changed.wait(left)


class Child:
    """A child with pipes for stdin, stdout and stderr, all of it logged in `directory` under `name`."""

    def __init__(self, name, arguments, directory, **options):
        self.name = name
        self._logs = [open(os.path.join(directory, f"{name}.{kind}"), "wb") for kind in ("stdout", "stderr")]
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=directory, **options
        )
        self.out = Output(self.process.stdout, self._logs[0])
        self.err = Output(self.process.stderr, self._logs[1])

    @property
    def pid(self):
        return self.process.pid

    def write(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def wait(self, timeout=20):
        """The exit code; negative: the signal it died of."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} (pid {self.pid}) does not end") from None

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


def status_of(pid, tid=None):
    """/proc/PID/task/TID/status as a dict; empty when there is no such task."""
    try:
        with open(f"/proc/{pid}/task/{tid or pid}/status", encoding="utf-8", errors="replace") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    except (FileNotFoundError, ProcessLookupError):
        return {}


def threads_of(pid):
    try:
        return sorted(int(name) for name in os.listdir(f"/proc/{pid}/task"))
    except FileNotFoundError:
        return []


def code_of(pid):
    """The bytes of all executable mappings of a process, by address. [vsyscall] cannot be read, and is not written by anybody."""
    found = {}
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            where, access = line.split()[:2]
            if "x" not in access or "[vsyscall]" in line:
                continue
            start, end = (int(part, 16) for part in where.split("-"))
            found[start] = os.pread(memory.fileno(), end - start, start)
    return found


def wait_until(condition, what, timeout=20):
    """Polls what has no event to wait for (the state of a foreign process in /proc)."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"it did not come about in {timeout} s: {what}")
        time.sleep(0.005)
