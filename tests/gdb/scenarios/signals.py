"""Signals: shown, passed, kept back, sent by the user, with their siginfo."""

import signal

from harness import ALL_STOP, EVERY_MODE, EXTENDED, check, check_equal, line_of, scenario


@scenario(EVERY_MODE)
def passed_without_a_stop(bench):
    server, gdb = bench.debug("signals", "handled", 50)
    gdb.run("handle SIGUSR1 nostop noprint pass")
    bench.go(gdb)
    gdb.expect_exit(0)
    server.program_output.wait_for("signals handled handled=50")
    gdb.quit()


@scenario(EVERY_MODE)
def shown_and_passed(bench):
    server, gdb = bench.debug("signals", "handled", 3)
    gdb.run("handle SIGUSR1 stop print pass")
    bench.go(gdb)
    for _ in range(3):
        stop = gdb.expect_stop("signal-received")
        check_equal(stop["signal-name"], "SIGUSR1", "the signal")
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("signals handled handled=3")
    gdb.quit()


@scenario(EVERY_MODE)
def kept_back(bench):
    """With nopass the program never gets it, and says so."""
    server, gdb = bench.debug("signals", "handled", 3)
    gdb.run("handle SIGUSR1 nostop noprint nopass")
    bench.go(gdb)
    gdb.expect_exit(1)
    server.program_output.wait_for("signals handled handled=0")
    gdb.quit()


@scenario(EVERY_MODE)
def ignored_ones_do_not_stop(bench):
    server, gdb = bench.debug("signals", "ignored", 20)
    gdb.run("handle SIGUSR1 nostop noprint pass")
    bench.go(gdb)
    gdb.expect_exit(0)
    server.program_output.wait_for("signals ignored handled=0")
    gdb.quit()


@scenario(EVERY_MODE)
def queued_ones_keep_order_and_value(bench):
    server, gdb = bench.debug("signals", "queued", 40)
    gdb.run("handle SIG34 stop print pass")
    bench.go(gdb)
    for value in range(1, 41):
        stop = gdb.expect_stop("signal-received")
        check_equal(stop["signal-name"], "SIG34", "the signal")
        check_equal(gdb.number("$_siginfo._sifields._rt.si_sigval.sival_int"), value, "its value")
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("signals queued handled=40")
    gdb.quit()


@scenario(EVERY_MODE)
def taken_by_sigwaitinfo(bench):
    server, gdb = bench.debug("signals", "waited", 10)
    gdb.run("handle SIGUSR2 nostop noprint pass")
    bench.go(gdb)
    gdb.expect_exit(0)
    server.program_output.wait_for("signals waited handled=0")
    gdb.quit()


@scenario(EVERY_MODE)
def siginfo_of_a_fault(bench):
    server, gdb = bench.debug("signals", "fault", 2)
    bench.go(gdb)
    for _ in range(2):
        stop = gdb.expect_stop("signal-received", "mode_fault")
        check_equal(stop["signal-name"], "SIGSEGV", "the signal")
        check_equal(
            gdb.number("$_siginfo._sifields._sigfault.si_addr"), gdb.number("closed_page") + 8, "the address of the fault"
        )
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("signals fault handled=2")
    gdb.quit()


@scenario(ALL_STOP)
def siginfo_can_be_changed(bench):
    """The handler sees the sender that the debugger wrote, and counts it as wrong."""
    server, gdb = bench.debug("signals", "handled", 1)
    gdb.run("handle SIGUSR1 stop print pass")
    bench.go(gdb)
    gdb.expect_stop("signal-received")
    gdb.run("set var $_siginfo._sifields._kill.si_pid = 12345")
    gdb.run("tbreak on_signal")
    gdb.resume()
    gdb.expect_stop("breakpoint-hit", "on_signal")
    check_equal(gdb.number("info->_sifields._kill.si_pid"), 12345, "the sender in the handler")
    gdb.resume()
    gdb.expect_exit(1)
    gdb.quit()


