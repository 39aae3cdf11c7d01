#!/usr/bin/python3
"""What it costs to follow a process tree silently: forks, and vforks with an exec, under `cotrace serve --follow`.

  bench/follow.py [--count 5000] [--rounds 5] [--build build/release]

Beside it: nobody, a bare ptrace loop that follows the same, and strace -f that prints nothing. Each round runs all of them in turn; printed are
medians and the median of the paired ratios to the bare loop. Then the server's resident memory before and after so many processes.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def halves(words, **options):
    """Microseconds a fork and a vfork with exec."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False, **options)
    found = re.search(r"^tree forks=(\d+) vforks=(\d+)$", done.stdout, re.M)
    if not found:
        raise RuntimeError(f"{words}: {done.stderr}")
    return [int(one) for one in found.groups()]


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


def memory(cotrace, target, count):
    """The server's KiB after a few processes and after all of them, when none of them lives any more."""
    script = f"{target} tree 50; echo first; read line; {target} tree {count}; echo second; read line"
    server = subprocess.Popen([cotrace, "serve", "--follow", "--hold", "name=no-such-program", "localhost:0", "--", "sh", "-c", script],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # fmt: skip
    found = []
    try:
        for word in ("first", "second"):
            while server.stdout.readline().strip() != word:
                if server.poll() is not None:
                    raise RuntimeError("the server has ended")
            found.append(resident(server.pid))
            server.stdin.write("\n")
            server.stdin.flush()
    finally:
        server.terminate()
        server.wait()
        server.stdin.close()
        server.stdout.close()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--build", default=os.path.join(HERE, "..", "build", "release"))
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    target = os.path.join(build, "bench", "bench_target")
    cotrace = os.path.join(build, "cotrace")
    tree = [target, "tree", str(options.count)]
    ways = {"nobody": tree, "bare ptrace": [os.path.join(build, "bench", "bare_follow"), *tree],
            "cotrace": [cotrace, "run", "--follow", "--hold", "name=no-such-program", "--", *tree]}  # fmt: skip
    if shutil.which("strace"):
        ways["strace -f"] = ["strace", "-f", "-qq", "-e", "trace=none", "-e", "signal=none", "-o", "/dev/null", *tree]
    results = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, words in ways.items():
            results[name].append(halves(words))
    print(f"{'one process (us)':<24}" + "".join(f"{name:>14}" for name in ways) + f"{'cotrace / bare':>16}")
    for half, title in enumerate(("fork", "vfork and exec")):
        medians = [statistics.median(one[half] for one in values) / options.count / 1000 for values in results.values()]
        ratio = statistics.median(ours[half] / bare[half] for ours, bare in zip(results["cotrace"], results["bare ptrace"]))
        print(f"{title:<24}" + "".join(f"{one:>14.1f}" for one in medians) + f"{ratio:>16.2f}")
    before, after = memory(cotrace, target, options.count)
    print(f"resident memory (KiB)   before {before}, after {2 * options.count} processes {after}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
