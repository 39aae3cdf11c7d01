"""Single steps over the instructions that are easily got wrong."""

from harness import EVERY_MODE, EXTENDED, check, check_equal, check_match, line_of, scenario

PLAIN = r"odd_steps traps=0 steps=0 handled=1 flags=0"
WITH_TRAPS = r"odd_steps traps=2 steps=1 handled=1 flags=0"


def stop_at(gdb, mark):
    gdb.run(f"tbreak odd_steps.c:{line_of('odd_steps.c', mark)}")
    gdb.resume()
    return gdb.expect_stop("breakpoint-hit")


def end(server, gdb, line):
    gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for(line)
    gdb.quit()


def step_through(gdb, function):
    """stepi until the function has returned; the number of steps."""
    steps = 0
    while gdb.run("info symbol $pc").startswith(function + " "):
        stop = gdb.move("stepi")
        check_equal(stop["reason"], "end-stepping-range", "reason of a stepi")
        steps += 1
        check(steps < 300, f"300 steps, and still in {function}")
    return steps


def program(bench, form="", *words):
    """odd_steps, stopped in main."""
    server, gdb = bench.debug("odd_steps" + form, 1, *words)
    gdb.run("tbreak main")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "main")
    gdb.run("handle SIGUSR1 nostop noprint pass")
    return server, gdb


def plain(bench, form=""):
    return program(bench, form, "no_traps")


@scenario(EVERY_MODE)
def over_pushf_and_popf(bench):
    """The pushed flags must not show the trap flag of the step."""
    server, gdb = plain(bench)
    stop_at(gdb, "pushf")
    step_through(gdb, "push_flags")
    gdb.run("tbreak pop_flags")
    gdb.resume()
    gdb.expect_stop("breakpoint-hit", "pop_flags")
    step_through(gdb, "pop_flags")
    check_equal(gdb.number("trap_flag_seen"), 0, "the trap flag as the program saw it")
    end(server, gdb, PLAIN)


@scenario(EXTENDED)
def over_pushf_in_32_bits(bench):
    server, gdb = plain(bench, "_32")
    stop_at(gdb, "pushf")
    step_through(gdb, "push_flags")
    check_equal(gdb.number("trap_flag_seen"), 0, "the trap flag as the program saw it")
    end(server, gdb, PLAIN)


@scenario(EVERY_MODE)
def over_a_system_call(bench):
    server, gdb = plain(bench)
    stop_at(gdb, "system-call")
    gdb.run("tbreak syscall")
    gdb.resume()
    gdb.expect_stop("breakpoint-hit")
    for _ in range(60):
        if "syscall" in gdb.run("x/i $pc").split(":", 1)[1]:
            break
        gdb.move("stepi")
    before = gdb.number("$pc")
    gdb.move("stepi")
    check_equal(gdb.number("$pc"), before + 2, "pc after the step over the system call")
    end(server, gdb, PLAIN)


@scenario(EVERY_MODE)
def over_a_signal_handler(bench):
    """next over raise() runs the handler, and the program goes on behind it."""
    server, gdb = plain(bench)
    stop_at(gdb, "raise")
    stop = gdb.move("next")
    check_equal(stop["reason"], "end-stepping-range", "reason")
    check_equal(gdb.number("handled"), 1, "handlers run")
    check_match(r"handler_and_sigreturn", gdb.run("bt"), "where it stands")
    end(server, gdb, PLAIN)


@scenario(EVERY_MODE)
def into_a_signal_handler_and_back(bench):
    """stepi with a signal pending enters the handler at its first instruction; steps lead out of it over sigreturn."""
    server, gdb = plain(bench)
    gdb.run("handle SIGUSR1 stop print pass")
    stop_at(gdb, "raise")
    stop = gdb.move("next")
    check_equal(stop["reason"], "signal-received", "the signal comes first")
    check_equal(stop["signal-name"], "SIGUSR1", "which")
    stop = gdb.move("stepi")
    check_equal(stop["frame"]["func"], "on_usr1", "the step enters the handler")
    gdb.run("tbreak string_copy")
    for _ in range(40):
        if "on_usr1" not in gdb.run("info symbol $pc") and "restore_rt" not in gdb.run("info symbol $pc"):
            break
        stop = gdb.move("stepi")
    check("restore_rt" not in gdb.run("info symbol $pc"), "it came out of the handler")
    gdb.resume()
    gdb.expect_stop("breakpoint-hit", "string_copy")
    end(server, gdb, PLAIN)


@scenario(EVERY_MODE)
def own_int3_is_a_signal(bench):
    """The program's own int3 is a SIGTRAP like any other: shown once, and delivered when the user says so. (Not by `handle SIGTRAP pass`:
    gdb would pass on the SIGTRAP of its own breakpoints too.)"""
    server, gdb = program(bench)
    gdb.resume()
    for _ in range(3):  # int3, int $3, and the step that the program makes of itself
        stop = gdb.expect_stop("signal-received")
        check_equal(stop["signal-name"], "SIGTRAP", "the signal")
        gdb.run("signal SIGTRAP")
    gdb.expect_exit(0)
    server.program_output.wait_for(WITH_TRAPS)
    gdb.quit()


@scenario(EVERY_MODE)
def step_over_own_int3(bench):
    """A step over the program's own int3 ends behind it, as a signal that the program would get."""
    _, gdb = program(bench)
    stop_at(gdb, "int3")
    before = gdb.number("$pc")
    gdb.move("stepi")
    check_equal(gdb.number("$pc"), before + 1, "pc behind the int3")
    gdb.run("kill")
    gdb.quit()


@scenario(EVERY_MODE)
def over_a_repeated_string_instruction(bench):
    server, gdb = plain(bench)
    stop_at(gdb, "rep")
    step_through(gdb, "string_copy")
    end(server, gdb, PLAIN)


@scenario(EVERY_MODE)
def over_pthread_create(bench):
    """next over the creation of a thread; the new one hits its breakpoint."""
    server, gdb = bench.debug("counter_threads", 2, 3)
    gdb.run("tbreak pthread_create")
    gdb.run("break tick")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit")
    stop = gdb.move("finish")
    check_equal(stop["reason"], "function-finished", "finish out of pthread_create")
    gdb.move("next")
    for _ in range(6):
        gdb.resume()
        gdb.expect_stop("breakpoint-hit", "tick")
    end(server, gdb, "threads=2 calls=6")


@scenario(EVERY_MODE)
def line_by_line(bench):
    """step and next through a loop, a hundred times: the values are those of the source."""
    server, gdb = bench.debug("syscalls", 2)
    gdb.run("break one_round")
    bench.go(gdb)
    for done in range(2):
        gdb.expect_stop("breakpoint-hit", "one_round")
        check_equal(gdb.number("rounds_done"), done, "rounds before")
        for _ in range(6):
            gdb.move("next")
        check_equal(gdb.number("rounds_done"), done + 1, "rounds after")
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("rounds=2")
    gdb.quit()


@scenario(EXTENDED)
def other_threads_count_on(bench):
    """A thread is stepped while others go through a breakpoint whose condition is never true: no call is lost."""
    server, gdb = bench.debug("counter_threads", 3, 200)
    gdb.run("break tick if serial == 100")
    bench.go(gdb)
    for _ in range(3):
        gdb.expect_stop("breakpoint-hit", "tick")
        gdb.move("stepi")
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("threads=3 calls=600")
    gdb.quit()
