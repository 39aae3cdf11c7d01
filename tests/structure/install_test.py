#!/usr/bin/python3
"""Installs a build into a folder of its own and builds small programs and the example against it, as a stranger would.

    install_test.py BUILD_FOLDER [--cmake CMAKE] [--compiler CXX]
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import example_test

HERE = Path(__file__).resolve().parent
# A member of each layer that must be in the archive; what belongs to tracing must not be in the stub.
LAYERS = {"core": ["reactor", "decode", "ptrace", "relocate"], "stub": ["reactor", "session", "framing"]}
NOT_IN_STUB = ("ptrace", "waitpid", "wait4", "waitid")


def run(*command, **more):
    print("+", *command, flush=True)
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=200, **more)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\ninstall: exit status {done.returncode}")
    return done.stdout


def check(good, what):
    print(f"{'ok' if good else 'NOT OK'}: {what}", flush=True)
    if not good:
        sys.exit(1)


def check_files(prefix, source):
    bin_dir = prefix / "bin"
    check("cotrace" in run(bin_dir / "cotrace", "--version"), "the installed program tells its version")
    check(not (bin_dir / "gdbserver").exists(), "no gdbserver unless asked for")
    headers = {p.relative_to(source / "include") for p in (source / "include").rglob("*.h")}
    installed = {p.relative_to(prefix / "include") for p in (prefix / "include").rglob("*.h")}
    check(headers == installed and headers, f"all {len(headers)} public headers, and no others")
    if (source / "docs/cotrace.1.scd").exists():
        check(".TH" in (prefix / "share/man/man1/cotrace.1").read_text(), "the man page")
    # A path of the build machine in what is installed would break for everybody else.
    for file in [*prefix.rglob("*.cmake"), *prefix.rglob("*.pc")]:
        check(str(source) not in file.read_text(), f"no path of the source tree in {file.name}")


def check_archives(prefix):
    for name, members in LAYERS.items():
        archive = next(prefix.glob(f"lib*/**/libcotrace-{name}.a"))
        have = run("ar", "t", archive).split()
        for member in members:
            check(any(member in object_file for object_file in have), f"{archive.name} has {member}")
    wanted = set(re.findall(r"\bU (\w+)", run("nm", "-u", archive)))
    check(not wanted.intersection(NOT_IN_STUB), "the stub library neither traces nor waits")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("build", type=lambda text: Path(text).resolve())
    arguments.add_argument("--cmake", default="cmake")
    arguments.add_argument("--compiler", default="g++")
    given = arguments.parse_args()
    cache = (given.build / "CMakeCache.txt").read_text()
    source = Path(re.search(r"^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$", cache, re.M).group(1))
    with tempfile.TemporaryDirectory(prefix="cotrace-install.") as folder:
        # Moved after the install: nothing may depend on where it was put first.
        first, prefix, work = Path(folder, "first"), Path(folder, "prefix"), Path(folder, "work")
        run(given.cmake, "--install", given.build, "--prefix", first)
        first.rename(prefix)
        check_files(prefix, source)
        check_archives(prefix)
        run(given.cmake, "--install", given.build, "--prefix", prefix, "--component", "gdbserver")
        check(os.readlink(prefix / "bin/gdbserver") == "cotrace", "component gdbserver is a link to cotrace")

        run(given.cmake, "-S", HERE / "consumer", "-B", work, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
            f"-DCMAKE_CXX_COMPILER={given.compiler}")
        run(given.cmake, "--build", work)
        for program in ("with_core", "with_stub", "with_both"):
            check("consumer: ok" in run(work / program), f"find_package, {program}")

        examples = []
        for name in ("signal_log", "crash_catcher", "fault_injector"):
            example = Path(folder, name)
            run(given.cmake, "-S", source / "examples" / name, "-B", example, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
                f"-DCMAKE_CXX_COMPILER={given.compiler}")
            run(given.cmake, "--build", example)
            examples.append(example / name)
        example_test.check(*examples, given.build / "tests/programs")

        places = ":".join(str(p.parent) for p in prefix.rglob("*.pc"))
        environment = {**os.environ, "PKG_CONFIG_PATH": places}
        for package, program in (("cotrace-core", "core.cpp"), ("cotrace-stub", "headers.cpp")):
            flags = run("pkg-config", "--cflags", "--libs", package, env=environment).split()
            run(given.compiler, "-std=c++23", HERE / "consumer" / program, "-o", work / package, *flags)
            check("consumer: ok" in run(work / package), f"pkg-config, {package}")
    print("install: ok")


if __name__ == "__main__":
    main()
