"""Attaching to what runs already, and leaving it as it was."""

import os
import signal

from harness import (
    ALL_STOP_EXTENDED,
    ATTACH_MODES,
    EXTENDED,
    check,
    check_equal,
    check_match,
    code_of,
    scenario,
    status_of,
    threads_of,
    wait_until,
)


def check_untraced(pid):
    for tid in threads_of(pid):
        status = status_of(pid, tid)
        check_equal(status.get("TracerPid", "0"), "0", f"tracer of thread {tid}")
        check(status.get("State", "R")[0] in "RSDZ", f"thread {tid} is left as {status.get('State')}")


@scenario(ATTACH_MODES)
def attach_break_detach(bench):
    """A program with threads: attached, stopped at a breakpoint, detached; its code is what it was, and it counts on to the end."""
    program = bench.program("counter_threads", 3, 2000, "wait")
    pid = program.ready_pid
    before = code_of(pid)
    _, gdb = bench.attach(pid, "counter_threads")
    check_equal(len(threads_of(pid)), 4, "threads")
    check_match(r"tick|futex|read|barrier|syscall|\?\?", gdb.run("thread apply all bt 3"), "backtraces")
    gdb.run("break tick")
    gdb.resume_all()
    program.write("\n")
    for _ in range(5):
        gdb.expect_stop("breakpoint-hit", "tick")
        gdb.resume()
    gdb.expect_stop("breakpoint-hit", "tick")
    gdb.run("detach")
    check_untraced(pid)
    program.out.wait_for("threads=3 calls=6000")
    check_equal(program.wait(), 0, "exit code")
    gdb.quit()
    check(before, "code was read")


@scenario(ATTACH_MODES)
def attach_and_leave(bench):
    """Nothing is left behind: no tracer, the same bytes of code, no stopped thread, no interrupted system call."""
    program = bench.program("sleeping_read")
    pid = program.ready_pid
    before = code_of(pid)
    _, gdb = bench.attach(pid, "sleeping_read")
    gdb.run("break read_all")
    gdb.run("hbreak on_usr1")
    gdb.resume_all()
    gdb.interrupt()
    bench.all_stopped(gdb)
    gdb.run("detach")
    gdb.quit()
    check_untraced(pid)
    check_equal(code_of(pid), before, "code")
    program.write("four")
    program.process.stdin.close()
    program.out.wait_for("sleeping_read got=4 interrupted=0 handled=0")
    check_equal(program.wait(), 0, "exit code")


