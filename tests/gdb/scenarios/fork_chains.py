"""Forks of forks, and forks while others run: what gdb shows is counted and compared with what the program says."""

from harness import ALL_STOP_EXTENDED, EVERY_MODE, EXTENDED, SCENARIOS, check, check_equal, check_match, scenario

DEPTH = 42
FORKING_CALLS = "fork vfork clone clone3"


def drive_chain(gdb):
    """Past every catch, by `stepi` and `continue` in turn, until the process that gdb is at ends. The positions that after_fork() was called
    with, the system calls entered, and the last stop."""
    positions, entered = [], 0
    while True:
        stop = gdb.wait_stop()
        gdb.select(stop)
        reason = stop.get("reason")
        if reason == "breakpoint-hit":
            check_equal(stop["frame"]["func"], "after_fork", "where it stopped")
            positions.append(int(stop["frame"]["args"][0]["value"]))
        elif reason == "syscall-entry":
            entered += 1
        elif reason is not None and reason.startswith("exited"):
            return positions, entered, stop
        else:
            check(reason in ("syscall-return", "end-stepping-range"), f"a stop that nobody asked for: {stop}")
        if reason == "syscall-entry" and entered % 2 == 1:
            gdb.run("-exec-step-instruction")
        else:
            gdb.resume()


def chain(bench, kind, follow):
    _, gdb = bench.debug("fork_chain", kind, DEPTH)
    gdb.run(f"set follow-fork-mode {follow}")
    gdb.run("break after_fork")
    gdb.run(f"catch syscall {FORKING_CALLS}")
    bench.go(gdb)
    positions, entered, stop = drive_chain(gdb)
    if follow == "child":
        check_equal(positions, list(range(1, DEPTH + 1)), "where after_fork() was shown")
        # In a vfork's child gdb 13.1 has the two mixed up: when it takes its catchpoint out it says QCatchSyscalls:1, and when it puts it in
        # QCatchSyscalls:0, for it counts by inferior what it has put in once for both.
        check_equal(entered, DEPTH if kind == "fork" else 1, "calls caught")
        check_equal((stop["reason"], int(stop.get("exit-code", "0"), 8)), ("exited", DEPTH), "how the last process ended")
    else:
        check_equal(positions, [0], "where after_fork() was shown")
        check_equal(entered, 1, "calls caught")
        check_equal(stop["reason"], "exited-normally", "how the first process ended")
    gdb.quit()


def register_chains():
    for kind in ("fork", "vfork"):
        for follow in ("child", "parent"):
            for mode in EVERY_MODE:
                SCENARIOS[f"chain_{kind}.{follow}.{mode}"] = (lambda bench, kind=kind, follow=follow: chain(bench, kind, follow), mode)


register_chains()


def count_beats(bench, gdb, program, phase):
    """The hits that gdb counts of beat() in one phase of vfork_beats are the calls that the program counts."""
    gdb.run("break beat")
    gdb.run("ignore $bpnum 1000000000")
    gdb.run("break phase_end")
    gdb.resume_all()
    program.write("\n")
    stop = gdb.expect_stop("breakpoint-hit", "phase_end", timeout=90)
    beats = int(stop["frame"]["args"][0]["value"])
    hits = int(check_match(r"in beat at[^\n]*\n\s*breakpoint already hit (\d+) times", gdb.run("info breakpoints"), "the hits")[1])
    check_equal(hits, beats, "hits that gdb counted, calls that the program counted")
    gdb.run("delete")
    gdb.run("detach")
    check_equal(int(program.out.wait_for(rf"phase={phase} beats=(\d+)")[1]), beats, "calls at the end of the phase")


@scenario(EXTENDED)
def beats_beside_system_calls(bench):
    """Another thread calls system() 200 times, while two clients count in turn."""
    program = bench.program("vfork_beats", 200, 2)
    server = bench.server("--multi", "localhost:0")
    for phase in (1, 2):
        gdb = bench.gdb(f"gdb{phase}")
        bench.connect(gdb, server, "vfork_beats")
        gdb.run(f"attach {program.ready_pid}")
        bench.all_stopped(gdb)
        count_beats(bench, gdb, program, phase)
        gdb.quit()
    check_equal(program.wait(), 0, "exit code")


@scenario((ALL_STOP_EXTENDED,))
def beats_beside_system_calls_over_non_stop(bench):
    bench.gdb_settings = ("maint set target-non-stop on",)
    SCENARIOS[f"beats_beside_system_calls.{ALL_STOP_EXTENDED}"][0](bench)
