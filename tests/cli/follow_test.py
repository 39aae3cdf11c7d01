"""Following process trees silently, and gates: --follow, --hold, --ignore, and the monitor commands for them."""

import time

from support import *

EXITS = f"{PROGRAMS}/exits"
# How a debugger gets to what is held, as the line says it.
HELD = r"Held (by|at) (.*): process (\d+) \((.*)\)\. In gdb: (?:target extended-remote (/.*)|attach (\d+))$"


def parent_of(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"PPid:\s*(\d+)", status.read())[1])


class Gates(Case):
    def run_tree(self, *options, script):
        return Server("run", "--listen", f"unix:{self.file('s')}", *options, "--", "sh", "-c", script)

    def held(self, server):
        match = server.expect(HELD)
        return match, int(match[3])

    def test_a_gate_holds_at_the_first_instruction(self):
        script = f"for code in 1 2 3; do {EXITS} code $code; echo code $?; done"
        with self.run_tree("--hold", "cmdline=*exits code 2", script=script) as server:
            match, pid = self.held(server)
            self.assertEqual((match[1], match[2], match[4]), ("by", "cmdline=*exits code 2", f"{EXITS} code 2"))
            # Those before it have come and gone, and it has done nothing yet.
            self.assertEqual(server.out.expect("code 1")[1], 1)
            with Client(match[5]) as client:
                self.assertRegex(client.ask("?"), f"thread:p{pid:x}\\.{pid:x};")
                where = client.ask("qXfer:auxv:read::0,1000")
                self.assertTrue(where.startswith("l"))
                self.assertRegex(client.ask("vCont;c"), "^W02")
            self.assertEqual(server.end(), 0)
            self.assertEqual(server.out.all(), ["code 1", "code 2", "code 3"])

    def test_the_grandchild_is_debugged_from_its_beginning(self):
        script = f"sh -c '{PROGRAMS}/fork_storm 3 1; true'; echo done"
        with self.run_tree("--hold", "name=fork_storm", script=script) as server:
            match, pid = self.held(server)
            text = gdb(f"target extended-remote {match[5]}", "break child_work", "set follow-fork-mode child",
                       "continue", "backtrace", "kill inferiors 2")
            self.assertRegex(text, r"hit Breakpoint 1, child_work \(number=0\)")
            self.assertRegex(text, r"#1 .* in main ")
            self.assertEqual(server.end(), 0)
            self.assertIn("done", server.out.all())

    def test_the_program_of_the_command_line_can_match(self):
        with Server("run", "--listen", f"unix:{self.file('s')}", "--hold", "exec=*/exits", "--", EXITS, "code", "7") as server:
            match, pid = self.held(server)
            self.assertEqual(parent_of(pid), server.process.pid)
            with Client(match[5]) as client:
                self.assertRegex(client.ask("vCont;c"), "^W07")
            self.assertEqual(server.end(), 0)

    def test_several_are_held_and_handed_out_in_turn(self):
        script = f"{EXITS} code 1 & {EXITS} code 2 & {EXITS} code 3 & wait"
        with self.run_tree("--hold", "exits", script=script) as server:
            first, pid = self.held(server)
            others = {self.held(server)[1], self.held(server)[1]}
            with Client(first[5]) as client, Client(first[5]) as second, Client(first[5]) as third:
                stops = [re.search(r"thread:p([0-9a-f]+)\.", one.ask("?"))[1] for one in (client, second, third)]
                self.assertEqual([int(one, 16) for one in stops][0], pid)
                self.assertEqual({int(one, 16) for one in stops[1:]}, others)
                for one in (client, second, third):
                    self.assertRegex(one.ask("vCont;c"), "^W0[123]")
            self.assertEqual(server.end(), 0)

    def test_attach_by_number(self):
        script = f"{EXITS} code 1 & {EXITS} code 2 & wait"
        with Server("serve", "--hold", "exits", f"unix:{self.file('s')}", "--", "sh", "-c", script) as server:
            first, one = self.held(server)
            _, other = self.held(server)
            with Client(first[5]) as client:
                self.assertRegex(client.ask("?"), f"thread:p{one:x}\\.")
                client.ask("!")
                self.assertRegex(client.ask(f"vAttach;{other:x}"), f"^T05.*thread:p{other:x}\\.")
                client.send("vCont;c")
                ends = {client.receive(), client.ask("vCont;c")}
                self.assertEqual({end.partition(";")[0] for end in ends}, {"W01", "W02"})

    def test_nobody_attaches_in_time(self):
        with self.run_tree("--hold", "exits", "--hold-timeout", "1", script=f"{EXITS} code 5; echo code $?") as server:
            _, pid = self.held(server)
            self.assertIn(f"process {pid},", server.expect("Let go: .*")[0])
            self.assertEqual(server.end(), 0)
            self.assertEqual(server.out.all(), ["code 5"])

    def test_a_pattern_that_nothing_matches_is_told(self):
        with self.run_tree("--hold", "exec=*/nothing", script=f"{EXITS} code 5; echo code $?") as server:
            server.expect(r"No process matched --hold exec=\*/nothing$")
            self.assertEqual(server.end(), 0)
            self.assertEqual(server.out.all(), ["code 5"])

    def test_a_pattern_that_everything_matches(self):
        with self.run_tree("--hold", "*", script=f"{EXITS} code 5; echo code $?") as server:
            first, shell = self.held(server)
            with Client(first[5]) as client:
                client.ask("?")
                self.assertEqual(client.ask(f"D;{shell:x}"), "OK")
            second, pid = self.held(server)
            self.assertNotEqual(shell, pid)
            with Client(second[5]) as client:
                self.assertRegex(client.ask("vCont;c"), "^W05")
            self.assertEqual(server.end(), 0)

    def test_a_crash_is_held_with_its_signal(self):
        script = f"{EXITS} signal 15; echo code $?; {EXITS} signal 11; echo code $?"
        with self.run_tree("--hold", "crash", script=script) as server:
            match, pid = self.held(server)
            self.assertEqual((match[1], match[2], match[4]), ("at", "SIGSEGV", f"{EXITS} signal 11"))
            self.assertEqual(server.out.expect("code")[0].string, "code 143")
            with Client(match[5]) as client:
                self.assertRegex(client.ask("?"), f"^T0b.*thread:p{pid:x}\\.")
                self.assertRegex(client.ask("vCont;C0b"), "^X0b")
            self.assertEqual(server.end(), 0)
            self.assertEqual(server.out.all(), ["code 143", "code 139"])

    def test_a_crash_can_be_taken_back(self):
        # kill(getpid(), SIGSEGV): without the signal the program goes on.
        with self.run_tree("--hold", "crash", script="kill -ABRT $$; echo alive") as server:
            match, _ = self.held(server)
            with Client(match[5]) as client:
                self.assertRegex(client.ask("?"), "^T06")
                self.assertRegex(client.ask("vCont;c"), "^W00")
            self.assertEqual(server.out.all(), ["alive"])

    def test_a_crash_in_a_thread_holds_all_threads(self):
        with self.run_tree("--hold", "crash", script=f"{EXITS} thread_signal 6; echo code $?") as server:
            match, pid = self.held(server)
            with Client(match[5]) as client:
                stop = client.ask("?")
                self.assertRegex(stop, f"^T06.*thread:p{pid:x}\\.")
                self.assertNotRegex(stop, f"thread:p{pid:x}\\.{pid:x};")
                self.assertRegex(client.ask("vCont;C06"), "^X06")
            self.assertEqual(server.out.all(), ["code 134"])

    def test_what_is_ignored_is_not_traced_nor_what_it_makes(self):
        # The inner shell is ignored by its command line; what it starts tells who traces it, and so does what the outer one starts.
        tell = "sh -c \"grep TracerPid /proc/self/status\""
        script = f"sh -c '{tell}; : inner'; {tell}"
        with self.run_tree("--follow", "--ignore", "cmdline=*: inner", "--hold", "crash", script=script) as server:
            self.assertEqual(server.end(), 0)
            inner, outer = server.out.all()
            self.assertEqual(inner.split(), ["TracerPid:", "0"])
            self.assertEqual(outer.split(), ["TracerPid:", str(server.process.pid)])

    def test_a_wrong_pattern_starts_nothing(self):
        for pattern, word in (("pid=3", "no pid="), ("exec=", "matches nothing"), ("", "matches nothing")):
            code, out, err = run("run", "--hold", pattern, "--", "echo", "started")
            self.assertEqual((code, out), (1, ""))
            self.assertIn(word, err)

    def test_killed_at_the_gate(self):
        with self.run_tree("--hold", "exits", script=f"{EXITS} code 5; echo code $?") as server:
            _, pid = self.held(server)
            os.kill(pid, signal.SIGKILL)
            self.assertEqual(server.end(), 0)
            self.assertEqual(server.out.all(), ["code 137"])

    def test_the_end_of_the_server_ends_what_is_held_and_launched(self):
        with self.run_tree("--hold", "exits", script=f"{EXITS} code 5; echo code $?") as server:
            _, pid = self.held(server)
            shell = parent_of(pid)
            server.process.terminate()
            self.assertEqual(server.end(), -signal.SIGTERM)
            self.assertTrue(wait_gone(shell))
            self.assertTrue(wait_gone(pid))


