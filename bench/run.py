#!/usr/bin/python3
"""The benchmarks: cotrace beside gdbserver, lldb-server and a bare ptrace loop, in one run.

  bench/run.py [--quick] [--only WORD] [--build build/release] [--json FILE]

Every round measures each operation on each server once, one right after the other, so that what else the machine does hits all alike. Printed
are the medians over the rounds and, in the last column, the median of the paired ratios (cotrace divided by gdbserver of the same round).
Server, client and program share one processor, unless --spread is given: what is compared is then their work. Spread, half of the time of a
round trip is that of waking an idle processor, which differs from run to run by more than the servers do from each other.
System calls per operation are counted by strace on the server, apart from the timed rounds.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Skipped(Exception):
    """The server does not have this operation."""


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


class Program:
    """A child that is ended by its id."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen(command, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Killed, a server leaves what it launched to itself.
        for child in children_of(self.process.pid):
            os.kill(child, signal.SIGKILL)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


class Server:
    """One kind of server: how it is started, and what is particular in its protocol."""

    def __init__(self, name, path, lldb=False):
        self.name = name
        self.path = path
        self.lldb = lldb

    def start(self, program):
        """A running server for the program (nothing: without one), with its port."""
        if self.lldb:
            port = free_port()
            tail = ["--", *program] if program else []
            server = Program([self.path, "gdbserver", f"127.0.0.1:{port}", *tail], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             stdin=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
            wait_listening(port)
            return server, port
        command = [self.path, "--once", *([] if program else ["--multi"]), "localhost:0", *program]
        server = Program(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        for line in server.process.stderr:
            found = re.match(r"Listening on port (\d+)", line)
            if found:
                return server, int(found.group(1))
        server.__exit__()
        raise RuntimeError(f"{self.name} does not listen")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_listening(port):
    """By /proc/net/tcp: a connection would be taken for the client's."""
    wanted = f"0100007F:{port:04X} 00000000:0000 0A"
    for _ in range(4000):
        with open("/proc/net/tcp", encoding="ascii") as table:
            if wanted in table.read():
                return
        time.sleep(0.001)
    raise RuntimeError("lldb-server does not listen")


class Operation:
    """What is measured: rsp_load's name for it, how often, and the arguments of bench_target."""

    def __init__(self, title, load, count, target, threads=0, attach=False, rounds=None, unit="us", beside_none=False):
        self.title = title
        self.load = load
        self.count = count
        self.target = target
        self.threads = threads
        self.attach = attach
        self.rounds = rounds
        self.unit = unit
        # Measured without the threads too, for what they cost.
        self.beside_none = beside_none

    def without_threads(self):
        return Operation(f"{self.title}: none", self.load, self.count, self.target, unit=self.unit)


def operations(quick):
    few = 4 if quick else 1
    # Nine tenths of these are the two wake-ups of a round trip, which scatter: more rounds, and shorter ones.
    many = 5 if quick else 25
    return [
        Operation("step", "step", 2000 // few, "straight"),
        Operation("step, registers read", "step_and_registers", 2000 // few, "straight"),
        Operation("range step, per instruction", "range_step", 5000 // few, "straight"),
        Operation("breakpoint round", "breakpoint_round", 1000 // few, "site"),
        Operation("continue from a site", "continue_from_site", 1000 // few, "site"),
        Operation("caught system call", "caught_system_call", 2000 // few, "syscall"),
        Operation("another system call", "other_system_call", 4000 // few, "other"),
        Operation("watchpoint hit", "watch_hit", 2000 // few, "watch"),
        Operation("read 64 bytes", "read_64", 1000 // few, "site", rounds=many),
        Operation("read 4096 bytes", "read_4096", 1000 // few, "site", rounds=many),
        Operation("write 64 bytes", "write_64", 1000 // few, "site", rounds=many),
        Operation("write 4096 bytes", "write_4096", 1000 // few, "site", rounds=many),
        Operation("step in non-stop", "step_non_stop", 1000 // few, "straight"),
        Operation("attach to 10 threads", "attach", 1, "straight", 9, attach=True, unit="ms"),
        Operation("attach to 1000 threads", "attach", 1, "straight", 999, attach=True, rounds=3, unit="ms"),
        Operation("attach to 5000 threads", "attach", 1, "straight", 4999, attach=True, rounds=1 if quick else 3, unit="ms"),
        Operation("fork, child let go", "fork_storm", 300 // few, "forks", 300 // few),
        Operation("step, 5000 others stopped", "step", 400 // few, "straight", 5000, rounds=1 if quick else 3, beside_none=True),
        Operation("non-stop step, 5000 others run", "step_non_stop", 200 // few, "straight", 5000, rounds=1 if quick else 3),
    ]


class Bench:
    def __init__(self, build):
        self.folder = os.path.join(build, "bench")
        self.target = os.path.join(self.folder, "bench_target")
        names = subprocess.run(["nm", self.target], capture_output=True, text=True, check=True).stdout
        wanted = ("begin", "row_begin", "row_end", "site", "watched", "buffer")
        self.addresses = [f"{name}={int(value, 16):x}" for value, _, name in (line.split() for line in names.splitlines() if len(line.split()) == 3)
                          if name in wanted]  # fmt: skip

    def program(self, operation):
        threads = str(operation.threads)
        return [self.target, operation.target, threads]

    def attached(self, operation):
        """The program that is attached to, when all its threads are there."""
        program = Program(self.program(operation), stdout=subprocess.DEVNULL)
        while len(os.listdir(f"/proc/{program.process.pid}/task")) < operation.threads + 1:
            time.sleep(0.002)
        return program

    def measure(self, server, operation, count=None, around=None):
        """Nanoseconds an operation. `around` is called with the server's pid when all is prepared, and again after the operations."""
        count = count or operation.count
        if server is None:
            return self._measure_bare(operation, count)
        if not operation.attach:
            running, port = server.start(self.program(operation))
            with running:
                return self._drive(running.process.pid, server, [str(port), operation.load, str(count)], around)
        with self.attached(operation) as program:
            running, port = server.start([])
            with running:
                words = [str(port), operation.load, str(count), f"pid={program.process.pid}"]
                return self._drive(running.process.pid, server, words, around)

    def _measure_bare(self, operation, count):
        words = [os.path.join(self.folder, "bare_ptrace"), operation.load, str(count), *self.addresses]
        if not operation.attach:
            return self._talk([*words, "--", *self.program(operation)], None, None)
        with self.attached(operation) as program:
            return self._talk([*words, f"pid={program.process.pid}"], None, None)

    def _drive(self, server_pid, server, words, around):
        extra = ["lldb=1"] if server.lldb else []
        with self.ending_what_it_launched(server_pid):
            return self._talk([os.path.join(self.folder, "rsp_load"), *words, *self.addresses, *extra], server_pid, around)

    @contextlib.contextmanager
    def ending_what_it_launched(self, server_pid):
        """lldb-server ends with its client and leaves what it launched to itself."""
        launched = children_of(server_pid)
        try:
            yield
        finally:
            for child in launched:
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    if os.path.samefile(f"/proc/{child}/exe", self.target):
                        os.kill(child, signal.SIGKILL)

    def _talk(self, command, server_pid, around):
        with Program(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
            watchdog = signal.signal(signal.SIGALRM, lambda *_: load.process.kill())
            signal.alarm(60)
            try:
                first = load.process.stdout.readline().split()
                if not first or first[0] == "skip":
                    raise Skipped(" ".join(first[1:]) or "it failed")
                finish = around(server_pid) if around else None
                load.process.stdin.write("go\n")
                load.process.stdin.flush()
                words = load.process.stdout.readline().split()
                if not words:
                    raise Skipped("it failed")
                if finish:
                    finish(int(words[2]))
                load.process.stdin.write("end\n")
                load.process.stdin.flush()
                load.process.wait()
                return int(words[1]) / int(words[2])
            except BrokenPipeError:
                raise Skipped("it failed") from None
            finally:
                signal.alarm(0)
                signal.signal(signal.SIGALRM, watchdog)


def count_system_calls(bench, server, operation):
    """System calls of the server per operation, by strace, which is attached when everything is prepared. None: not to be counted."""
    counted = []

    def attach(pid):
        log = f"/tmp/cotrace-bench-{os.getpid()}.strace"
        tracer = subprocess.Popen(["strace", "-f", "-c", "-o", log, "-p", str(pid)], stderr=subprocess.PIPE, text=True)
        tracer.stderr.readline()  # "Process N attached"

        def finish(operations_made):
            tracer.send_signal(signal.SIGINT)
            tracer.communicate()
            with open(log, encoding="utf-8") as file:
                total = re.search(r"^100\.00\s+\S+\s+\S+\s+(\d+).*total$", file.read(), re.M)
            os.unlink(log)
            if total:
                counted.append(int(total.group(1)) / operations_made)

        return finish

    try:
        bench.measure(server, operation, max(100, operation.count // 10), attach)
    except Skipped:
        return None
    return counted[0] if counted else None


def start_and_memory(bench, server):
    """Milliseconds from the start of the server, with a program, to its first answer; its resident memory then, in KiB."""
    begin = time.perf_counter()
    running, port = server.start([bench.target, "straight", "0"])
    with running, bench.ending_what_it_launched(running.process.pid), socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"$qSupported#37")
        client.recv(1)
        taken = (time.perf_counter() - begin) * 1000
        with open(f"/proc/{running.process.pid}/status", encoding="ascii") as status:
            resident = int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))
    return taken, resident


def median_or_none(values):
    return statistics.median(values) if values else None


def paired_ratio(ours, theirs):
    pairs = [one / other for one, other in zip(ours, theirs) if one and other]
    return statistics.median(pairs) if pairs else None


def run_rounds(bench, operation, servers, rounds):
    """The results of each server, one a round; why one has not the operation."""
    results = {name: [] for name in servers}
    skipped = {}
    for _ in range(operation.rounds or rounds):
        for name, server in servers.items():
            if name in skipped:
                continue
            try:
                results[name].append(bench.measure(server, operation))
            except Skipped as why:
                skipped[name] = str(why)
    return results, skipped


def beside_none(bench, server, operation, rounds):
    """Pairs: with the other threads, and without. Ten times as many operations as beside the other servers, for each of which it is
    a matter of factors and not of tenths: the kernel is busy with the threads for a while after they were made."""
    count = 10 * operation.count
    return [(bench.measure(server, operation, count), bench.measure(server, operation.without_threads(), count)) for _ in range(rounds)]


def cell(value, unit):
    if value is None:
        return "-"
    return f"{value / (1e6 if unit == 'ms' else 1e3):.1f}"


def print_row(row):
    title, *cells = row
    print(f"{title:<36}" + "".join(f"{one:>13}" for one in cells), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer operations: a minute")
    parser.add_argument("--spread", action="store_true", help="on all processors")
    parser.add_argument("--only", default="", help="only the operations whose title contains this")
    parser.add_argument("--build", default=os.path.join(HERE, "..", "build", "release"))
    parser.add_argument("--json", help="where the figures go (BUILD/bench.json)")
    options = parser.parse_args()
    if not options.spread:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    bench = Bench(os.path.abspath(options.build))
    ours = os.environ.get("COTRACE_GDBSERVER", os.path.join(os.path.abspath(options.build), "gdbserver"))
    servers = {"cotrace": Server("cotrace", ours), "gdbserver": Server("gdbserver", shutil.which("gdbserver"))}
    lldb = shutil.which("lldb-server-19")
    if lldb:
        servers["lldb-server"] = Server("lldb-server", lldb, lldb=True)
    real = dict(servers)
    servers["bare ptrace"] = None
    rounds = 3 if options.quick else 7
    figures = {"rounds": rounds, "operations": {}, "start": {}}
    print_row(["time of one operation", *servers, "co / gdbs", "calls co", "calls gdbs"])
    for operation in operations(options.quick):
        if options.only not in operation.title:
            continue
        results, skipped = run_rounds(bench, operation, servers, rounds)
        medians = {name: median_or_none(values) for name, values in results.items()}
        ratio = paired_ratio(results["cotrace"], results["gdbserver"])
        calls = {name: count_system_calls(bench, real[name], operation) for name in ("cotrace", "gdbserver") if not operation.attach}
        figures["operations"][operation.title] = {
            "nanoseconds": results, "medians": medians, "ratio_to_gdbserver": ratio, "system_calls": calls, "skipped": skipped,
        }  # fmt: skip
        print_row([
            f"{operation.title} ({operation.unit})", *(cell(medians[name], operation.unit) for name in servers),
            "-" if ratio is None else f"{ratio:.2f}", *("-" if calls.get(name) is None else f"{calls[name]:.1f}" for name in ("cotrace", "gdbserver")),
        ])  # fmt: skip
        if operation.beside_none:
            pairs = beside_none(bench, servers["cotrace"], operation, rounds)
            figures["operations"][operation.title]["with_and_without"] = pairs
            ratio = paired_ratio(*zip(*pairs))
            print_row(["  with them, without, ratio", *(cell(statistics.median(one), operation.unit) for one in zip(*pairs)), f"{ratio:.2f}"])
    starts = {name: [] for name in real}
    for _ in range(rounds):
        for name, server in real.items():
            starts[name].append(start_and_memory(bench, server))
    for title, which, digits in (("start to first answer (ms)", 0, 1), ("resident memory (KiB)", 1, 0)):
        medians = {name: statistics.median(one[which] for one in values) for name, values in starts.items()}
        figures["start"][title] = medians
        ratio = paired_ratio([one[which] for one in starts["cotrace"]], [one[which] for one in starts["gdbserver"]])
        print_row([title, *(f"{medians[name]:.{digits}f}" if name in medians else "-" for name in servers), f"{ratio:.2f}", "-", "-"])
    path = options.json or os.path.join(os.path.abspath(options.build), "bench.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1)
    print(f"all figures: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
