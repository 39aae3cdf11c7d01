"""Whole trees of Debian's programs, followed silently: every process is gdb's, nothing stops because one was born, a breakpoint is for all."""

import contextlib
import os
import pwd
import queue
import shutil
import signal
import subprocess

from harness import ALL_STOP_EXTENDED, NON_STOP_EXTENDED, Failure, check, check_equal, check_match, now, scenario

MAKE_FILES = 6


class Tree:
    """A tree from its first process to its last, in non-stop. What hits the breakpoint is noted and goes on."""

    def __init__(self, bench, program, *arguments, breakpoint):
        self.server, self.gdb = bench.debug(program, *arguments)
        self.bench = bench
        for setting in ("set detach-on-fork off", "set schedule-multiple on", "set breakpoint pending on", "set print inferior-events off",
                        "handle all nostop noprint pass", "handle SIGSEGV SIGABRT SIGTRAP stop print"):  # fmt: skip
            self.gdb.run(setting)
        for event in ("thread-group-started", "thread-group-exited"):
            self.gdb.hear_of(event)
        self.gdb.run(f"break {breakpoint}")
        self.function = breakpoint
        self.processes = {}  # group -> pid
        self.live = set()
        self.codes = {}  # pid -> exit code; None: by a signal
        self.hits = []  # pid
        self.root = None

    def go(self):
        self.bench.go(self.gdb)

    def step(self):
        """Takes one event. False when the last process has ended."""
        self.take(self.gdb.wait_event(timeout=60))
        return bool(self.live)

    def take(self, event):
        values = event.values
        if event.name == "thread-group-started":
            pid = int(values["pid"])
            self.root = self.root or pid
            self.processes[values["id"]] = pid
            self.live.add(pid)
        elif event.name == "thread-group-exited":
            pid = self.processes.get(values["id"])
            self.live.discard(pid)
            self.codes[pid] = int(values["exit-code"], 8) if "exit-code" in values else None
        else:
            self.stopped(values)

    def stopped(self, stop):
        reason = stop.get("reason", "")
        if reason.startswith("exited"):
            return
        check_equal(reason, "breakpoint-hit", f"why it stopped: {stop}")
        check_equal(stop["frame"]["func"].partition("(")[0], self.function, "where it stopped")
        group = self.group_of(stop["thread-id"])
        self.hits.append(self.processes[group])
        self.gdb.run(f"-exec-continue --thread {stop['thread-id']}")

    def group_of(self, thread):
        record, _ = self.gdb.try_command("-list-thread-groups")
        for group in record.values["groups"]:
            if "pid" in group and any(one["id"] == thread for one in self.threads_of(group["id"])):
                return group["id"]
        raise Failure(f"thread {thread} is of no process")

    def threads_of(self, group):
        record, _ = self.gdb.try_command(f"-list-thread-groups {group}")
        return record.values.get("threads", [])

    def follow_to_the_end(self):
        while self.step():
            pass

    def follow_until(self, seen, what):
        """Takes events until `seen` says that something outside gdb has happened, which it is asked four times a second."""
        deadline = now() + 60
        while not seen():
            check(now() < deadline, f"not within 60 s: {what}")
            with contextlib.suppress(queue.Empty):
                self.take(self.gdb.next_event(0.25))

    def output(self, pattern):
        return self.server.program_output.wait_for(pattern)


def need(*programs):
    for program in programs:
        check(shutil.which(program) or os.path.exists(program), f"{program} is not installed (scripts/setup trees)")


@scenario((NON_STOP_EXTENDED,))
def tree_make(bench):
    """make -j4 builds a small program: each cc1, three execs and forks below make, hits once."""
    need("make", "gcc")
    project = os.path.join(bench.directory, "project")
    os.mkdir(project)
    names = [f"part{number}" for number in range(MAKE_FILES)]
    for number, name in enumerate(names):
        with open(f"{project}/{name}.c", "w", encoding="ascii") as file:
            file.write(f"int {name}(void) {{ return {number}; }}\n")
    calls = " + ".join(f"{name}()" for name in names)
    declarations = "".join(f"int {name}(void); " for name in names)
    with open(f"{project}/main.c", "w", encoding="ascii") as file:
        file.write(f"int printf(const char*, ...); {declarations}int main(void) {{ printf(\"sum %d\\n\", {calls}); return 0; }}\n")
    objects = " ".join(f"{name}.o" for name in [*names, "main"])
    with open(f"{project}/Makefile", "w", encoding="ascii") as file:
        file.write(f"all: program\n\t./program\nprogram: {objects}\n\tgcc -o $@ $^\n%.o: %.c\n\tgcc -O1 -c -o $@ $<\n")
    tree = Tree(bench, shutil.which("make"), "-j4", "-C", project, breakpoint="c_parse_file")
    tree.go()
    tree.follow_to_the_end()
    tree.output(rf"^sum {sum(range(MAKE_FILES))}$")
    check_equal(len(tree.hits), MAKE_FILES + 1, "hits, one for each file")
    check_equal(len(set(tree.hits)), MAKE_FILES + 1, "processes that hit")
    check_equal(set(tree.codes.values()), {0}, "exit codes of all processes")
    # gcc, cc1 and as for each file; gcc, collect2 and ld; the program; make
    check(len(tree.codes) >= 3 * (MAKE_FILES + 1) + 3, f"{len(tree.codes)} processes were seen")


def python_workers(bench, method):
    """A pool of workers; the C extension's function is called in them alone, as often as the program says."""
    tree = Tree(bench, "/usr/bin/python3", bench.path("use_workers.py"), bench.programs, method, breakpoint="add_all")
    tree.go()
    tree.follow_to_the_end()
    counted = tree.output(rf"^use_workers method={method} calls=(\d+) sum=(\d+)$")
    check_equal(len(tree.hits), int(counted.group(1)), "hits")
    check(tree.root not in tree.hits, "the first process called it")
    check_equal(tree.codes[tree.root], 0, "exit code of the first process")


