#!/usr/bin/python3
"""Who includes whom, against the layer table.

    include_graph.py SOURCE_TREE

The table is the `cotrace_layer(NAME USES ... LIBRARIES ...)` lines of CMakeLists.txt (for src/cli, what the program `cotrace`
links). Checked are every #include of src/, include/ and examples/, that the table in docs/architecture.md says the
same, and that neither files nor folders include one another in a circle. Exit status 1 and one line a fault otherwise.
"""

import re
import sys
from pathlib import Path

# Which headers come with which CMake target. Everything else in <> is the compiler's or the kernel's.
LIBRARY_HEADERS = {
    r"fmt/": "fmt::fmt-header-only",
    r"spdlog/": "spdlog::spdlog_header_only",
    r"nlohmann/": "nlohmann_json::nlohmann_json",
    r"CLI/": "CLI11::CLI11",
    r"(Zydis|Zycore)/": "Zydis::Zydis",
    r"(libelf|gelf)\.h": "PkgConfig::ELF",
    r"(elfutils/|dwarf\.h)": "PkgConfig::DW",
}
# The protocol's column and the stub library know no ptrace; embed runs inside programs that wait for their own children.
TRACING_HEADERS = re.compile(r"sys/(ptrace|wait|user)\.h|linux/ptrace\.h")
WITHOUT_TRACING = {"include", "base", "ax", "rsp", "session", "embed"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[">]', re.M)


def read_table(tree):
    """{layer: (layers it uses, libraries it uses)} from CMakeLists.txt."""
    text = re.sub(r"#.*", "", (tree / "CMakeLists.txt").read_text())
    table = {}
    for match in re.finditer(r"\bcotrace_layer\(([^)]*)\)", text):
        words = match.group(1).split()
        rows = {"USES": [], "LIBRARIES": []}
        row = None
        for word in words[1:]:
            if word in rows:
                row = rows[word]
            else:
                row.append(word)
        table[words[0]] = (set(rows["USES"]), set(rows["LIBRARIES"]))
    program = re.search(r"target_link_libraries\(cotrace\s+PRIVATE([^)]*)\)", text)
    linked = program.group(1).split() if program else []
    layers = {word.removeprefix("cotrace_") for word in linked if word.startswith("cotrace_")}
    table["cli"] = (layers, {word for word in linked if "::" in word})
    return table


def documented_table(tree):
    """{layer: layers it uses} from the table in docs/architecture.md: | `src/NAME/` | subject | uses |"""
    rows = {}
    for line in (tree / "docs/architecture.md").read_text().splitlines():
        match = re.match(r"\|\s*`src/(\w+)/[^`]*`\s*\|.*\|\s*([^|]*?)\s*\|\s*$", line)
        if match:
            rows[match.group(1)] = set(re.findall(r"[a-z]\w*", match.group(2))) - {"nothing"}
    return rows


def layer_of(path, tree):
    """`src/base/fd.h` -> base; include and examples are layers of their own."""
    parts = path.relative_to(tree).parts
    return parts[1] if parts[0] == "src" else parts[0]


def resolve(quote, name, path, tree):
    """The file of the tree that an #include names, or None for a header from elsewhere. src/ is searched for names in
    quotes only: <linux/kcmp.h> is the kernel's, "linux/kcmp.h" is ours."""
    for place in (tree / "include" / name, *(quote == '"' and (tree / "src" / name, path.parent / name) or ())):
        if place.is_file():
            return place.resolve()
    return None


def check_include(path, quote, name, tree, table):
    """The fault of one #include, or None."""
    layer = layer_of(path, tree)
    uses, libraries = table.get(layer, (set(), set()))
    found = resolve(quote, name, path, tree)
    if found is None:
        if quote == '"':
            return f'"{name}" is not in the tree'
        if layer in WITHOUT_TRACING and TRACING_HEADERS.fullmatch(name):
            return f"<{name}> belongs to the tracing column, {layer} is in the protocol's or below both"
        if layer == "examples":
            return None
        for pattern, library in LIBRARY_HEADERS.items():
            if re.match(pattern, name) and library not in libraries:
                return f"<{name}> needs {library}, which {layer} does not link"
        return None
    target = layer_of(found, tree)
    if target == "include":
        return None if name.startswith("cotrace/") and quote == "<" else f"write <cotrace/...> for {name}"
    if layer == target:
        # Within src/ paths begin at src/, so that a file can be found by the text that includes it.
        return None if layer == "examples" or (tree / "src" / name).is_file() else f'"{name}" is not relative to src/'
    if target not in uses:
        row = " ".join(sorted(uses)) or "nothing"
        return f'"{name}": {layer} may not include {target} (it uses {row})'
    return None


def circles(graph):
    """One circle of a directed graph {node: nodes}, as the list of its nodes, or None."""
    done, path, on_path = set(), [], set()

    def visit(node):
        if node in on_path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        on_path.add(node)
        for following in sorted(graph.get(node, ())):
            if circle := visit(following):
                return circle
        done.add(node)
        on_path.discard(path.pop())
        return None

    for start in sorted(graph):
        if circle := visit(start):
            return circle
    return None


def main(tree):
    table = read_table(tree)
    faults, files, folders, count = [], {}, {}, 0
    sources = sorted(p for top in ("src", "include", "examples") for end in ("*.h", "*.cpp")
                     for p in (tree / top).rglob(end))
    for path in sources:
        shown = path.relative_to(tree)
        if layer_of(path, tree) not in table.keys() | {"include", "examples"}:
            faults.append(f"{shown}: this folder is in no cotrace_layer line")
        text = path.read_text()
        for match in INCLUDE.finditer(text):
            quote, name = match.groups()
            count += 1
            if fault := check_include(path, quote, name, tree, table):
                faults.append(f"{shown}:{text.count(chr(10), 0, match.start(2)) + 1}: {fault}")
            if found := resolve(quote, name, path, tree):
                files.setdefault(str(shown), set()).add(str(found.relative_to(tree)))
                here, there = shown.parent, found.relative_to(tree).parent
                if here != there:
                    folders.setdefault(str(here), set()).add(str(there))
    for graph in (files, folders, {layer: uses for layer, (uses, _) in table.items()}):
        if circle := circles(graph):
            faults.append("in a circle: " + " -> ".join(circle))
    documented = documented_table(tree)
    for layer, (uses, _) in table.items():
        if documented.get(layer) != uses:
            told = "nothing of it" if layer not in documented else "uses " + " ".join(sorted(documented[layer]))
            faults.append(f"docs/architecture.md tells {told}, CMakeLists.txt that {layer} uses {' '.join(sorted(uses))}")
    for layer in documented.keys() - table.keys():
        faults.append(f"docs/architecture.md has a row for {layer}, CMakeLists.txt has not")
    if not sources or len(table) < 2:
        faults.append("nothing found to check")
    for fault in faults:
        print(fault)
    print(f"include graph: {len(sources)} files, {count} includes, {len(table)} layers, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve()))