@scenario(EVERY_MODE)
def sent_by_the_user(bench):
    """`signal SIGUSR1` runs the handler of a program that got none; `signal 0` takes one away."""
    server, gdb = bench.debug("sleeping_read")
    gdb.run("tbreak read_all")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "read_all")
    gdb.run("break on_usr1")
    gdb.run("signal SIGUSR1")
    gdb.expect_stop("breakpoint-hit", "on_usr1")
    server.child.process.stdin.close()
    gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("handled=1")
    gdb.quit()


@scenario(EVERY_MODE)
def taken_away_by_the_user(bench):
    server, gdb = bench.debug("signals", "handled", 1)
    bench.go(gdb)
    gdb.expect_stop("signal-received")
    gdb.run("signal 0")
    gdb.expect_exit(1)
    server.program_output.wait_for("signals handled handled=0")
    gdb.quit()


@scenario(EVERY_MODE)
def deadly(bench):
    _, gdb = bench.debug("signals", "fatal", 11)
    bench.go(gdb)
    stop = gdb.expect_stop("signal-received")
    check_equal(stop["signal-name"], "SIGSEGV", "the signal")
    gdb.resume()
    stop = gdb.expect_stop("exited-signalled")
    check_equal(stop["signal-name"], "SIGSEGV", "what it died of")
    gdb.quit()


@scenario(EXTENDED)
def deadly_to_a_thread(bench):
    _, gdb = bench.debug("exits", "thread_signal", int(signal.SIGABRT))
    bench.go(gdb)
    stop = gdb.expect_stop("signal-received")
    check_equal(stop["signal-name"], "SIGABRT", "the signal")
    gdb.resume()
    stop = gdb.expect_stop("exited-signalled")
    check_equal(stop["signal-name"], "SIGABRT", "what it died of")
    gdb.quit()


@scenario(EVERY_MODE)
def with_breakpoints_all_around(bench):
    """A timer's signals arrive at any moment of two threads that step over a breakpoint; every call is counted."""
    server, gdb = bench.debug("timer_signals", 400, 300, 2)
    gdb.run("handle SIGALRM nostop noprint pass")
    gdb.run("break busy if busy_calls == 1000000")
    bench.go(gdb)
    gdb.expect_exit(0)
    server.program_output.wait_for(r"timer_signals calls=800 alarms=\d+")
    gdb.quit()


@scenario(ALL_STOP)
def next_with_a_signal_in_between(bench):
    server, gdb = bench.debug("signals", "nested", 2)
    gdb.run("handle SIGUSR1 SIGUSR2 nostop noprint pass")
    gdb.run("tbreak mode_nested")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "mode_nested")
    for _ in range(4):
        stop = gdb.move("next")
        check_equal(stop["reason"], "end-stepping-range", "reason")
        check_equal(stop["frame"]["func"], "mode_nested", "function")
    gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("signals nested handled=4")
    gdb.quit()


@scenario(EXTENDED)
def with_a_core(bench):
    _, gdb = bench.debug("signals", "core")
    gdb.run(f"set cwd {bench.directory}")
    gdb.run("handle SIGABRT nostop noprint pass")
    bench.go(gdb)
    stop = gdb.expect_stop("exited-signalled")
    check_equal(stop["signal-name"], "SIGABRT", "what it died of")
    gdb.quit()


@scenario(EVERY_MODE)
def breakpoint_in_a_handler(bench):
    server, gdb = bench.debug("signals", "handled", 2)
    gdb.run("handle SIGUSR1 nostop noprint pass")
    gdb.run(f"break signals.c:{line_of('signals.c', 'handler')}")
    bench.go(gdb)
    for _ in range(2):
        gdb.expect_stop("breakpoint-hit", "on_signal")
        check("signal handler called" in gdb.run("bt"), "the frame of the signal")
        gdb.resume()
    gdb.expect_exit(0)
    gdb.quit()
