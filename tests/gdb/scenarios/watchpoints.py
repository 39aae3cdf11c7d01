"""Watchpoints: on every thread, for writes, reads and both."""

from harness import ALL_STOP, EVERY_MODE, check_equal, line_of, scenario


@scenario(EVERY_MODE)
def writes_of_every_thread(bench):
    """Thread k writes slot k; each write is a stop of the thread that made it. The threads are there before the watchpoints."""
    server, gdb = bench.debug("watch_threads", 3, 4)
    gdb.run(f"tbreak watch_threads.c:{line_of('watch_threads.c', 'all-threads-there')}")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "main")
    for which in range(3):
        gdb.run(f"watch slots[{which}]")
    gdb.resume()
    threads = []
    for which in range(3):
        for write in range(1, 5):
            stop = gdb.expect_stop("watchpoint-trigger", "write_slot")
            check_equal(stop["wpt"]["exp"], f"slots[{which}]", "what was written")
            check_equal(int(stop["value"]["new"]), which * 100 + write, "the new value")
            threads.append((which, stop["thread-id"]))
            gdb.resume()
    check_equal(len(set(threads)), 3, "one thread for each slot")
    gdb.expect_exit(0)
    server.program_output.wait_for("writes=12 sum=312")
    gdb.quit()


@scenario(EVERY_MODE)
def threads_that_come_later(bench):
    """The watchpoint is set before the threads are made."""
    server, gdb = bench.debug("watch_threads", 3, 2)
    gdb.run("tbreak main")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "main")
    gdb.run("watch shared_total")
    gdb.resume()
    for total in (2, 4, 6):
        stop = gdb.expect_stop("watchpoint-trigger", "run")
        check_equal(int(stop["value"]["new"]), total, "the new value")
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("writes=6")
    gdb.quit()


@scenario(ALL_STOP)
def reads_and_accesses(bench):
    """rwatch and awatch on one slot: 2 writes by its thread, then 1 read by main. x86 has no watch for reads alone: gdb takes out the
    writes that change the value."""
    server, gdb = bench.debug("watch_threads", 1, 2)
    gdb.run("tbreak main")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "main")
    gdb.run("awatch slots[0]")
    gdb.resume()
    for write in (1, 2):
        stop = gdb.expect_stop("access-watchpoint-trigger", "write_slot")
        check_equal(int(stop["value"]["new"]), write, "the new value")
        gdb.resume()
    stop = gdb.expect_stop("access-watchpoint-trigger", "read_slot")
    check_equal(int(stop["value"]["value" if "value" in stop["value"] else "new"]), 2, "the value read")
    gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("writes=2")
    gdb.quit()


@scenario(ALL_STOP)
def reads_only(bench):
    _, gdb = bench.debug("watch_threads", 1, 2)
    gdb.run("tbreak main")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "main")
    gdb.run("rwatch slots[0]")
    gdb.resume()
    stop = gdb.expect_stop("read-watchpoint-trigger", "read_slot")
    check_equal(int(stop["value"]["value"]), 2, "the value read")
    gdb.resume()
    gdb.expect_exit(0)
    gdb.quit()


@scenario(EVERY_MODE)
def four_at_once_and_no_fifth(bench):
    """x86 has four debug registers. A fifth is refused, and nothing else is disturbed."""
    _, gdb = bench.debug("watch_threads", 4, 1)
    gdb.run("tbreak main")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "main")
    for which in range(4):
        gdb.run(f"watch slots[{which}]")
    gdb.run("set breakpoint always-inserted on")
    gdb.try_command("watch slots[4]")  # gdb tells the refusal here, or when it resumes
    gdb.run("delete 6")
    gdb.resume()
    for which in range(4):
        # slots[0] gets 1, the others their hundreds: all are changes.
        stop = gdb.expect_stop("watchpoint-trigger", "write_slot")
        check_equal(stop["wpt"]["exp"], f"slots[{which}]", "what was written")
        gdb.resume()
    gdb.expect_exit(0)
    gdb.quit()


@scenario(ALL_STOP)
def a_local_goes_out_of_scope(bench):
    _, gdb = bench.debug("hello")
    gdb.run("tbreak parse_digit")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit")
    gdb.run("set scheduler-locking on")
    gdb.run("up")
    gdb.run("watch sum")
    gdb.resume()
    values = []
    while True:
        stop = gdb.wait_stop()
        if stop["reason"] != "watchpoint-trigger":
            break
        values.append(int(stop["value"]["new"]))
        gdb.resume()
    check_equal(values, [1, 3, 6, 10, 15], "the values of the local")
    check_equal(stop["reason"], "watchpoint-scope", "how it ends")
    gdb.run("set scheduler-locking replay")
    gdb.resume()
    gdb.expect_exit(0)
    gdb.quit()


@scenario(ALL_STOP)
def by_software(bench):
    """Without debug registers gdb steps through the program, and finds the same writes."""
    server, gdb = bench.debug("watch_threads", 1, 2)
    gdb.run("set can-use-hw-watchpoints 0")
    gdb.run("tbreak write_slot")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "write_slot")
    gdb.run("watch slots[0]")
    for write in (1, 2):
        gdb.resume()
        stop = gdb.expect_stop("watchpoint-trigger")
        check_equal(int(stop["value"]["new"]), write, "the new value")
    gdb.run("delete")
    gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("writes=2")
    gdb.quit()
