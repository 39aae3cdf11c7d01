#!/usr/bin/python3
"""Whether each test that the documentation names is there.

    doc_tests.py SOURCE
"""

import re
import sys
from pathlib import Path


def main():
    source = Path(sys.argv[1])
    there = set()
    for file in (source / "tests").rglob("*.cpp"):
        there.update(".".join(names) for names in
                     re.findall(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", file.read_text(), re.M))
    named = 0
    missing = []
    for page in (source / "docs").glob("*.md"):
        for name in re.findall(r"`([A-Z]\w+\.[A-Z]\w+)`", page.read_text()):
            named += 1
            if name not in there:
                missing.append(f"{page.name}: no test {name}")
    print("\n".join(missing) if missing else f"doc_tests: {named} names, all there")
    return 1 if missing or named == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
