#!/usr/bin/python3
"""How long things are: files, functions, comments, tests; and file-level variables that can change.

    size_table.py SOURCE_TREE

Fails (exit status 1) on a file over 600 lines, a function over 100, or a mutable variable that outlives its block. Files over
500 and functions over 60 lines are named but allowed: they want a reason. Needs universal-ctags.
"""

import re
import subprocess
import sys
from pathlib import Path

FILE_ADVISED, FILE_LIMIT = 500, 600
FUNCTION_ADVISED, FUNCTION_LIMIT = 60, 100
CODE = ("include", "src", "examples")
TESTS = ("tests", "bench")
# Tests that are lists, or about the tree, do not count as tests of the code.
NOT_TESTS = ("tests/conformance/", "tests/structure/", "bench/")

# A `static` inside a function or class that holds a value: no parenthesis before its end or its initialiser, so no function.
MUTABLE_LOCAL = re.compile(r"^\s+(?:inline\s+)?(?:static|thread_local)\s+(?!.*\b(?:const|constexpr)\b)[^()]*?[=;{]")


def sources(tree, tops, endings=(".h", ".cpp", ".c")):
    return sorted(p for top in tops for p in (tree / top).rglob("*") if p.suffix in endings and p.is_file())


def functions(tree, paths):
    """[(lines, file, function)] and the mutable file-level variables [(file, line, name)], as ctags finds them."""
    out = subprocess.run(
        ["ctags", "--options=NONE", "-L", "-", "-f", "-", "--languages=C,C++", "--langmap=C++:+.h", "--kinds-C++=fv",
         "--kinds-C=fv", "--fields=+neKzS", "--output-format=u-ctags", "--excmd=number"],
        input="\n".join(map(str, paths)), text=True, capture_output=True, check=True, cwd=tree).stdout
    lengths, variables, texts = [], [], {}
    for row in out.splitlines():
        name, file, _, *fields = row.split("\t")
        facts = dict(field.split(":", 1) for field in fields if ":" in field)
        start = int(facts["line"])
        if facts["kind"] == "function" and "end" in facts:
            lengths.append((int(facts["end"]) - start + 1, file, name))
        elif facts["kind"] == "variable":
            lines = texts.setdefault(file, (tree / file).read_text().splitlines())
            # The declaration may have begun on the line before.
            before = lines[start - 2] if start > 1 else ""
            said = lines[start - 1] if re.search(r"[;{}:]\s*(//.*)?$", before) else before + " " + lines[start - 1]
            if not re.search(r"\b(const|constexpr|using|typedef|extern)\b", said):
                variables.append((file, start, name))
    return lengths, variables


def mutable_locals(tree, paths):
    found = []
    for path in paths:
        for number, line in enumerate((tree / path).read_text().splitlines(), 1):
            if MUTABLE_LOCAL.match(line.split("//")[0]):
                found.append((str(path), number, line.strip()))
    return found


def comment_share(text):
    """(lines with a comment, lines that are not blank)"""
    comments = filled = 0
    inside = False
    for line in map(str.strip, text.splitlines()):
        if not line:
            continue
        filled += 1
        if inside or line.startswith("/*") or "//" in line:
            comments += 1
        inside = (inside or line.startswith("/*")) and "*/" not in line
    return comments, filled


def at(values, share):
    """The value below which this share of the sorted values lies; 0 of nothing."""
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0


def folder_of(path):
    parts = path.parts
    return "/".join(parts[:2]) if parts[0] in ("src", "tests") and len(parts) > 2 else parts[0]


def print_row(name, paths, lines, lengths, comments):
    spans = [length for length, _, _ in lengths]
    share = f"{100 * comments[0] / comments[1]:.0f} %" if comments[1] else "-"
    print(f"{name:<18}{len(paths):>6}{sum(lines):>8}{at(lines, .5):>8}{max(lines, default=0):>6}{len(spans):>8}"
          f"{at(spans, .5):>8}{at(spans, .99):>6}{max(spans, default=0):>6}"
          f"{sum(s > FUNCTION_ADVISED for s in spans):>6}{sum(s > FUNCTION_LIMIT for s in spans):>6}{share:>10}")


def main(tree):
    paths = [p.relative_to(tree) for p in sources(tree, CODE + TESTS)]
    if not paths:
        print("nothing found to measure")
        return 1
    length = {p: (tree / p).read_text().count("\n") for p in paths}
    said = {p: comment_share((tree / p).read_text()) for p in paths}
    lengths, variables = functions(tree, paths)
    is_code = {str(p): p.parts[0] in CODE for p in paths}

    print(f"{'':<18}{'files':>6}{'lines':>8}{'median':>8}{'max':>6}{'funcs':>8}{'median':>8}{'p99':>6}{'max':>6}"
          f"{'>60':>6}{'>100':>6}{'comments':>10}")
    groups = {}
    for path in paths:
        groups.setdefault(folder_of(path), []).append(path)
    groups["all but tests"] = [p for p in paths if is_code[str(p)]]
    for name, group in groups.items():
        names = set(map(str, group))
        print_row(name, group, [length[p] for p in group], [f for f in lengths if f[1] in names],
                  [sum(said[p][i] for p in group) for i in (0, 1)])

    code = sum(length[p] for p in paths if is_code[str(p)])
    tests = sum((tree / p).read_text().count("\n") for p in
                (q.relative_to(tree) for q in sources(tree, TESTS, (".h", ".cpp", ".c", ".py", ".gdb", ".sh")))
                if not str(p).startswith(NOT_TESTS))
    print(f"test lines to code lines: {tests} / {code} = {tests / max(code, 1):.2f}")

    faults = [f"{p}: {n} lines, over {FILE_LIMIT}" for p, n in length.items() if n > FILE_LIMIT]
    # Programs to be traced and tests may have variables that everybody can change: that is their subject.
    faults += [f"{f}:{n}: mutable file-level variable {name}" for f, n, name in variables if is_code[f]]
    faults += [f"{f}:{n}: mutable static: {line}" for f, n, line in
               mutable_locals(tree, [p for p in paths if is_code[str(p)]])]
    for span, file, name in sorted(lengths, reverse=True):
        if span > FUNCTION_LIMIT and is_code[file]:
            faults.append(f"{file}: function {name} has {span} lines, over {FUNCTION_LIMIT}")
        elif span > FUNCTION_ADVISED:
            print(f"long: {file}: {name}, {span} lines")
    for path, lines in length.items():
        if FILE_ADVISED < lines <= FILE_LIMIT:
            print(f"long: {path}, {lines} lines")
    for fault in faults:
        print(f"FAULT {fault}")
    print(f"size table: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve()))