class Following(Case):
    def test_follow_alone_waits_for_the_debugger(self):
        with Server("run", "--follow", "--listen", f"unix:{self.file('s')}", "--", "sh", "-c", f"{EXITS} code 1; exit 6") as server:
            path = server.expect("target extended-remote (/.*)")[1]
            with Client(path) as client:
                self.assertRegex(client.ask("?"), "^T05")
                client.ask("QPassSignals:14")  # SIGCHLD
                reply = client.ask("vCont;c")
                child = re.search(r"fork:p([0-9a-f]+)\.", reply)[1]
                self.assertEqual(client.ask(f"D;{child}"), "OK")
                # Let go by the client; the server has it still.
                self.assertEqual(tracer(int(child, 16)), server.process.pid)
                reply = client.ask("vCont;c")
                if "vforkdone:" in reply:
                    reply = client.ask("vCont;c")
                self.assertRegex(reply, "^W06")
            self.assertEqual(server.end(), 0)

    def test_monitor(self):
        with Server("serve", f"unix:{self.file('s')}") as server:
            path = server.expect("Listening on (.*)")[1]
            with Sleeper() as sleeper, Client(path) as client:
                client.ask("!")
                self.assertEqual(client.monitor("follow")[0], "No process is followed.\n")
                words = ["sh", "-c", f"read line; {EXITS} code 9; exit 1"]
                self.assertRegex(client.ask(f"vAttach;{sleeper.pid:x}"), "^T")
                self.assertEqual(client.monitor("hold exits")[0], "Nothing is followed so far: monitor follow on\n")
                self.assertRegex(client.monitor("follow on")[0], "^Following 1 process and all")
                self.assertRegex(client.monitor("follow")[0], rf"^ *{sleeper.pid} cat$")
                self.assertEqual(client.monitor("ignore name=true")[0], "Set.\n")
                self.assertRegex(client.monitor("ignore pid=4")[0], "no pid=")
                # What is launched from now on is followed too.
                self.assertRegex(client.ask("vRun;" + ";".join(word.encode().hex() for word in words)), "^T05")
                self.assertEqual(len(client.monitor("follow")[0].splitlines()), 2)
                self.assertRegex(client.monitor("follow off")[0], "^Nothing is followed")
                self.assertEqual(client.monitor("follow")[0], "No process is followed.\n")

    def test_a_client_that_has_the_process_stops_at_the_gate(self):
        with Server("run", "--follow", "--hold", "exits", "--listen", f"unix:{self.file('s')}", "--", "sh", "-c",
                    f"exec {EXITS} code 3") as server:
            first = server.expect(HELD)
            with Client(first[5]) as client:
                self.assertRegex(client.ask("vCont;c"), "^W03")
            self.assertEqual(server.end(), 0)
        with Server("run", "--follow", "--listen", f"unix:{self.file('s')}", "--", "sh", "-c", f"exec {EXITS} code 3") as server:
            path = server.expect("target extended-remote (/.*)")[1]
            with Client(path) as client:
                client.ask("?")
                self.assertEqual(client.monitor("hold exits")[0], "Set.\n")
                self.assertRegex(client.ask("vCont;c"), "exec:")
                self.assertRegex(client.ask("vCont;c"), "^T02")  # as if interrupted: at its first instruction
                self.assertRegex(client.ask("vCont;c"), "^W03")
            self.assertEqual(server.end(), 0)

    def test_gdb_is_told_to_see_every_process(self):
        words = [f"--gdb-arg={word}" for word in ("-nx", "-batch", "-ex", "show non-stop", "-ex", "show detach-on-fork", "-ex",
                                                  "show schedule-multiple", "-ex", "kill")]
        code, out, err = run("gdb", "--follow", *words, "sh", "-c", "true")
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"(?s)non-stop mode is on\..*child of a fork is off\..*all processes is on\.")

    def test_gdb_starts_when_something_is_held(self):
        code, out, err = run("gdb", "--hold", "exits", "--gdb-arg=-nx", "--gdb-arg=-batch", "--gdb-arg=-ex",
                             "--gdb-arg=info inferiors", "--gdb-arg=-ex", "--gdb-arg=kill", "sh", "-c", f"true; {EXITS} code 2; echo $?")
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"process \d+ .*/exits")

    def test_gdb_is_not_started_when_nothing_is_held(self):
        code, out, err = run("gdb", "--hold", "exec=*/nothing", "sh", "-c", "echo ran")
        self.assertEqual(code, 0)
        self.assertIn("No process matched --hold exec=*/nothing", err)
        self.assertIn("ran", out)


