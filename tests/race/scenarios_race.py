"""The races: each is a raw client that does something at a moment it does not choose, and a program that counts for itself.

A scenario gets a Bench (its processes end with it) and a random generator of its own, so that a failed run can be tried again.
"""

import os
import re
import signal

from harness import Failure, check, check_equal, check_match, code_of, status_of, threads_of, wait_until
from raw_rsp import Closed, Rsp, stop_thread

SCENARIOS = {}


def race(function):
    SCENARIOS[function.__name__] = function
    return function


def connect(bench, *options):
    server = bench.server("--once", *options, "--multi", "localhost:0")
    client = Rsp(("127.0.0.1", server.port))
    client.start()
    client.ask("!")
    return server, client


def address_of(bench, program, symbol, pid):
    """Where a function is in a running process: its place in the file, plus where the file is mapped."""
    path = bench.path(program)
    names = os.popen(f"nm {path}").read()
    offset = int(check_match(rf"^([0-9a-f]+) [Tt] {symbol}$", names, f"symbol {symbol}").group(1), 16)
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        base = next(int(line.split("-")[0], 16) for line in maps if line.rstrip().endswith(path))
    return base + offset


def pid_of(stop):
    return int(stop_thread(stop)[1:].split(".")[0], 16)


def attach(client, pid):
    stop = client.ask(f"vAttach;{pid:x}")
    check_match(r"^T", stop, "the stop of the attach")
    return stop


def check_free(pid):
    for tid in threads_of(pid):
        check_equal(status_of(pid, tid).get("TracerPid", "0"), "0", f"tracer of thread {tid}")


def ends(program, line, code=0):
    program.out.wait_for(line)
    check_equal(program.wait(), code, "exit code")


@race
def breakpoint_of_many_threads(bench, _random):
    """Four threads, one breakpoint, every call is a stop: none missed, none twice."""
    server, client = connect(bench)
    stop = client.run(bench.path("counter_threads"), "4", "20")
    place = address_of(bench, "counter_threads", "tick", pid_of(stop))
    check_equal(client.ask(f"Z0,{place:x},1"), "OK", "Z0")
    hits = 0
    while (reply := client.ask("vCont;c")).startswith("T05"):
        hits += 1
    check_match(r"^W0?0", reply, "the end")
    check_equal(hits, 80, "stops")
    server.program_output.wait_for("calls=80")


@race
def step_among_breakpoints(bench, random):
    """A thread is stepped some times at each hit, while the others run into the same site: the program counts every call."""
    server, client = connect(bench)
    stop = client.run(bench.path("counter_threads"), "3", "15")
    place = address_of(bench, "counter_threads", "tick", pid_of(stop))
    check_equal(client.ask(f"Z0,{place:x},1"), "OK", "Z0")
    reply = client.ask("vCont;c")
    while reply.startswith("T05"):
        for _ in range(random.randrange(4)):
            reply = client.ask(f"vCont;s:{stop_thread(reply)};c")
            if not reply.startswith("T05"):
                break
        else:
            reply = client.ask("vCont;c")
    check_match(r"^W0?0", reply, "the end")
    server.program_output.wait_for("calls=45")


@race
def detach_while_threads_hit(bench, random):
    """Detached in the middle of hits, some of them not yet reported: the code is as before, and every thread counts to the end."""
    program = bench.program("counter_threads", 4, 20000, "wait")
    pid = program.ready_pid
    before = code_of(pid)
    server, client = connect(bench)
    attach(client, pid)
    place = address_of(bench, "counter_threads", "tick", pid)
    client.ask(f"Z0,{place:x},1")
    program.write("\n")
    for _ in range(random.randrange(1, 12)):
        check_match(r"^T05", client.ask("vCont;c"), "a hit")
    if random.randrange(2):
        check_equal(client.ask(f"D;{pid:x}"), "OK", "detach")
        check_free(pid)
    else:
        client.close()
        server.child.wait()
    try:
        now = code_of(pid)
    except (ProcessLookupError, FileNotFoundError):
        now = {}  # it has ended meanwhile, which it could not have done with a foreign byte in its code
    # A short read: its memory is being taken down.
    whole = [start for start, data in now.items() if start in before and len(data) == len(before[start])]
    changed = [start for start in whole if now[start] != before[start]]
    check_equal(changed, [], "mappings of code that differ")
    ends(program, "threads=4 calls=80000")


