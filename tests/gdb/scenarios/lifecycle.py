"""Launching, running again, killing, exit codes, system calls caught."""

import os

from harness import (
    ALL_STOP,
    ALL_STOP_EXTENDED,
    EVERY_MODE,
    EXTENDED,
    check,
    check_equal,
    check_match,
    scenario,
    status_of,
    wait_until,
)


def ends_with(bench, way, number):
    _, gdb = bench.debug("exits", way, number)
    bench.go(gdb)
    gdb.expect_exit(number)
    gdb.quit()


@scenario(EVERY_MODE)
def exit_code_of_main(bench):
    ends_with(bench, "code", 77)


@scenario(EVERY_MODE)
def exit_code_of_a_thread(bench):
    ends_with(bench, "thread", 78)


@scenario(EVERY_MODE)
def exit_code_after_the_leader(bench):
    ends_with(bench, "last", 79)


@scenario(EVERY_MODE)
def exec_by_another_thread(bench):
    """Three execs from a thread that is not the leader; the breakpoint is there again in each image."""
    server, gdb = bench.debug("exec_thread", 2)
    gdb.run("break before_exec")
    bench.go(gdb)
    for left in (2, 1):
        gdb.expect_stop("breakpoint-hit", "before_exec")
        check_equal(gdb.number("left"), left, "execs to come")
        gdb.resume()
    gdb.expect_exit(42)
    server.program_output.wait_for("exec_thread done")
    gdb.quit()


@scenario(EXTENDED)
def run_twice(bench):
    server, gdb = bench.debug("counter_threads", 2, 5)
    gdb.run("break main")
    for _ in range(2):
        gdb.run("run")
        gdb.expect_stop("breakpoint-hit", "main")
        gdb.resume()
        gdb.expect_exit(0)
    server.program_output.wait_for(r"threads=2 calls=10\n.*threads=2 calls=10\n")
    gdb.quit()


@scenario(EXTENDED)
def killed_in_the_middle(bench):
    server, gdb = bench.debug("counter_threads", 4, 1000)
    gdb.run("break tick")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "tick")
    pid = server.created_pid()
    gdb.run("kill")
    wait_until(lambda: not status_of(pid), f"process {pid} gone")
    gdb.run("delete")
    gdb.run("run")
    while gdb.wait_stop()["reason"] != "exited-normally":
        pass
    gdb.quit()


@scenario(EVERY_MODE)
def killed_by_somebody_else(bench):
    """SIGKILL from outside while the threads stand still: reported, and the session lives."""
    server, gdb = bench.debug("counter_threads", 4, 1000)
    gdb.run("break tick")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "tick")
    os.kill(server.created_pid(), 9)
    while True:
        # In all-stop the resume may fail, for there is nobody left to resume: gdb then says so, and takes the exit with the next one.
        # In non-stop the end comes unasked; gdb 13 has an assertion that fails when it comes while gdb begins to step over a breakpoint
        # (finish_step_over, trap_expected).
        if not bench.mode.non_stop:
            gdb.try_command("-exec-continue")
        stop = gdb.wait_stop()
        if stop.get("reason") not in ("breakpoint-hit", None):
            break
    check_equal(stop["reason"], "exited-signalled", "how it ended")
    check_equal(stop["signal-name"], "SIGKILL", "what it died of")
    gdb.quit()


@scenario((ALL_STOP_EXTENDED,))
def arguments_and_environment(bench):
    server, gdb = bench.debug("show_start")
    gdb.run("set args one 'two words' \"\" 'a$b'")
    gdb.run("set environment COTRACE_TEST=some value")
    gdb.run(f"set cwd {bench.directory}")
    bench.go(gdb)
    gdb.expect_exit(0)
    out = server.program_output
    for line in ("arg 1=one", "arg 2=two words", "arg 3=", r"arg 4=a\$b", "env COTRACE_TEST=some value", "group=own", "aslr=off",
                 f"cwd={bench.directory}"):
        out.wait_for(f"^{line}$")
    check_match(r"^blocked=$", out.text(), "no signal blocked")
    check_match(r"^ignored=$", out.text(), "no signal ignored")
    gdb.quit()


