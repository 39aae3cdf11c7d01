#!/usr/bin/python3
"""Lint is only worth something if it fires: plants one fault of each kind in a copy of the tree and expects lint to fail and
to name it, and expects it to be content with the unfaulted file.

    lint_fires.py SOURCE_TREE
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CLEAN = '''// A file without faults.
#include <cstdint>

#include "base/hex.h"

namespace cotrace::rsp {

class CleanThing {
 public:
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_{0};
};

}  // namespace cotrace::rsp
'''


def long_function(lines):
    body = "".join(f"  sum = (sum * {n}) ^ {n + 1};\n" for n in range(lines))
    return f"\nunsigned long_function(unsigned sum) {{\n{body}  return sum;\n}}\n"


def before_end(code):
    """The clean file with `code` at the end of its namespace."""
    end = "\n}  // namespace"
    return CLEAN.replace(end, code + end)


# (what is planted, the check that must fire, the words that it must say, the text)
FAULTS = [
    ("wrong format", "format", "-Wclang-format-violations", CLEAN.replace("  std::uint64_t value_", "    std::uint64_t   value_")),
    ("a type not in CamelCase", "tidy", "readability-identifier-naming", CLEAN.replace("CleanThing", "clean_thing")),
    ("a function not in snake_case", "tidy", "readability-identifier-naming", CLEAN.replace("value()", "getValue()")),
    ("a member without its underscore", "tidy", "readability-identifier-naming", CLEAN.replace("value_", "number")),
    ("a bug", "tidy", "bugprone-", before_end("\ninline int same(int a) { return sizeof(sizeof(a)); }\n")),
    ("a copy for nothing", "tidy", "performance-", CLEAN.replace("<cstdint>", "<cstdint>\n#include <string>").replace(
        "\n}  // namespace", "\ninline auto length(const std::string text) { return text.size(); }\n\n}  // namespace")),
    ("a mutable global, seen by tidy", "tidy", "avoid-non-const-global-variables", before_end("\nint counter = 0;\n")),
    ("a mutable global", "sizes", "mutable file-level variable counter", before_end("\nint counter = 0;\n")),
    ("a mutable static in a function", "sizes", "mutable static",
     before_end("\ninline int count() {\n  static int counter = 0;\n  return ++counter;\n}\n")),
    ("an include from above", "includes", "rsp may not include session",
     CLEAN.replace("base/hex.h", "session/session.h")),
    ("an include across the columns", "includes", "rsp may not include linux", CLEAN.replace("base/hex.h", "linux/ptrace.h")),
    ("ptrace in the protocol's column", "includes", "belongs to the tracing column",
     CLEAN.replace("<cstdint>", "<sys/ptrace.h>\n#include <cstdint>")),
    ("a library that the layer does not link", "includes", "needs Zydis::Zydis",
     CLEAN.replace("<cstdint>", "<Zydis/Zydis.h>\n#include <cstdint>")),
    ("a header that is not there", "includes", "is not in the tree", CLEAN.replace("base/hex.h", "base/nowhere.h")),
    ("a function that is too long", "sizes", "function long_function has", before_end(long_function(110))),
    ("a file that is too long", "sizes", "lines, over 600", before_end("".join(long_function(40) for _ in range(16)))),
]


def lint(tree, check, planted):
    narrow = [planted] if check in ("format", "tidy") else []
    run = subprocess.run([tree / "scripts/lint", check, *narrow], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, cwd=tree, timeout=300)
    return run.returncode, run.stdout


def copy_tree(source, tree):
    for name in ("src", "include", "examples", "cmake", "scripts", "docs", "tests/structure"):
        if (source / name).is_dir():
            shutil.copytree(source / name, tree / name)
    for name in ("CMakeLists.txt", ".clang-format", ".clang-tidy", "tests/.clang-tidy"):
        shutil.copy(source / name, tree / name)


def main(source):
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="cotrace-lint.") as folder:
        tree = Path(folder)
        copy_tree(source, tree)
        planted = tree / "src/rsp/planted.cpp"

        def expect(what, check, words, text):
            planted.write_text(text)
            status, out = lint(tree, check, "src/rsp/planted.cpp")
            # Faults elsewhere in the tree are for the other tests: here only what is said of the planted file counts.
            of_it = "\n".join(line for line in out.splitlines() if "planted.cpp" in line)
            good = (status != 0 and words in of_it) if words else not of_it
            print(f"{'ok' if good else 'NOT OK'}: {what} ({check})")
            if not good:
                print(f"  wanted {words!r}, status {status}, lint said:\n{out[-2000:]}")
            return good

        for check in ("format", "tidy", "includes", "sizes"):
            wrong += not expect("no fault", check, "", CLEAN)
        for what, check, words, text in FAULTS:
            wrong += not expect(what, check, words, text)
        # Two files that include each other.
        (tree / "src/rsp/planted.h").write_text('#pragma once\n#include "rsp/planted_too.h"\n')
        (tree / "src/rsp/planted_too.h").write_text('#pragma once\n#include "rsp/planted.h"\n')
        status, out = lint(tree, "includes", None)
        if status == 0 or "in a circle: src/rsp/planted.h" not in out:
            wrong += 1
            print(f"NOT OK: a circle of includes: {out}")
    print(f"lint fires: {len(FAULTS) + 5 - wrong} as they should, {wrong} not")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve()))
