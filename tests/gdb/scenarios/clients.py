"""Clients that go and come: disconnect and connect again, die, or say `monitor`."""

import os
import signal

from harness import (
    ALL_STOP_EXTENDED,
    ALL_STOP_REMOTE,
    EVERY_MODE,
    EXTENDED,
    check,
    check_equal,
    check_match,
    scenario,
    status_of,
    threads_of,
    wait_until,
)


@scenario((ALL_STOP_REMOTE,))
def disconnect_and_connect_again(bench):
    """The program stands where it stood, for a second gdb."""
    server, gdb = bench.debug("counter_threads", 1, 5, once=False)
    gdb.run("break tick")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "tick")
    gdb.run("disconnect")
    gdb.quit()
    second = bench.gdb("gdb2")
    bench.connect(second, server, "counter_threads")
    stop = second.wait_stop()
    check_equal(stop["frame"]["func"], "tick", "where it stands")
    check_equal(second.number("calls_made"), 0, "calls so far")
    second.resume()
    second.expect_exit(0)
    server.program_output.wait_for("threads=1 calls=5")
    second.quit()
    check_equal(server.child.wait(), 0, "exit code of the server")


@scenario(EXTENDED)
def gdb_killed_while_it_runs(bench):
    """An attached program runs on, untraced, when gdb dies, for with `--once` there is no next client."""
    program = bench.program("counter_threads", 2, 500, "wait")
    server, gdb = bench.attach(program.ready_pid, "counter_threads")
    gdb.run("break tick if serial == 100000")
    gdb.resume_all()
    os.kill(gdb.pid, signal.SIGKILL)
    server.child.wait()
    check_equal(status_of(program.ready_pid)["TracerPid"], "0", "tracer")
    program.write("\n")
    program.out.wait_for("threads=2 calls=1000")
    check_equal(program.wait(), 0, "exit code")


@scenario((ALL_STOP_EXTENDED,))
def gdb_killed_and_another_one_comes(bench):
    """Without `--once` the program waits for the next client, stopped."""
    server, gdb = bench.debug("counter_threads", 2, 500, once=False)
    gdb.run("break tick if serial == 300")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "tick")
    os.kill(gdb.pid, signal.SIGKILL)
    second = bench.gdb("gdb2")
    bench.connect(second, server, "counter_threads")
    second.wait_stop()
    second.resume()
    second.expect_exit(0)
    server.program_output.wait_for("threads=2 calls=1000")
    second.quit()


@scenario(EXTENDED)
def gdb_killed_at_a_stop(bench):
    program = bench.program("counter_threads", 2, 500, "wait")
    server, gdb = bench.attach(program.ready_pid, "counter_threads")
    gdb.run("break tick")
    program.write("\n")
    gdb.resume_all()
    while gdb.wait_stop().get("reason") != "breakpoint-hit":
        pass
    os.kill(gdb.pid, signal.SIGKILL)
    program.out.wait_for("threads=2 calls=1000")
    check_equal(program.wait(), 0, "exit code")
    server.child.wait()


@scenario(EXTENDED)
def gdb_killed_with_a_launched_program(bench):
    """What only this client had launched ends with `--once`."""
    server, gdb = bench.debug("spin", 2)
    gdb.run("tbreak main")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "main")
    pid = server.created_pid()
    os.kill(gdb.pid, signal.SIGKILL)
    server.child.wait()
    wait_until(lambda: not status_of(pid), f"process {pid} gone")


@scenario(EVERY_MODE)
def detached_program_lives_on(bench):
    server, gdb = bench.debug("sleeping_read")
    gdb.run("tbreak read_all")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "read_all")
    pid = server.created_pid()
    gdb.run("detach")
    check_equal(status_of(pid)["TracerPid"], "0", "tracer")
    gdb.quit()
    server.child.write("abc")
    server.child.process.stdin.close()
    server.program_output.wait_for("sleeping_read got=3 interrupted=0 handled=0")
    server.child.wait()


@scenario((ALL_STOP_EXTENDED,))
def monitor_commands(bench):
    server, gdb = bench.debug("hello")
    check_match(r"The following monitor commands are supported", gdb.run("monitor help"), "monitor help")
    check_match(r"Quit GDBserver", gdb.run("monitor help"), "monitor help")
    gdb.fail("monitor no such thing")
    gdb.run("tbreak main")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "main")
    pid = server.created_pid()
    gdb.try_command("monitor exit")
    check_equal(server.child.wait(), 0, "exit code of the server")
    wait_until(lambda: not threads_of(pid), "the program gone")
    gdb.quit()


@scenario((ALL_STOP_EXTENDED,))
def tables_of_the_system(bench):
    """info os: what the server knows about its machine, without stopping anybody."""
    server, gdb = bench.debug("hello")
    check(str(server.pid) in gdb.run("info os processes"), "the server itself is in the list of processes")
    check_match(r"hello|gdb|run", gdb.run("info os threads"), "threads")
    gdb.quit()


@scenario((ALL_STOP_EXTENDED,))
def files_are_put_and_got(bench):
    _, gdb = bench.debug("hello")
    source = os.path.join(bench.directory, "sent")
    with open(source, "wb") as file:
        file.write(bytes(range(256)) * 300)
    gdb.run(f"remote put {source} {bench.directory}/there")
    gdb.run(f"remote get {bench.directory}/there {bench.directory}/back")
    with open(os.path.join(bench.directory, "back"), "rb") as file:
        check_equal(file.read(), bytes(range(256)) * 300, "the file after its way there and back")
    gdb.run(f"remote delete {bench.directory}/there")
    check(not os.path.exists(os.path.join(bench.directory, "there")), "the file is deleted")
    gdb.quit()