@race
def attach_to_a_thread_storm(bench, _random):
    """Every thread is found and stopped while others come and go; after the detach all are free."""
    program = bench.program("thread_storm", 60, 3, "wait")
    pid = program.ready_pid
    _, client = connect(bench)
    attach(client, pid)
    running = [tid for tid in threads_of(pid) if status_of(pid, tid).get("State", "t")[0] not in "tTZX"]
    check_equal(running, [], "threads that run")
    listed = len(re.findall(r"<thread ", client.read_object("threads")))
    check(listed >= 61, f"{listed} threads are listed")
    check_equal(client.ask(f"D;{pid:x}"), "OK", "detach")
    check_free(pid)
    program.write("\n")
    ends(program, "thread_storm standing=60")


@race
def killed_while_threads_hit(bench, random):
    """SIGKILL from outside among hits: the end is reported."""
    _, client = connect(bench)
    stop = client.run(bench.path("counter_threads"), "4", "100000")
    pid = pid_of(stop)
    place = address_of(bench, "counter_threads", "tick", pid)
    client.ask(f"Z0,{place:x},1")
    for _ in range(random.randrange(8)):
        client.ask("vCont;c")
    client.send("vCont;c")
    os.kill(pid, signal.SIGKILL)
    for _ in range(20):
        reply = client.receive()
        if re.match("X0?9", reply):
            return
        check_match(r"^(T05|E)", reply, "a hit that came before, or an error")
        client.send("vCont;c")
    raise Failure("the end was not reported")


@race
def killed_while_threads_stand(bench, random):
    """SIGKILL at a stop, and one packet at once: whatever it is, the end is told, and the next program can be debugged."""
    _, client = connect(bench)
    stop = client.run(bench.path("counter_threads"), "4", "1000")
    pid = pid_of(stop)
    place = address_of(bench, "counter_threads", "tick", pid)
    check_equal(client.ask(f"Z0,{place:x},1"), "OK", "Z0")
    thread = stop_thread(client.ask("vCont;c"))
    packet = random.choice((f"vCont;s:{thread}", f"vCont;c:{thread}", "vCont;c", f"z0,{place:x},1", "g", f"D;{pid:x}", f"vKill;{pid:x}"))
    os.kill(pid, signal.SIGKILL)
    reply = client.ask(packet)
    if packet[0] == "v" and "Kill" in packet:
        check_equal(reply, "OK", "vKill of what is dead already")
    over = packet[0] in "Dv" and (reply == "OK" or reply.startswith("X09"))
    while not over:
        check_match(r"^(E|OK|T|[0-9a-fx]{16})", reply, f"the answer to {packet}")
        reply = client.ask("vCont;c")
        over = reply.startswith("X09")
    check_match(r"^T05", client.run(bench.path("hello")), "the stop of the next program")
    check_match(r"^W0?0", client.ask("vCont;c"), "its end")


@race
def client_gone_while_stepping(bench, random):
    """The client vanishes with a step under way: no trap is left for the program."""
    program = bench.program("counter_threads", 2, 5000, "wait")
    pid = program.ready_pid
    server, client = connect(bench)
    attach(client, pid)
    program.write("\n")
    for _ in range(random.randrange(6)):
        client.ask(f"vCont;s:p{pid:x}.{pid:x};c")
    client.send(f"vCont;s:p{pid:x}.{pid:x};c")
    client.close()
    server.child.wait()
    ends(program, "threads=2 calls=10000")


@race
def client_gone_after_a_resume_with_a_signal(bench, _random):
    """The signal of the resume arrives."""
    program = bench.program("sleeping_read")
    pid = program.ready_pid
    server, client = connect(bench)
    attach(client, pid)
    client.send(f"vCont;C1e:p{pid:x}.{pid:x}")
    client.close()
    server.child.wait()
    wait_until(lambda: int(status_of(pid)["SigPnd"], 16) == 0, "the signal is taken")
    program.process.stdin.close()
    ends(program, "handled=1")


@race
def interrupt_and_signals(bench, random):
    """0x03 among a timer's signals that nobody wants to see: the stop is the interrupt's, the calls are all there."""
    server, client = connect(bench)
    client.run(bench.path("timer_signals"), "3000", "200", "2")
    client.ask("QPassSignals:e")
    reply = ""
    for _ in range(random.randrange(1, 5)):
        client.send("vCont;c")
        client.send_bytes(b"\x03")
        reply = client.receive()
        if not reply.startswith("T02"):
            break
    if not reply.startswith("W"):
        reply = client.ask("vCont;c")
    while reply.startswith("T02"):  # one that came when the program had ended a moment before is not lost
        reply = client.ask("vCont;c")
    check_match(r"^W0?0", reply, "the end")
    server.program_output.wait_for("timer_signals calls=6000")