@scenario((NON_STOP_EXTENDED,))
def tree_python_fork(bench):
    python_workers(bench, "fork")


@scenario((NON_STOP_EXTENDED,))
def tree_python_spawn(bench):
    python_workers(bench, "spawn")


@scenario((NON_STOP_EXTENDED,))
def tree_bash_pipeline(bench):
    """`read` runs in a subshell; the other ends of the pipes are other programs."""
    script = "seq 3 | sort -r | while read number; do echo got $number; done; exit 3"
    tree = Tree(bench, "/bin/bash", "-c", f"'{script}'", breakpoint="read_builtin")
    tree.go()
    tree.follow_to_the_end()
    tree.output(r"^got 3\ngot 2\ngot 1$")
    check_equal(len(tree.hits), 4, "hits: three lines and the end")
    check_equal(len(set(tree.hits)), 1, "processes that hit")
    check(tree.root not in tree.hits, "it was the shell itself")
    check_equal(tree.codes.pop(tree.root), 3, "exit code of the shell")
    check_equal(sorted(tree.codes.values()), [0, 0, 0], "exit codes of the others")


@scenario((NON_STOP_EXTENDED,))
def tree_postgresql(bench):
    """A backend that the postmaster forks for a connection from outside."""
    folder = "/usr/lib/postgresql/15/bin"
    need(f"{folder}/postgres", "psql", "setpriv")
    user = pwd.getpwnam("postgres")
    data = os.path.join(bench.directory, "data")
    os.chmod(bench.directory, 0o755)
    os.mkdir(data)
    os.chown(data, user.pw_uid, user.pw_gid)
    as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    subprocess.run([*as_user, f"{folder}/initdb", "-D", data, "--no-sync", "-A", "trust"], check=True, capture_output=True, cwd="/")
    tree = Tree(bench, shutil.which("setpriv"), *as_user[1:], f"{folder}/postgres", "-D", data, "-k", data, "-h", "''", "-F",
                breakpoint="PortalRun")  # fmt: skip
    tree.go()
    log = tree.server.child.err
    tree.follow_until(lambda: "ready to accept connections" in log.text(), "postgres is ready")
    client = subprocess.Popen([shutil.which("psql"), "-h", data, "-U", "postgres", "-Atc", "select 6*7", "postgres"], stdout=subprocess.PIPE,
                              text=True)  # fmt: skip
    tree.follow_until(lambda: client.poll() is not None, "psql has ended")
    check_equal(client.communicate(timeout=60)[0], "42\n", "what psql printed")
    check_equal(client.returncode, 0, "exit code of psql")
    os.kill(tree.root, signal.SIGTERM)  # it ends when no client is left
    tree.follow_to_the_end()
    check_equal(len(tree.hits), 1, "hits")
    check(tree.root not in tree.hits, "it was the postmaster itself")
    check_equal(tree.codes[tree.root], 0, "exit code of the postmaster")
    check_match("database system is shut down", log.text(), "its log")


@scenario((ALL_STOP_EXTENDED,))
def tree_chromium(bench):
    """A browser of an ordinary user, in its sandbox; each renderer is held at its exec until gdb has looked at it. (Chromium's renderers are
    forked by its zygote and do not exec, unless they are given a prefix; with one, the last exec is theirs.)"""
    browser = "/usr/lib/chromium/chromium"
    need(browser, "setpriv")
    user = pwd.getpwnam("nobody")
    home = os.path.join(bench.directory, "home")
    os.chmod(bench.directory, 0o755)
    os.mkdir(home)
    os.chown(home, user.pw_uid, user.pw_gid)
    page = "data:text/html,<p id=a>6</p><script>a.textContent=6*7</script>"
    server = bench.child("cotrace", [
        os.path.join(os.path.dirname(bench.server_path), "cotrace"), "run", "-v", "--listen", "localhost:0", "--hold", f"cmdline={browser} --type=renderer*",
        "--", shutil.which("setpriv"), f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "/usr/bin/env", f"HOME={home}",
        browser, "--headless", "--disable-gpu", "--renderer-cmd-prefix=/usr/bin/env", f"--user-data-dir={home}/profile", "--dump-dom", page,
    ])  # fmt: skip
    first = int(server.err.wait_for(r"Process \S+ created; pid = (\d+)").group(1))
    seen = 0
    at = 0
    while True:
        line = server.err.wait_for(rf"(?:Held by cmdline=.*: process (\d+) .*|Process {first} exited with status (\d+))$", timeout=60, after=at)
        at = line.end()
        if line.group(2):
            check_equal(line.group(2), "0", "exit code of the browser")
            break
        seen += 1
        look_at_renderer(bench, server, int(line.group(1)), f"gdb{seen}")
    check(seen > 0, "a renderer was held")
    server.out.wait_for(r'<p id="a">42</p>')


def look_at_renderer(bench, server, pid, name):
    gdb = bench.gdb(name)
    port = server.err.wait_for(r"target extended-remote localhost:(\d+)").group(1)
    gdb.run(f"target extended-remote localhost:{port}")
    held = gdb.run("info inferiors")
    if f"process {pid}" not in held:
        gdb.run("detach")
        gdb.run(f"attach {pid}")
    check_match(r"/chromium", gdb.run("info proc exe"), "what it executes")
    check_match("_start|ld-linux", gdb.run("info symbol $pc"), "where it stands: at its first instruction")
    gdb.run("detach")
    gdb.quit()
