"""The records of gdb's machine interface (GDB/MI), as Python values.

Only what gdb prints is read here: a line becomes a Record, results become dict, list and str. The grammar is in gdb's manual,
"GDB/MI Output Syntax".
"""

from dataclasses import dataclass, field


@dataclass
class Record:
    """One line of output: kind is '^' result, '*' exec, '=' notification, '+' status, '~' console, '@' target, '&' log."""

    kind: str
    name: str = ""
    token: str = ""
    values: dict = field(default_factory=dict)
    text: str = ""


class _Reader:
    ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}

    def __init__(self, text, at=0):
        self.text = text
        self.at = at

    def peek(self):
        return self.text[self.at] if self.at < len(self.text) else ""

    def c_string(self):
        self.at += 1
        out = bytearray()
        while self.text[self.at] != '"':
            letter = self.text[self.at]
            self.at += 1
            if letter != "\\":
                out += letter.encode()
                continue
            escaped = self.text[self.at]
            if escaped in "01234567":
                out.append(int(self.text[self.at : self.at + 3], 8) & 0xFF)
                self.at += 3
            else:
                out += self.ESCAPES.get(escaped, escaped).encode()
                self.at += 1
        self.at += 1
        return out.decode(errors="replace")

    def name(self):
        start = self.at
        while self.peek() not in ("=", ",", "}", "]", ""):
            self.at += 1
        return self.text[start : self.at]

    def value(self):
        first = self.peek()
        if first == '"':
            return self.c_string()
        if first == "{":
            return self.pairs("}")
        if first == "[":
            return self.list()
        return self.name()

    def pairs(self, end):
        """name=value pairs; a name that comes twice (gdb does that) makes a list."""
        self.at += 1
        found = {}
        while self.peek() not in (end, ""):
            name = self.name()
            self.at += 1
            found[name] = self.value()
            if self.peek() == ",":
                self.at += 1
        self.at += 1
        return found

    def list(self):
        """A list of values, or of name=value, whose names are dropped."""
        self.at += 1
        found = []
        while self.peek() not in ("]", ""):
            if self.peek() not in '"{[':
                self.name()
                self.at += 1
            found.append(self.value())
            if self.peek() == ",":
                self.at += 1
        self.at += 1
        return found


def parse(line):
    """The Record of one line, or None for the prompt and for what is no record (the program's own output on gdb's terminal)."""
    at = 0
    while at < len(line) and line[at].isdigit():
        at += 1
    token, rest = line[:at], line[at:]
    if not rest or rest.startswith("(gdb)") or rest[0] not in "^*=+~@&":
        return None
    if rest[0] in "~@&":
        return Record(rest[0], text=_Reader(rest, 1).c_string()) if rest[1:2] == '"' else None
    name, comma, _ = rest[1:].partition(",")
    values = _Reader(rest, len(name) + 1).pairs("") if comma else {}
    return Record(rest[0], name, token, values)
