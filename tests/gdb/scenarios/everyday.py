"""What one does every day, in a C++ program with exceptions and threads, in each form a program can have."""

from harness import EVERY_MODE, EXTENDED, check, check_equal, check_match, line_of, scenario


def look_around(gdb):
    """Threads, maps, auxv, a thread-local and a call, from a worker stopped in add()."""
    check_match(r"AT_ENTRY", gdb.run("info auxv"), "info auxv")
    check_match(r"AT_PHDR", gdb.run("info auxv"), "info auxv")
    check_match(r"0x[0-9a-f]+ +0x[0-9a-f]+ ", gdb.run("info proc mappings"), "info proc mappings")
    check_equal(gdb.call("triple(14)"), "42", "a function called in the program")
    gdb.run("up")
    check_match(r"worker", gdb.run("frame"), "the frame after up")
    check_equal(gdb.evaluate("mine"), "15", "a local variable of the caller")
    check_equal(gdb.number("tls_number"), 100 + gdb.number("number"), "the thread-local of this thread")


def debug_hello(bench, program, look=look_around, **options):
    server, gdb = bench.debug(program, **options)
    gdb.run("break add")
    gdb.run("tbreak sum_digits")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit")
    gdb.run("info frame")
    gdb.resume()
    for stop in stops_in_add(gdb):
        check_equal(stop.get("reason"), "breakpoint-hit", f"reason of the stop {stop}")
        check(stop["frame"]["func"].startswith("add"), f"stopped in add, not in {stop['frame']['func']}")
        gdb.select(stop)
        look(gdb)
        check_match(r"worker", gdb.run("bt"), "backtrace")
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for(r"hello total=45 caught=1 tls=7")
    gdb.quit()


def stops_in_add(gdb):
    """The three of them. In non-stop they are awaited together: gdb 13 abandons a call of a function in the program when another
    thread stops meanwhile ("The program being debugged stopped while in a function called from GDB")."""
    if gdb.mode.non_stop:
        yield from [gdb.wait_stop() for _ in range(3)]
        return
    for _ in range(3):
        yield gdb.wait_stop()


@scenario(EVERY_MODE)
def cxx_program_with_threads(bench):
    debug_hello(bench, "hello")


@scenario(EXTENDED)
def files_through_the_protocol(bench):
    """Without `set sysroot`, gdb reads the libraries by vFile."""
    debug_hello(bench, "hello", sysroot=None)


@scenario(EXTENDED)
def thirty_two_bit_program(bench):
    debug_hello(bench, "hello_32")


@scenario(EXTENDED)
def program_at_a_fixed_address(bench):
    debug_hello(bench, "hello_no_pie")


@scenario(EXTENDED)
def static_program(bench):
    debug_hello(bench, "hello_static", look=look_without_tls)


@scenario(EXTENDED)
def static_pie_program(bench):
    debug_hello(bench, "hello_static_pie", look=look_without_tls)


def look_without_tls(gdb):
    """gdb finds thread-local variables by libthread_db and the program's libpthread symbols; in static programs it may not."""
    check_match(r"AT_ENTRY", gdb.run("info auxv"), "info auxv")
    check_equal(gdb.call("triple(14)"), "42", "a function called in the program")
    gdb.run("up")
    check_equal(gdb.evaluate("mine"), "15", "a local variable of the caller")


@scenario(EVERY_MODE)
def exceptions(bench):
    """catch throw, catch catch, finish, next."""
    _, gdb = bench.debug("hello")
    gdb.run(f"tbreak hello.cpp:{line_of('hello.cpp', 'after-join')}")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit")
    gdb.run("catch throw")
    gdb.run("catch catch")
    stop = gdb.move("continue")
    check_match(r"parse_digit", gdb.run("bt"), f"backtrace of the throw {stop}")
    gdb.run("frame function parse_digit")
    check_equal(gdb.evaluate("letter"), "120 'x'", "the letter")
    gdb.move("continue")
    check_match(r"try_bad_text", gdb.run("bt"), "backtrace of the catch")
    gdb.run(f"tbreak hello.cpp:{line_of('hello.cpp', 'caught')}")
    stop = gdb.move("continue")
    check_match(r"try_bad_text", stop["frame"]["func"], "function of the handler")
    check_equal(gdb.number("caught"), 0, "before the line")
    stop = gdb.move("next")
    check_equal(gdb.number("caught"), 1, "after next")
    gdb.move("finish")
    check_match(r"main", gdb.run("frame"), "after finish")
    gdb.resume()
    gdb.expect_exit(0)
    gdb.quit()


@scenario(EVERY_MODE)
def finish_shows_the_value(bench):
    _, gdb = bench.debug("hello")
    gdb.run("tbreak parse_digit")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit")
    letter = gdb.number("letter")
    stop = gdb.move("finish")
    check_equal(stop["reason"], "function-finished", "reason")
    check_equal(int(stop["return-value"]), letter - ord("0"), "the value returned")
    gdb.run("kill")
    gdb.quit()


@scenario(EVERY_MODE)
def every_thread_has_its_thread_local(bench):
    server, gdb = bench.debug("hello")
    gdb.run(f"break hello.cpp:{line_of('hello.cpp', 'worker-adds')}")
    bench.go(gdb)
    seen = set()
    for _ in range(3):
        stop = gdb.expect_stop("breakpoint-hit")
        seen.add(gdb.number("tls_number"))
        check_match(r"\* ", gdb.run("info threads"), "the selected thread in the list")
        gdb.resume()
    check_equal(seen, {100, 101, 102}, "thread-local values")
    gdb.expect_exit(0)
    server.program_output.wait_for(r"hello total=45")
    gdb.quit()
