#!/usr/bin/python3
"""Whether the C++ in the documentation is code that is compiled.

    doc_snippets.py SOURCE_TREE

Every block marked cpp in README.md and docs/*.md must stand, line after line, in a file under examples/ (indentation apart; a line
`...` stands for any lines left out). Exit status 1 and one line a fault otherwise.
"""

import re
import sys
from pathlib import Path

BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.M | re.S)


def lines_of(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def pieces(block):
    """The runs of lines between the lines that say `...`."""
    runs = [[]]
    for line in lines_of(block):
        if line in ("...", "// ..."):
            runs.append([])
        else:
            runs[-1].append(line)
    return [run for run in runs if run]


def stands_in(run, lines, start):
    """Where the run ends in the lines, looked for from `start` on; None if it is not there."""
    for at in range(start, len(lines) - len(run) + 1):
        if lines[at:at + len(run)] == run:
            return at + len(run)
    return None


def found(block, files):
    for lines in files:
        at = 0
        for run in pieces(block):
            at = stands_in(run, lines, at)
            if at is None:
                break
        else:
            return True
    return False


def main(tree):
    files = [lines_of(path.read_text()) for end in ("*.h", "*.cpp") for path in sorted((tree / "examples").rglob(end))]
    faults = count = 0
    for page in [tree / "README.md", *sorted((tree / "docs").glob("*.md"))]:
        text = page.read_text()
        for match in BLOCK.finditer(text):
            count += 1
            if not found(match.group(1), files):
                faults += 1
                line = text.count("\n", 0, match.start()) + 1
                print(f"{page.relative_to(tree)}:{line}: no file under examples/ has these lines")
    print(f"doc snippets: {count} blocks, {faults} faults")
    return 1 if faults or not count else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve()))
