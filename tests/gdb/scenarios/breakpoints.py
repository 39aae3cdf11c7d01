"""Breakpoints: temporary, conditional (in the server), with commands, in hardware, in libraries that come late."""

from harness import EVERY_MODE, EXTENDED, check, check_equal, check_match, scenario


@scenario(EVERY_MODE)
def temporary_and_ignored(bench):
    server, gdb = bench.debug("counter_threads", 1, 50)
    gdb.run("tbreak main")
    gdb.run("break tick")
    gdb.run("ignore 2 40")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "main")
    gdb.resume()
    gdb.expect_stop("breakpoint-hit", "tick")
    check_equal(gdb.number("serial"), 40, "the first hit that is not ignored")
    check_equal(gdb.number("calls_made"), 40, "calls counted by the program")
    gdb.run("delete 2")
    gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("calls=50")
    gdb.quit()


@scenario(EVERY_MODE)
def condition_in_the_server(bench):
    """All threads pass the breakpoint thousands of times; the condition holds once for each."""
    server, gdb = bench.debug("counter_threads", 3, 300)
    gdb.run("set breakpoint condition-evaluation target")
    gdb.run("break tick if serial == 250")
    bench.go(gdb)
    seen = set()
    for _ in range(3):
        stop = gdb.expect_stop("breakpoint-hit", "tick")
        check_equal(gdb.number("serial"), 250, "the condition")
        seen.add(stop["thread-id"])
        gdb.resume()
    check_equal(len(seen), 3, "threads that stopped")
    gdb.expect_exit(0)
    server.program_output.wait_for("threads=3 calls=900")
    gdb.quit()


@scenario(EVERY_MODE)
def condition_in_gdb(bench):
    server, gdb = bench.debug("counter_threads", 2, 30)
    gdb.run("set breakpoint condition-evaluation host")
    gdb.run("break tick if serial == 29")
    bench.go(gdb)
    for _ in range(2):
        gdb.expect_stop("breakpoint-hit", "tick")
        check_equal(gdb.number("serial"), 29, "the condition")
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("threads=2 calls=60")
    gdb.quit()


@scenario(EXTENDED)
def dprintf_by_the_server(bench):
    """The message is formatted by the server, with no stop for gdb."""
    server, gdb = bench.debug("counter_threads", 1, 5)
    gdb.run("set dprintf-style agent")
    gdb.run('dprintf tick,"tick %d of a known number\\n",serial')
    bench.go(gdb)
    gdb.expect_exit(0)
    server.program_output.wait_for("threads=1 calls=5")
    text = server.program_output.text() + server.child.err.text() + gdb.child.out.text()
    for serial in range(5):
        check_match(rf"tick {serial} of a known number", text, "the message")
    gdb.quit()


@scenario(EVERY_MODE)
def in_hardware(bench):
    """Every thread, those to come too, stops at a breakpoint in a debug register."""
    server, gdb = bench.debug("counter_threads", 3, 2)
    gdb.run("tbreak main")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "main")
    before = gdb.number("*(unsigned*)tick")
    gdb.run("hbreak tick")
    gdb.resume()
    for _ in range(6):
        gdb.expect_stop("breakpoint-hit", "tick")
        check_equal(gdb.number("*(unsigned*)tick"), before, "the code bytes")
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("threads=3 calls=6")
    gdb.quit()


@scenario(EVERY_MODE)
def hits_are_all_counted(bench):
    """Several threads, one breakpoint, nobody slips by while another one steps over it."""
    server, gdb = bench.debug("counter_threads", 4, 25)
    gdb.run("break tick")
    bench.go(gdb)
    for _ in range(100):
        gdb.expect_stop("breakpoint-hit", "tick")
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("threads=4 calls=100")
    gdb.quit()


@scenario(EXTENDED)
def memory_hides_them(bench):
    """Reads show the program's bytes, and a write below a breakpoint keeps both."""
    server, gdb = bench.debug("counter_threads", 1, 3)
    gdb.run("set breakpoint always-inserted on")
    gdb.run("tbreak main")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "main")
    before = gdb.number("*(unsigned char*)tick")
    gdb.run("break *tick")
    check_equal(gdb.number("*(unsigned char*)tick"), before, "the byte under the breakpoint")
    gdb.run("set var *(unsigned char*)tick = 0x90")
    check_equal(gdb.number("*(unsigned char*)tick"), 0x90, "the byte written under it")
    gdb.run(f"set var *(unsigned char*)tick = {before}")
    for _ in range(3):
        gdb.resume()
        gdb.expect_stop("breakpoint-hit", "tick")
    gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("calls=3")
    gdb.quit()


@scenario(EVERY_MODE)
def in_a_library_that_comes_late(bench):
    server, gdb = bench.debug("late_library", bench.path("late.so"))
    gdb.run("set breakpoint pending on")
    gdb.run("break late_function")
    bench.go(gdb)
    for value in (1, 2):
        gdb.expect_stop("breakpoint-hit", "late_function")
        check_equal(gdb.number("value"), value, "the argument")
        check("late.so" in gdb.run("info sharedlibrary"), "the library is listed")
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("sum=13")
    gdb.quit()


@scenario(EVERY_MODE)
def for_one_thread_only(bench):
    """`break ... thread N`: the others pass it."""
    server, gdb = bench.debug("watch_threads", 3, 4, "wait")
    gdb.run("tbreak watch_threads.c:take_turn if number == 2")
    bench.go(gdb)
    stop = gdb.expect_stop("breakpoint-hit", "take_turn")
    gdb.run(f"break write_slot thread {stop['thread-id']}")
    gdb.resume()
    server.child.write("\n")
    for i in range(1, 5):
        gdb.expect_stop("breakpoint-hit", "write_slot")
        check_equal((gdb.number("which"), gdb.number("value")), (2, 200 + i), "who and what")
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("writes=12 sum=312")
    gdb.quit()