@scenario((ALL_STOP_EXTENDED,))
def a_program_that_is_not_there(bench):
    """The error names it, and the next run works."""
    _, gdb = bench.debug("hello")
    gdb.run("set remote exec-file /nonexistent/program")
    gdb.fail("run")
    gdb.run(f"set remote exec-file {bench.path('hello')}")
    gdb.run("run")
    gdb.expect_exit(0)
    gdb.quit()


@scenario(EVERY_MODE)
def a_system_call_caught(bench):
    server, gdb = bench.debug("syscalls", 2)
    gdb.run("tbreak main")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "main")
    gdb.run("catch syscall getppid")
    gdb.resume()
    for _ in range(2):
        for reason in ("syscall-entry", "syscall-return"):
            stop = gdb.expect_stop(reason)
            check_equal(stop["syscall-name"], "getppid", "which")
            check_equal(gdb.number("$orig_rax"), 110, "its number")
            gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("rounds=2")
    gdb.quit()


@scenario(ALL_STOP)
def a_system_call_of_a_thread_caught(bench):
    server, gdb = bench.debug("syscalls", 1, 2)
    gdb.run("tbreak one_round")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "one_round")
    gdb.run("catch syscall getppid")
    gdb.resume()
    threads = []
    for _ in range(6):
        stop = gdb.wait_stop()
        check(stop["reason"].startswith("syscall"), f"a system call, not {stop}")
        threads.append(stop["thread-id"])
        gdb.resume()
    check_equal(sorted(threads.count(one) for one in set(threads)), [2, 2, 2], "an entry and a return for each thread")
    gdb.expect_exit(0)
    server.program_output.wait_for("rounds=3")
    gdb.quit()


@scenario(ALL_STOP)
def a_system_call_in_32_bits(bench):
    _, gdb = bench.debug("syscalls_32", 1)
    gdb.run("tbreak main")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "main")
    gdb.run("catch syscall getppid")
    gdb.resume()
    for reason in ("syscall-entry", "syscall-return"):
        stop = gdb.expect_stop(reason)
        check_equal(stop["syscall-name"], "getppid", "which")
        gdb.resume()
    gdb.expect_exit(0)
    gdb.quit()


@scenario(EVERY_MODE)
def job_control_as_the_parent_sees_it(bench):
    """The child of a debugged program stops and is continued, undisturbed."""
    server, gdb = bench.debug("job_control", 2)
    bench.go(gdb)
    gdb.expect_exit(0)
    server.program_output.wait_for("job_control stops=8")
    gdb.quit()


@scenario(EVERY_MODE)
def children_let_go(bench):
    """Each kind of child of a program with a breakpoint runs through, and the program's landmarks are all shown."""
    for kind in ("fork", "vfork_exec", "spawn", "fork_thread"):
        server, gdb = bench.debug("forks", kind, 2)
        gdb.run("break landmark if counter == &counts->parent")
        bench.go(gdb)
        for _ in range(2):
            gdb.expect_stop("breakpoint-hit", "landmark")
            gdb.resume()
        gdb.expect_exit(0)
        server.program_output.wait_for(f"kind={kind} parent=2 child=2")
        gdb.quit()


@scenario(EVERY_MODE)
def child_on_the_same_memory(bench):
    """clone(CLONE_VM) without CLONE_THREAD: taking the breakpoints out of "the child" must leave the parent's."""
    server, gdb = bench.debug("forks", "clone_vm", 2)
    gdb.run("break landmark if counter == &counts->parent")
    bench.go(gdb)
    for _ in range(2):
        gdb.expect_stop("breakpoint-hit", "landmark")
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("kind=clone_vm parent=2 child=2")
    gdb.quit()
