"""python3 with a C extension, and bash running a script: programs of Debian, not ours."""

from harness import ALL_STOP_EXTENDED, EVERY_MODE, EXTENDED, check_equal, check_match, scenario

PYTHON = "/usr/bin/python3"
BASH = "/bin/bash"


@scenario(EVERY_MODE)
def python_with_a_c_extension(bench):
    """Stopped in the extension, called from threads of Python; the interpreter's frames are above it."""
    server, gdb = bench.debug(PYTHON, bench.path("use_numbers.py"), bench.programs)
    gdb.run("set breakpoint pending on")
    gdb.run("tbreak add_all")
    gdb.run("break add_one if value == 3")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "add_all")
    check_match(r"_PyEval|Py", gdb.run("bt"), "the frames of the interpreter")
    gdb.resume()
    for call in range(3):
        gdb.expect_stop("breakpoint-hit", "add_one")
        check_equal(gdb.number("sum"), 3 * call, "the sum so far")
        gdb.resume()
    gdb.expect_exit(0)
    server.program_output.wait_for("use_numbers sum=60 threads=3")
    gdb.quit()


@scenario(EXTENDED)
def bash_with_a_script(bench):
    """Stopped where bash forks for the pipe; its children run by themselves."""
    server, gdb = bench.debug(BASH, bench.path("script.sh"))
    gdb.run("set breakpoint pending on")
    gdb.run("handle SIGUSR1 nostop noprint pass")
    gdb.run("tbreak fork")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit")
    check_match(r"#1 ", gdb.run("bt"), "backtrace")
    gdb.run("break dup2")
    gdb.resume()
    stop = gdb.wait_stop()
    while stop["reason"] == "breakpoint-hit":
        gdb.select(stop)
        gdb.resume()
        stop = gdb.wait_stop()
    check_equal(stop["reason"], "exited-normally", "how it ended")
    server.program_output.wait_for("script sum=10 lines=3 trapped=1")
    gdb.quit()


@scenario((ALL_STOP_EXTENDED,))
def python_interrupted(bench):
    """Ctrl-C while Python runs its own code; then a function of the interpreter is called."""
    _, gdb = bench.debug(PYTHON, "-c", "'while True: pass'")
    gdb.run("set breakpoint pending on")
    gdb.run("tbreak Py_RunMain")
    bench.go(gdb)
    gdb.expect_stop("breakpoint-hit", "Py_RunMain")
    gdb.resume()
    gdb.interrupt()
    stop = gdb.expect_stop("signal-received")
    check_equal(stop["signal-name"], "SIGINT", "the signal")
    check_equal(gdb.call("(int)Py_IsInitialized()"), "1", "a function called in the interpreter")
    gdb.run("kill")
    gdb.quit()
