"""The commands that run jobs, trace, tree and catch: by themselves, and in a server that has the process already; and who."""

import json
import time

from support import *

EXITS = f"{PROGRAMS}/exits"


def job(*words, **options):
    return subprocess.Popen([COTRACE, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, **options)


def wait_traced(pid):
    """Until somebody traces it; it is not told of elsewhere."""
    end = time.monotonic() + PATIENCE
    while tracer(pid) == 0:
        if time.monotonic() > end:
            raise AssertionError("nobody traces it")
        time.sleep(0.001)


class Alone(Case):
    def test_a_log_goes_to_standard_error_and_the_program_is_left_its_own(self):
        code, out, err = run("trace", "-e", "write,exit_group", "sh", "-c", "echo said; exit 5")
        self.assertEqual((code, out), (5, "said\n"))
        self.assertEqual(err.splitlines(), ['write(1, "said\\n", 5)                   = 5', "exit_group(5)                           = ?",
                                            "+++ exited with 5 +++"])

    def test_a_log_goes_to_a_file_with_process_ids_when_it_follows(self):
        path = self.file("log")
        code, out, err = run("trace", "-f", "-o", path, "-e", "execve", "sh", "-c", "/bin/true; exit 0")
        self.assertEqual((code, out, err), (0, "", ""))
        with open(path) as log:
            lines = log.read().splitlines()
        self.assertEqual(len([line for line in lines if re.match(r"\d+ +execve\(", line)]), 2, lines)

    def test_the_command_ends_as_its_program_does(self):
        done = subprocess.run([COTRACE, "trace", "-qq", "-e", "none", "--", EXITS, "signal", "15"], capture_output=True,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, -signal.SIGTERM)
        code, out, err = run("tree", "/no/such/program")
        self.assertEqual(code, 127)

    def test_a_program_does_not_outlive_the_command_that_started_it_for_a_job(self):
        for signalled in (signal.SIGTERM, signal.SIGKILL):
            command = subprocess.Popen([COTRACE, "trace", "-o", self.file("log"), f"{PROGRAMS}/spin", "1", "wait"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)
            Lines(command.stdout).expect("ready")
            with open(f"/proc/{command.pid}/task/{command.pid}/children") as children:
                program = int(children.read())
            command.send_signal(signalled)
            self.assertEqual(command.wait(PATIENCE), -signalled)
            self.assertTrue(wait_gone(program))
            command.stdin.close()

    def test_what_is_not_understood_is_named(self):
        for words, text in ((["-e", "trace=no_such_call", "true"], "no_such_call"), (["-p", "1", "true"], "either a program"),
                            ([], "which program"), (["--colour", "true"], "--colour")):
            code, out, err = run("trace", *words)
            self.assertEqual((code, out), (1, ""))
            self.assertIn(text, err)

    def test_a_process_that_is_joined_goes_on_when_the_command_is_interrupted(self):
        with Sleeper() as sleeper:
            command = job("trace", "-p", str(sleeper.pid))
            err = Lines(command.stderr)
            err.expect(r"read\(0, |.*attached")
            self.assertEqual(tracer(sleeper.pid), command.pid)
            command.send_signal(signal.SIGINT)
            self.assertEqual(command.wait(PATIENCE), -signal.SIGINT)
            self.assertEqual(tracer(sleeper.pid), 0)
            self.assertTrue(alive(sleeper.pid))
            command.stdout.close()
        self.assertEqual(sleeper.status, 0)

    def test_a_tree_as_json_has_every_process_and_its_end(self):
        code, out, err = run("tree", "--format", "json", "sh", "-c", f"{EXITS} code 3; {EXITS} signal 9; exit 4")
        self.assertEqual(code, 4)
        events = [json.loads(line) for line in out.splitlines()]
        ends = sorted(str(event.get("code", event.get("signal"))) for event in events if event["event"] == "exit")
        self.assertEqual(ends, ["3", "4", "SIGKILL"])
        self.assertEqual(events[-1]["event"], "end")

    def test_a_crash_is_reported_and_the_process_dies_of_it(self):
        done = subprocess.run([COTRACE, "catch", "--core", ".", "--", f"{PROGRAMS}/crashes", "null", "1"], capture_output=True, text=True,
                              timeout=PATIENCE, cwd=self.directory, env=os.environ | {"PWD": self.directory})
        self.assertEqual(done.returncode, -signal.SIGSEGV)
        self.assertIn("SIGSEGV (SEGV_MAPERR)", done.stdout)
        cores = [name for name in os.listdir(self.directory) if name.startswith("core.")]
        self.assertEqual(len(cores), 1)

    def test_a_crash_is_held_and_the_report_says_how_to_connect(self):
        command = job("catch", "--hold", "--no-maps", f"{PROGRAMS}/crashes", "null", "1")
        err = Lines(command.stderr)
        match, _ = err.expect(r".*-ex 'target extended-remote (\S+)' -ex 'attach (\d+)'")
        text = gdb(f"target extended-remote {match[1]}", f"attach {match[2]}", "print $_siginfo.si_signo", "kill")
        self.assertIn("$1 = 11", text)
        out = Lines(command.stdout)
        self.assertIn(command.wait(PATIENCE), (-signal.SIGKILL, -signal.SIGSEGV))
        out.all()


class InAServer(Case):
    def serve(self, *program):
        return Server("serve", f"unix:{self.file('s')}", "--", *program)

    def test_a_log_joins_the_server_while_a_client_stops_and_steps(self):
        with self.serve(f"{PROGRAMS}/syscalls", "300") as server:
            server.expect("Listening on")
            with Client(self.file("s")) as client:
                pid = int(re.search(r"thread:p([0-9a-f]+)", client.ask("?"))[1], 16)
                command = job("trace", "-o", self.file("log"), "-p", str(pid))
                notes = Lines(command.stderr)
                notes.expect(r".*attached")
                self.assertRegex(client.monitor("who")[0], r"job \d+: trace -o \S+ -p")
                for _ in range(1000):
                    self.assertRegex(client.ask(f"vCont;s:p{pid:x}.{pid:x}"), "^T05")
                self.assertRegex(client.ask("vCont;c"), "^W00")
            self.assertEqual(command.wait(PATIENCE), 0)
            command.stdout.close()
        with open(self.file("log")) as log:
            text = log.read()
        self.assertTrue(text.endswith("+++ exited with 0 +++\n"), text[-300:])
        # Every call once: as many as a log that nobody disturbs has.
        run("trace", "-o", self.file("alone"), f"{PROGRAMS}/syscalls", "300")
        with open(self.file("alone")) as log:
            alone = [line.split("(")[0] for line in log if "(" in line]
        names = [line.split("(")[0] for line in text.splitlines() if "(" in line]
        self.assertEqual(names, alone[-len(names):])
        self.assertGreater(len(names), 600)

    def test_a_command_that_is_killed_leaves_the_process_to_the_others(self):
        with self.serve(f"{PROGRAMS}/spin", "1", "wait") as server:
            server.expect("Listening on")
            with Client(self.file("s")) as client:
                pid = int(re.search(r"thread:p([0-9a-f]+)", client.ask("?"))[1], 16)
                command = job("trace", "-p", str(pid))
                Lines(command.stderr).expect(".*attached")
                command.kill()
                command.wait()
                command.stdout.close()
                while "job" in client.monitor("who")[0]:
                    pass
                self.assertRegex(client.ask(f"vCont;s:p{pid:x}.{pid:x}"), "^T05")
                client.ask("vKill;%x" % pid)

    def test_a_command_is_told_when_its_server_is_killed(self):
        with self.serve(f"{PROGRAMS}/spin", "1", "wait") as server:
            server.expect("Listening on")
            with Client(self.file("s")) as client:
                pid = int(re.search(r"thread:p([0-9a-f]+)", client.ask("?"))[1], 16)
                command = job("tree", "--format", "text", "-p", str(pid))
                out, err = Lines(command.stdout), Lines(command.stderr)
                out.expect(".*spin")
                server.process.kill()
                self.assertEqual(command.wait(PATIENCE), 1)
                err.expect("cotrace: the server that ran this has gone")

    def test_a_reader_that_is_slow_holds_the_program_and_loses_nothing(self):
        rounds = 30000
        with Server("serve", f"unix:{self.file('s')}", "--", f"{PROGRAMS}/syscalls", str(rounds)) as server:
            server.expect("Listening on")
            with Client(self.file("s")) as client:
                pid = int(re.search(r"thread:p([0-9a-f]+)", client.ask("?"))[1], 16)
                read, write = os.pipe()
                command = subprocess.Popen([COTRACE, "trace", "-p", str(pid)], stdin=subprocess.DEVNULL, stderr=write)
                os.close(write)
                first = os.read(read, 10)
                client.send("vCont;c")
                # The pipe, the socket and what the server keeps are full, and the program stands: it is not seen to
                # make progress any more. A client may look at it all the same.
                end, before = time.monotonic() + PATIENCE, None
                while time.monotonic() < end:
                    with open(f"/proc/{pid}/stat") as stat:
                        fields = stat.read().rpartition(")")[2].split()
                    now = (fields[0], fields[11], fields[12])
                    if now == before and now[0] == "t":
                        break
                    before = now
                    time.sleep(0.2)
                self.assertEqual(before[0], "t")
                calls, rest = 0, first
                while data := os.read(read, 1 << 20):
                    lines = (rest + data).split(b"\n")
                    rest = lines.pop()
                    calls += sum(1 for line in lines if line.startswith(b"getppid("))
                os.close(read)
                self.assertEqual(command.wait(PATIENCE), 0)
                self.assertRegex(client.receive(), "^W00")
        self.assertEqual(calls, rounds)

    def test_processes_of_two_servers_are_not_one_job(self):
        with Server("serve", f"unix:{self.file('a')}", "--", f"{PROGRAMS}/spin", "1", "wait") as a, \
                Server("serve", f"unix:{self.file('b')}", "--", f"{PROGRAMS}/spin", "1", "wait") as b:
            a.expect("Listening on")
            b.expect("Listening on")
            with Client(self.file("a")) as first, Client(self.file("b")) as second:
                pids = [int(re.search(r"thread:p([0-9a-f]+)", client.ask("?"))[1], 16) for client in (first, second)]
                code, out, err = run("trace", "-p", str(pids[0]), "-p", str(pids[1]))
                self.assertEqual(code, 1)
                self.assertIn("two servers have these processes", err)


class Who(Case):
    def test_tells_whom_a_server_serves(self):
        with Server("serve", f"unix:{self.file('s')}", "--", f"{PROGRAMS}/spin", "1", "wait") as server:
            server.expect("Listening on")
            with Client(self.file("s")) as client:
                pid = int(re.search(r"thread:p([0-9a-f]+)", client.ask("?"))[1], 16)
                code, out, err = run("who", str(pid))
                self.assertEqual(code, 0)
                self.assertRegex(out, rf"process {pid} \(spin\) is traced by process {server.process.pid} \(cotrace\), a cotrace server\n"
                                      rf"  client 1 \(local\)\n  process {pid} thread {pid} is held")
                self.assertIn(f"traces process {pid} (spin)", run("who")[1])
                client.ask("vKill;%x" % pid)

    def test_tells_of_other_tracers_and_of_none(self):
        with Sleeper() as sleeper:
            self.assertEqual(run("who", str(sleeper.pid)), (0, f"process {sleeper.pid} (cat) is not traced, and can be\n", ""))
            self.assertEqual(tracer(sleeper.pid), 0)
            strace = subprocess.Popen(["strace", "-qq", "-o", "/dev/null", "-p", str(sleeper.pid)])
            wait_traced(sleeper.pid)
            code, out, err = run("who", str(sleeper.pid))
            self.assertEqual((code, err), (0, ""))
            self.assertIn(f"is traced by process {strace.pid} (strace), not a cotrace server that can be asked", out)
            code, out, err = run("trace", "-p", str(sleeper.pid))
            self.assertEqual(code, 1)
            self.assertIn(f"already traced by process {strace.pid} (strace)", err)
            strace.send_signal(signal.SIGINT)
            strace.wait()
        code, out, err = run("who", str(sleeper.pid))
        self.assertEqual((code, out), (1, ""))
        self.assertIn("there is no process", err)

    @unittest.skipUnless(os.getuid() == 0, "only root can be somebody else")
    def test_tells_why_not(self):
        with Sleeper() as sleeper:
            done = subprocess.run([os.path.abspath(COTRACE), "who", str(sleeper.pid)], capture_output=True, text=True, timeout=PATIENCE,
                                  user=65534, group=65534, extra_groups=[], cwd="/")
            if "Permission denied" in done.stderr:
                self.skipTest("nobody may not run the build")
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, "belongs to user 0, and this is user 65534 without CAP_SYS_PTRACE")


# A process id namespace of its own, in which nothing else is.
@unittest.skipUnless(os.getuid() == 0, "needs root for a namespace")
class Everything(Case):
    def inside(self, script):
        return subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "/usr/bin/python3", "-c", script],
                              capture_output=True, text=True, timeout=2 * PATIENCE,
                              env=os.environ | {"COTRACE": os.path.abspath(COTRACE), "XDG_RUNTIME_DIR": self.directory})

    def test_every_process_of_a_namespace_is_caught_when_it_crashes(self):
        script = f"""
import json, os, signal, subprocess, threading
programs = {os.path.abspath(PROGRAMS)!r}
before = [subprocess.Popen([programs + "/spin", "1", "wait"], stdin=subprocess.PIPE) for _ in range(5)]
shell = subprocess.Popen(["sh"], stdin=subprocess.PIPE, text=True)
catch = subprocess.Popen([os.environ["COTRACE"], "catch", "--all", "--json", "--no-maps"], stdout=subprocess.PIPE, text=True)
def traced(pid):
    with open("/proc/%d/status" % pid) as status:
        return "TracerPid:\\t0\\n" not in status.read()
import time
while not all(traced(process.pid) for process in before + [shell]):
    time.sleep(0.001)
# What the shell starts is followed from its first instruction.
ways = ["null", "abort", "null", "abort"] * 5
for way in ways:
    shell.stdin.write("%s/crashes %s 1\\n" % (programs, way))
shell.stdin.close()
shell.wait()
before[0].send_signal(signal.SIGSEGV)
before[0].wait()
reports, died = [], []
for line in catch.stdout:
    event = json.loads(line)
    if event["event"] == "crash": reports.append(event)
    if event["event"] == "outcome": died.append(event)
    if len(died) == len(ways) + 1: break
catch.send_signal(signal.SIGINT)
assert catch.wait() == -signal.SIGINT
assert sorted(r["signal"]["name"] for r in reports) == ["SIGABRT"] * 10 + ["SIGSEGV"] * 11, [r["signal"]["name"] for r in reports]
assert all(e["died"] for e in died)
for process in before[1:]:
    assert not traced(process.pid)
    process.stdin.close()
    assert process.wait() == 0
print("all right")
"""
        done = self.inside(script)
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1:]), (0, ["all right"]), done.stderr[-2000:])

    def test_a_process_that_comes_from_one_that_is_not_traced_is_found(self):
        script = f"""
import os, signal, subprocess, time
programs = {os.path.abspath(PROGRAMS)!r}
tree = subprocess.Popen([os.environ["COTRACE"], "tree", "--all", "--format", "json"], stdout=subprocess.PIPE, text=True)
assert '"begin"' in tree.stdout.readline()
late = subprocess.Popen([programs + "/spin", "1", "wait"], stdin=subprocess.PIPE)
for line in tree.stdout:
    if '"pid":%d' % late.pid in line.replace(" ", ""): break
late.stdin.close()
assert late.wait() == 0
tree.send_signal(signal.SIGINT)
tree.stdout.read()
assert tree.wait() == -signal.SIGINT
print("all right")
"""
        done = self.inside(script)
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1:]), (0, ["all right"]), done.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