def processor_ticks(pid):
    """How long the process has run (utime and stime of proc(5))."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@scenario(EXTENDED)
def attach_twice(bench):
    """Detached and attached again in one session."""
    program = bench.program("spin", 2, "wait")
    _, gdb = bench.attach(program.ready_pid, "spin")
    gdb.run("detach")
    turns = None
    for _ in range(2):
        gdb.run(f"attach {program.ready_pid}")
        bench.all_stopped(gdb)
        now = gdb.number("turns")
        check(turns is None or now > turns, "it ran on meanwhile")
        turns = now
        before = processor_ticks(program.ready_pid)
        gdb.run("detach")
        check_untraced(program.ready_pid)
        # On a busy machine it does not get a processor at once.
        wait_until(lambda: processor_ticks(program.ready_pid) > before + 2, "it runs on")
    program.write("\n")
    check_equal(program.wait(), 0, "exit code")
    gdb.quit()


@scenario(EXTENDED)
def attach_with_a_dead_leader(bench):
    program = bench.program("leader_exits", 9)
    _, gdb = bench.attach(program.ready_pid, "leader_exits")
    gdb.run("break after_leader")
    gdb.resume_all()
    program.write("\n")
    gdb.expect_stop("breakpoint-hit", "after_leader")
    gdb.resume()
    gdb.expect_exit(9)
    gdb.quit()


@scenario(EXTENDED)
def attach_to_a_stopped_process(bench):
    """A process stopped by job control can be looked at; after the detach it goes on with the SIGCONT of whoever sends it."""
    program = bench.program("job_control", "self")
    pid = program.ready_pid
    wait_until(lambda: status_of(pid).get("State", "").startswith("T"), "stopped by SIGSTOP")
    _, gdb = bench.attach(pid, "job_control")
    check_match(r"stop_self_once|raise", gdb.run("bt"), "backtrace")
    gdb.run("detach")
    gdb.quit()
    check_equal(status_of(pid)["TracerPid"], "0", "tracer")
    os.kill(pid, signal.SIGCONT)
    program.out.wait_for("job_control self continued")
    check_equal(program.wait(), 0, "exit code")


@scenario(EXTENDED)
def attach_in_a_thread_storm(bench):
    """A thousand threads, and others that come and go all the time: everyone is stopped, everyone is let go."""
    program = bench.program("thread_storm", 1000, 4, "wait")
    pid = program.ready_pid
    _, gdb = bench.attach(pid, "thread_storm")
    tids = threads_of(pid)
    check(len(tids) > 1000, f"{len(tids)} threads")
    running = [tid for tid in tids if status_of(pid, tid).get("State", "t")[0] not in "tTZX"]
    check_equal(running, [], "threads that were not stopped")
    gdb.run("detach")
    gdb.quit()
    check_untraced(pid)
    program.write("\n")
    program.out.wait_for("thread_storm standing=1000")
    check_equal(program.wait(), 0, "exit code")


@scenario(ATTACH_MODES)
def interrupted_and_continued(bench):
    """Ctrl-C stops threads that never leave user mode, and one that sleeps."""
    program = bench.program("spin", 2, "wait")
    _, gdb = bench.attach(program.ready_pid, "spin")
    for _ in range(3):
        gdb.resume_all()
        gdb.interrupt()
        if bench.mode.non_stop:
            bench.all_stopped(gdb)
        else:
            check_equal(gdb.expect_stop("signal-received")["signal-name"], "SIGINT", "how it stopped")
        gdb.run("thread 1")
        check_match(r"main", gdb.run("bt"), "backtrace")
    gdb.run("set var stop_spinning = 1")
    program.write("\n")
    gdb.resume_all()
    gdb.expect_exit(0)
    gdb.quit()


@scenario((ALL_STOP_EXTENDED,))
def control_c(bench):
    """A SIGINT to gdb itself, as the terminal sends it. Repeated, for gdb drops one that comes before it waits."""
    program = bench.program("sleeping_read")
    _, gdb = bench.attach(program.ready_pid, "sleeping_read", ["set mi-async off"])
    gdb.resume()
    sent = 0

    def stopped():
        nonlocal sent
        if sent % 100 == 0:
            os.kill(gdb.pid, signal.SIGINT)
        sent += 1
        return not gdb.no_stop_yet()

    wait_until(stopped, "a stop after SIGINT")
    check_equal(gdb.wait_stop()["signal-name"], "SIGINT", "how it stopped")
    gdb.run("detach")
    gdb.quit()
    program.process.stdin.close()
    program.out.wait_for("interrupted=0")
    check_equal(program.wait(), 0, "exit code")


@scenario(EXTENDED)
def refused_for_one_that_is_traced(bench):
    """The refusal is an error of the attach, and the session goes on."""
    program = bench.child("traced_child", [bench.path("traced_child")])
    traced = program.out.wait_for(r"^ready (\d+)").group(1)
    gdb = bench.gdb()
    server = bench.server("--once", "--multi", "localhost:0")
    bench.connect(gdb, server)
    gdb.fail(f"attach {traced}")
    gdb.fail("attach 999999999")
    gdb.run(f"set remote exec-file {bench.path('hello')}")
    gdb.run(f"file {bench.path('hello')}")
    gdb.run("run")
    gdb.expect_exit(0)
    gdb.quit()
    program.write("\n")
    program.out.wait_for("traced_child done")
    check_equal(program.wait(), 0, "exit code")
