"""A small client of the remote serial protocol: packets as they are, for tests of what gdb never sends, and for the benchmarks.

It takes acks, run lengths and escapes as the protocol has them, keeps notifications apart from replies, and can send what is malformed.
"""

import collections
import os
import re
import select
import socket
import time


class Timeout(Exception):
    """Nothing came in time."""


class Closed(Exception):
    """The server has closed the connection."""


def checksum(data):
    return b"%02x" % (sum(data) % 256)


def escape(data):
    return re.sub(rb"[#$}*]", lambda found: b"}" + bytes([found.group(0)[0] ^ 0x20]), data)


def expand(data):
    """Undoes escapes and run lengths. A run never applies to an escaped byte's second half alone: the unescaped byte is repeated."""
    out = bytearray()
    at = 0
    while at < len(data):
        byte = data[at]
        if byte == 0x7D and at + 1 < len(data):
            out.append(data[at + 1] ^ 0x20)
            at += 2
        elif byte == 0x2A and at + 1 < len(data) and out:
            out += out[-1:] * (data[at + 1] - 29)
            at += 2
        else:
            out.append(byte)
            at += 1
    return bytes(out)


class Rsp:
    """One connection. `address` is (host, port) or the path of a Unix socket."""

    def __init__(self, address, timeout=20):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        if family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.timeout = timeout
        self.acks = True
        self.notifications = collections.deque()
        self._buffer = b""

    def close(self):
        self.socket.close()

    def send_bytes(self, data):
        """As it is: no frame, no checksum."""
        self.socket.sendall(data)

    def send(self, payload):
        """A packet; waits for its ack while acks are on. Bytes are escaped already, or need no escape."""
        data = payload.encode() if isinstance(payload, str) else payload
        self.send_bytes(b"$" + data + b"#" + checksum(data))
        if self.acks and self.read_byte() != b"+":
            raise Closed("the packet was not acked")

    def _fill(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self.socket], [], [], left)[0]:
            raise Timeout(f"nothing within {self.timeout} s; in the buffer: {self._buffer[:80]!r}")
        data = self.socket.recv(1 << 20)
        if not data:
            raise Closed("end of the connection")
        self._buffer += data

    def read_byte(self, timeout=None):
        deadline = time.monotonic() + (timeout or self.timeout)
        while not self._buffer:
            self._fill(deadline)
        byte, self._buffer = self._buffer[:1], self._buffer[1:]
        return byte

    def receive(self, timeout=None):
        """The payload of the next packet, as text of Latin-1. Notifications that come before it are put aside."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while True:
            found = re.search(rb"[$%]([^#]*)#([0-9a-f]{2})", self._buffer, re.S)
            if not found:
                self._fill(deadline)
                continue
            kind = self._buffer[found.start() : found.start() + 1]
            self._buffer = self._buffer[found.end() :]
            payload = expand(found.group(1)).decode("latin-1")
            if found.group(2) != checksum(found.group(1)):
                raise Closed(f"bad checksum of {found.group(0)!r}")
            if kind == b"%":
                self.notifications.append(payload)
                continue
            if self.acks:
                self.send_bytes(b"+")
            return payload

    def notification(self, timeout=None):
        """The payload of the next notification; a packet must not come before it."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while not self.notifications:
            found = re.search(rb"%([^#]*)#([0-9a-f]{2})", self._buffer, re.S)
            if found:
                self._buffer = self._buffer[: found.start()] + self._buffer[found.end() :]
                self.notifications.append(expand(found.group(1)).decode("latin-1"))
            else:
                self._fill(deadline)
        return self.notifications.popleft()

    def ask(self, payload, timeout=None):
        self.send(payload)
        return self.receive(timeout)

    def start(self, features="multiprocess+;swbreak+;hwbreak+;vContSupported+;xmlRegisters=i386"):
        """What a client says first; then no more acks. The features of the server, as a dict."""
        reply = self.ask("qSupported:" + features)
        if self.ask("QStartNoAckMode") == "OK":
            self.acks = False
        pairs = (one.partition("=") if "=" in one else (one[:-1], "", one[-1:]) for one in reply.split(";") if one)
        return {name: value for name, _, value in pairs}

    def read_object(self, name, annex=""):
        """A whole qXfer object."""
        text = ""
        while True:
            piece = self.ask(f"qXfer:{name}:read:{annex}:{len(text):x},3fff")
            if piece[:1] not in ("m", "l"):
                raise Closed(f"qXfer:{name} answers {piece!r}")
            text += piece[1:]
            if piece[0] == "l":
                return text

    def run(self, path, *arguments):
        """vRun; the stop reply."""
        words = ";".join(os.fsencode(word).hex() for word in (path, *arguments))
        return self.ask("vRun;" + words)

    def registers(self):
        """Numbers and sizes (in bytes) of the registers by name, in order, from the target description."""
        found = {}
        number = 0

        def read(annex):
            nonlocal number
            for tag in re.finditer(r"<(xi:include|reg)\b([^>]*)>", self.read_object("features", annex)):
                attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag.group(2)))
                if tag.group(1) == "xi:include":
                    read(attributes["href"])
                else:
                    number = int(attributes.get("regnum", number))
                    found[attributes["name"]] = (number, int(attributes["bitsize"]) // 8)
                    number += 1

        read("target.xml")
        return found


def stop_thread(reply):
    found = re.search(r"thread:([^;]*);", reply)
    return found.group(1) if found else ""


def expedited(reply, number):
    """The value of a register in a stop reply, little-endian."""
    found = re.search(rf"[T;0-9a-f]{{0,3}};?{number:02x}:([0-9a-f]+);", reply[3:])
    return int.from_bytes(bytes.fromhex(found.group(1)), "little") if found else None