@race
def conditions_and_signals(bench, _random):
    """A breakpoint that never stops anybody is stepped over while signals arrive."""
    server, client = connect(bench)
    stop = client.run(bench.path("timer_signals"), "150", "200", "2")
    client.ask("QPassSignals:e")
    place = address_of(bench, "timer_signals", "busy", pid_of(stop))
    # The condition is `const8 0, end`: false.
    check_equal(client.ask(f"Z0,{place:x},1;X3,220027"), "OK", "Z0 with a condition")
    check_match(r"^W0?0", client.ask("vCont;c"), "the end")
    server.program_output.wait_for("timer_signals calls=300")


@race
def watch_in_all_threads(bench, _random):
    """A watchpoint set before the threads exist is hit by each of them."""
    server, client = connect(bench)
    stop = client.run(bench.path("watch_threads"), "4", "2")
    names = os.popen(f"nm {bench.path('watch_threads')}").read()
    offset = int(check_match(r"^([0-9a-f]+) [BbDd] shared_total$", names, "symbol").group(1), 16)
    base = address_of(bench, "watch_threads", "main", pid_of(stop)) - int(
        check_match(r"^([0-9a-f]+) T main$", names, "main").group(1), 16
    )
    check_equal(client.ask(f"Z2,{base + offset:x},4"), "OK", "Z2")
    hits = 0
    while (reply := client.ask("vCont;c")).startswith("T05watch"):
        hits += 1
    check_match(r"^W0?0", reply, "the end")
    check_equal(hits, 4, "stops")
    server.program_output.wait_for("writes=8")


@race
def exec_of_another_thread(bench, _random):
    """Three execs from threads that are not the leader, with no client asking for them."""
    server, client = connect(bench)
    client.run(bench.path("exec_thread"), "3")
    check_match(r"^W2a", client.ask("vCont;c"), "the end")
    server.program_output.wait_for("exec_thread done")


@race
def children_and_a_breakpoint(bench, random):
    """Children of every kind are rid of the site or pass it; the parent stops at each of its own hits."""
    kind, hits_wanted = random.choice([("fork", 3), ("vfork_exec", 3), ("spawn", 3), ("fork_thread", 3)])
    server, client = connect(bench)
    stop = client.run(bench.path("forks"), kind, "3")
    place = address_of(bench, "forks", "landmark", pid_of(stop))
    client.ask("QPassSignals:14")
    check_equal(client.ask(f"Z0,{place:x},1"), "OK", "Z0")
    hits = 0
    while (reply := client.ask("vCont;c")).startswith("T05"):
        hits += 1
    check_match(r"^W0?0", reply, f"the end of {kind}")
    check_equal(hits, hits_wanted, f"stops of {kind}")
    server.program_output.wait_for("child=3")


@race
def dead_leader_attached(bench, random):
    """Attached after the leader has gone; ends with its right code."""
    program = bench.program("leader_exits", 9)
    _, client = connect(bench)
    attach(client, program.ready_pid)
    program.write("\n")
    if random.randrange(2):
        check_match(r"^W0?9", client.ask("vCont;c"), "the end")
    else:
        check_equal(client.ask(f"D;{program.ready_pid:x}"), "OK", "detach")
    check_equal(program.wait(), 9, "exit code")


@race
def disconnect_in_the_middle(bench, random):
    """The client goes at any moment, also in the middle of a packet; what was attached runs on."""
    program = bench.program("counter_threads", 3, 4000, "wait")
    pid = program.ready_pid
    server, client = connect(bench)
    packets = ["?", "qfThreadInfo", "g", "Z0,1000,1", f"Hgp{pid:x}.-1", "qXfer:threads:read::0,1000", "vCont;c"]
    try:
        attach(client, pid)
        program.write("\n")
        for packet in packets[: random.randrange(len(packets) + 1)]:
            client.send(packet)
        client.send_bytes(b"$vCont;c#a8"[: random.randrange(11)])
    except Closed:
        pass
    client.close()
    server.child.wait()
    ends(program, "threads=3 calls=12000")