class Many(Case):
    """Trees of many short-lived processes: the server answers meanwhile, and forgets them."""

    NOTHING = ("--hold", "name=no-such-program")  # so that the tree runs without a debugger

    def resident(self, server):
        with open(f"/proc/{server.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])

    def grow(self, server, client, program):
        """Lets the program, which waits for its stdin, go and returns its line; the client is answered all the while."""
        server.process.stdin.write("go\n")
        server.process.stdin.flush()
        before, answers = len(server.out.so_far()), 0
        while len(server.out.so_far()) == before:
            text, reply = client.monitor("who")
            self.assertEqual(reply, "OK")
            self.assertIn(", you", text)
            answers += 1
        self.assertGreater(answers, 1)
        line = server.out.so_far()[-1]
        self.assertTrue(line.startswith(program), line)
        return line

    def server(self, *command):
        return Server("serve", "--follow", *self.NOTHING, f"unix:{self.file('s')}", "--", "sh", "-c",
                      f"while read line; do {' '.join(command)}; done", stdin=subprocess.PIPE)

    def followed(self, client):
        return client.monitor("follow")[0].splitlines()

    def test_ten_thousand_processes(self):
        with self.server(f"{PROGRAMS}/fork_storm", "3400", "16") as server:
            with Client(server.expect("Listening on (.*)")[1]) as client:
                client.ask("!")
                resident = []
                for _ in range(3):
                    self.assertEqual(self.grow(server, client, "fork_storm"), "fork_storm children=3400")
                    resident.append(self.resident(server))
                # What the first third has cost is not asked for again; a process kept would be some hundred bytes at the least.
                self.assertLess(resident[2] - resident[0], 2000)
                self.wait_for_one(client)

    def wait_for_one(self, client):
        """Only the shell is followed still."""
        end = time.monotonic() + PATIENCE
        while len(self.followed(client)) != 1:
            self.assertLess(time.monotonic(), end)

    def test_a_fork_bomb_inside_a_limit(self):
        # Bound are all processes of the user; root's bomb takes a user id of its own.
        others = 0 if os.geteuid() == 0 else sum(os.stat(f"/proc/{pid}").st_uid == os.geteuid() for pid in os.listdir("/proc") if pid.isdigit())
        with self.server(f"{PROGRAMS}/fork_bomb", str(others + 150), "3000") as server:
            with Client(server.expect("Listening on (.*)")[1]) as client:
                client.ask("!")
                for _ in range(3):
                    line = self.grow(server, client, "fork_bomb")
                    self.assertRegex(line, "^fork_bomb births=3000 refused=[0-9]+ bad=0$")
                self.wait_for_one(client)


if __name__ == "__main__":
    unittest.main(verbosity=2)
