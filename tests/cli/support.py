"""What the tests of the command line share: the program under test, a bare protocol client, gdb in batch mode.

Nothing here sleeps: everything waits for a line, a packet or an end, and fails after a time that only a broken program takes.
"""

import io
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

COTRACE = os.environ.get("COTRACE", "build/release/cotrace")
PROGRAMS = os.environ.get("COTRACE_PROGRAMS", "build/release/tests/programs")
PATIENCE = 60  # seconds; sanitizers and busy machines are slow


def run(*words, arguments=None, **options):
    """The program to its end: its exit code, standard output, standard error."""
    done = subprocess.run([*(arguments or [COTRACE]), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE, **options)
    return done.returncode, done.stdout, done.stderr


class Lines:
    """The lines of a stream, collected by a thread as they come. The thread closes the stream at its end."""

    def __init__(self, stream):
        self.lines, self.ended, self.changed = [], False, threading.Condition()
        self.thread = threading.Thread(target=self._collect, args=(stream,), daemon=True)
        self.thread.start()

    def _collect(self, stream):
        with stream:
            for line in stream:
                with self.changed:
                    self.lines.append(line.rstrip("\n"))
                    self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def expect(self, pattern, after=0):
        """Waits for a line that matches from its beginning, at index `after` or later. (match, index after it)"""
        end = time.monotonic() + PATIENCE
        with self.changed:
            while True:
                for index in range(after, len(self.lines)):
                    match = re.match(pattern, self.lines[index])
                    if match:
                        return match, index + 1
                left = end - time.monotonic()
                if self.ended or left <= 0:
                    raise AssertionError(f"no line {pattern!r} in {self.lines[after:]!r}")
                self.changed.wait(left)

    def so_far(self):
        with self.changed:
            return list(self.lines)

    def all(self):
        """Every line, once the stream has ended."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.ended, PATIENCE):
                raise AssertionError(f"the stream did not end after {self.lines!r}")
            return list(self.lines)


class Server:
    """A running cotrace. As a context manager it is killed at the end, if it still runs."""

    def __init__(self, *words, program=None, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **options):
        self.process = subprocess.Popen([program or COTRACE, *words], stdin=stdin, stdout=stdout,
                                        stderr=subprocess.PIPE, text=True, **options)
        self.out, self.err = Lines(self.process.stdout or io.StringIO()), Lines(self.process.stderr)
        self.seen = 0

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()

    def expect(self, pattern):
        match, self.seen = self.err.expect(pattern, self.seen)
        return match

    def port(self):
        return int(self.expect(r"Listening on port (\d+)$")[1])

    def end(self):
        """Its exit code, once it has ended by itself."""
        return self.process.wait(PATIENCE)


class Client:
    """A protocol client: packets out, packets in. `where`: a port of this machine, the path of a Unix socket, or a socket."""

    def __init__(self, where):
        if isinstance(where, socket.socket):
            self.socket = where
        else:
            self.socket = socket.socket(socket.AF_INET if isinstance(where, int) else socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.buffer = b""
        try:
            if self.socket is not where:
                self.socket.connect(("127.0.0.1", where) if isinstance(where, int) else where)
            self.supported = self.ask("qSupported:multiprocess+;swbreak+;fork-events+;vfork-events+;exec-events+")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, packet):
        data = packet.encode()
        self.socket.sendall(b"$" + data + b"#%02x" % (sum(data) % 256))

    def receive(self):
        """The next packet, its runs expanded; EOFError when the server has closed."""
        while True:
            match = re.search(rb"\$([^#]*)#..", self.buffer)
            if match:
                self.buffer = self.buffer[match.end():]
                try:
                    self.socket.sendall(b"+")
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the server has said its last word and gone
                return re.sub(r"(.)\*(.)", lambda run: run[1] * (ord(run[2]) - 28), match[1].decode("latin-1"), flags=re.S)
            data = self.socket.recv(65536)
            if not data:
                raise EOFError
            self.buffer += data

    def ask(self, packet):
        self.send(packet)
        return self.receive()

    def monitor(self, command):
        """(text, the last reply) of a monitor command."""
        text, reply = "", self.ask("qRcmd," + command.encode().hex())
        while reply.startswith("O") and reply != "OK":
            text += bytes.fromhex(reply[1:]).decode()
            reply = self.receive()
        if reply not in ("OK", "") and not reply.startswith("E"):
            text, reply = text + bytes.fromhex(reply).decode(), "OK"
        return text, reply

    def closed(self):
        """Waits until the server has closed the connection; packets that still come are passed over."""
        try:
            while True:
                self.receive()
        except (EOFError, ConnectionResetError, BrokenPipeError):
            return True


def gdb(*commands, arguments=("-nx", "-batch"), tail=(), environment=None):
    """gdb in batch mode: what it printed, both streams together."""
    words = ["gdb", *arguments, "-iex", "set sysroot /", "-iex", "set debuginfod enabled off", "-iex", "set confirm off"]
    for command in commands:
        words += ["-ex", command]
    done = subprocess.run([*words, *tail], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=PATIENCE, env=environment)
    return done.stdout


def alive(pid):
    """The process is there and is no zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def tracer(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"TracerPid:\s*(\d+)", status.read())[1])


def wait_gone(pid):
    """Waits until the process has ended; it need not be a child."""
    end = time.monotonic() + PATIENCE
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    import select
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    ended = bool(poll.poll(1000 * max(0, end - time.monotonic())))
    os.close(fd)
    return ended


class Sleeper:
    """A child of the test that lives until its standard input ends: something to attach to."""

    def __enter__(self):
        self.process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.pid = self.process.pid
        return self

    def __exit__(self, *unused):
        self.process.stdin.close()
        self.status = self.process.wait(PATIENCE)


class Case(unittest.TestCase):
    """A test with a directory of its own for sockets and files."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="cotrace-cli-")
        self.addCleanup(shutil.rmtree, self.directory)

    def file(self, name):
        return os.path.join(self.directory, name)

    def gdbserver(self):
        """The program under the name gdbserver."""
        link = self.file("gdbserver")
        if not os.path.islink(link):
            os.symlink(os.path.abspath(COTRACE), link)
        return link


__all__ = ["COTRACE", "PROGRAMS", "PATIENCE", "Case", "Client", "Lines", "Server", "Sleeper", "alive", "gdb", "os", "re", "run",
           "signal", "subprocess", "tracer", "unittest", "wait_gone"]
