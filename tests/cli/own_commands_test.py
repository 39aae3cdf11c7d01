"""serve, run, attach, gdb; logs; who may connect."""

from support import *


class Own(Case):
    def socket_of(self, server):
        return server.expect(r"(?:target extended-remote|Listening on) (/.*)$")[1]

    def test_run_prints_the_line_to_paste(self):
        with Server("run", "--", "sh", "-c", "exit 4") as server:
            line = server.expect("target extended-remote /.*")[0]
            text = gdb(line, "continue")
            self.assertIn("exited with code 04", text)
            self.assertEqual(server.end(), 0)
            self.assertEqual(server.err.all(), [line])
            self.assertFalse(os.path.exists(line.split()[-1]))

    def test_the_programs_options_are_its_own(self):
        for dashes in ([], ["--"]):
            with Server("run", "--listen", f"unix:{self.file('s')}", *dashes, "echo", "--version", "-v", "--") as server:
                with Client(self.socket_of(server)) as client:
                    self.assertRegex(client.ask("vCont;c"), "^W00")
                self.assertEqual(server.end(), 0)
                self.assertEqual(server.out.all(), ["--version -v --"])

    def test_the_socket_is_the_users_alone(self):
        with Server("serve", env={**os.environ, "XDG_RUNTIME_DIR": self.directory}) as server:
            path = self.socket_of(server)
            self.assertEqual(path, f"{self.directory}/cotrace/{server.process.pid}.sock")
            self.assertEqual(os.stat(path).st_mode & 0o077, 0)
            self.assertEqual(os.stat(os.path.dirname(path)).st_mode & 0o777, 0o700)

    def test_serve_serves_several(self):
        with Server("serve", f"unix:{self.file('s')}") as server:
            path = self.socket_of(server)
            with Client(path) as first, Client(path) as second:
                first.ask("!"), second.ask("!")
                self.assertRegex(first.ask("vRun;" + b"sleep".hex() + ";" + b"1000".hex()), "^T05")
                self.assertEqual(second.ask("?"), "W00")
                text, _ = second.monitor("who")
                self.assertRegex(text, r"(?m)^client 1 \(local\)$")
                self.assertRegex(text, r"(?m)^client 2 \(local\), you$")
            self.assertIsNone(server.process.poll())

    def test_who_names_what_ptrace_does_not_show(self):
        clone_untraced = 0x800000
        with Server("run", "--listen", f"unix:{self.file('s')}", "--", f"{PROGRAMS}/sharers", str(clone_untraced), "1",
                    stdin=subprocess.PIPE) as server:
            with Client(path := self.socket_of(server)) as client, Client(path) as other:
                for one in (client, other):
                    one.ask("?")
                    one.send("vCont;c")
                ready, _ = server.out.expect(r"ready (\d+) (\d+)")
                client.socket.sendall(b"\x03")
                self.assertRegex(client.receive(), "^T02")
                text, _ = client.monitor("who")
                lines = re.findall(r"(?m)^process .* is not traced$", text)
                self.assertEqual(lines, [f"process {ready[2]} (sharers), a child of {ready[1]}, is not traced"])

    def test_everybody_finds_the_program_of_the_command_line(self):
        with Server("serve", f"unix:{self.file('s')}", "--", "sh", "-c", "exit 6") as server:
            path = self.socket_of(server)
            with Client(path) as first:
                stop = re.search(r"thread:p([0-9a-f]+)\.", first.ask("?"))
                with Client(path) as second:
                    self.assertIn(stop[0], second.ask("?"))
                    # It runs when both want it to, and both are told.
                    first.send("vCont;c")
                    second.send("vCont;c")
                    self.assertEqual(first.receive(), f"W06;process:{stop[1]}")
                    self.assertEqual(second.receive(), f"W06;process:{stop[1]}")
            server.process.terminate()
            self.assertEqual(server.end(), -signal.SIGTERM)

    def test_a_lost_client_lets_the_program_run_on(self):
        with Server("run", "--listen", f"unix:{self.file('s')}", "cat", stdin=subprocess.PIPE) as server:
            Client(self.socket_of(server)).close()
            server.process.stdin.write("on it goes\n")
            server.process.stdin.flush()
            server.out.expect("on it goes")
            # And is there for the next, stopped.
            with Client(self.file("s")) as client:
                self.assertRegex(client.ask("?"), "^T0.*thread:p")
                client.send("vCont;c")
                server.process.stdin.close()
                self.assertRegex(client.receive(), "^W00")
            self.assertEqual(server.end(), 0)

    def test_kill_on_disconnect(self):
        with Server("run", "--kill-on-disconnect", "sleep", "1000") as server:
            with Client(self.socket_of(server)) as client:
                pid = int(re.search(r"thread:p([0-9a-f]+)\.", client.ask("?"))[1], 16)
            self.assertTrue(wait_gone(pid))
            self.assertEqual(server.end(), 0)

    def test_attach_lets_go(self):
        with Sleeper() as sleeper:
            with Server("attach", str(sleeper.pid)) as server:
                with Client(self.socket_of(server)) as client:
                    self.assertEqual(tracer(sleeper.pid), server.process.pid)
                    self.assertEqual(client.ask(f"D;{sleeper.pid:x}"), "OK")
                self.assertEqual(server.end(), 0)
            self.assertEqual(tracer(sleeper.pid), 0)
        self.assertEqual(sleeper.status, 0)

    def test_attach_ends_with_the_process(self):
        with Sleeper() as sleeper:
            server = Server("attach", str(sleeper.pid))
            Client(self.socket_of(server)).close()
        self.assertEqual(server.end(), 0)

    def test_a_terminated_server_leaves_an_attached_process_alone(self):
        with Sleeper() as sleeper:
            with Server("attach", str(sleeper.pid)) as server:
                self.socket_of(server)
                server.process.terminate()
                self.assertEqual(server.end(), -signal.SIGTERM)
            self.assertTrue(alive(sleeper.pid))
            self.assertEqual(tracer(sleeper.pid), 0)
        self.assertEqual(sleeper.status, 0)


class Logs(Case):
    def test_packets_with_times(self):
        log = self.file("packets")
        with Server("run", "--log-packets", log, "true") as server:
            with Client(server.expect("target extended-remote (.*)")[1]) as client:
                client.ask("vCont;c")
            self.assertEqual(server.end(), 0)
        with open(log) as text:
            lines = text.read().splitlines()
        self.assertRegex(lines[0], r"^\d\d:\d\d:\d\d\.\d{6} 1 <- qSupported:multiprocess\+")
        self.assertRegex(lines[1], r"^\d\d:\d\d:\d\d\.\d{6} 1 -> PacketSize=")
        self.assertRegex("\n".join(lines), r"1 <- vCont;c\n.* 1 -> W00;process:")

    def test_verbose_tells_the_events(self):
        with Server("run", "-v", "true") as server:
            with Client(server.expect("target extended-remote (.*)")[1]) as client:
                client.ask("vCont;c")
            self.assertEqual(server.end(), 0)
            text = "\n".join(server.err.all())
        for event in (r"Process true created; pid = \d+", "client 1", r"exited with status 0", "client 1 has gone"):
            self.assertRegex(text, rf"(?m)^\d\d:\d\d:\d\d\.\d+ cotrace: .*{event}")

    def test_debug_output_goes_to_its_file(self):
        log = self.file("debug")
        with Server("gdbserver", "--once", "--debug", "--remote-debug", f"--debug-file={log}", "localhost:0", "true") as server:
            with Client(server.port()) as client:
                client.ask("vCont;c")
            self.assertEqual(server.end(), 0)
            self.assertNotIn("vCont", "\n".join(server.err.all()))
        with open(log) as text:
            self.assertIn("1 <- vCont;c", text.read())


class Gdb(Case):
    def start(self, *words):
        return run("gdb", "--gdb-arg=-nx", "--gdb-arg=-batch", *words)

    def test_gdb_is_connected(self):
        code, out, err = self.start("--gdb-arg=-ex", "--gdb-arg=info inferiors", "--gdb-arg=-ex", "--gdb-arg=continue", "echo", "-v", "b c")
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"\* 1 +process \d+")
        self.assertRegex(out, r"(?m)^-v b c$")
        self.assertIn("exited normally", out)

    def test_nothing_is_left_behind(self):
        _, out, _ = self.start("--gdb-arg=-ex", "--gdb-arg=info inferiors", "sleep", "1000")
        self.assertTrue(wait_gone(int(re.search(r"process (\d+)", out)[1])))


class OtherUsers:
    """Only root can become somebody else, to try; see below."""

    def refused(self, connect):
        # In a child, which gives up its rights.
        pid = os.fork()
        if pid == 0:
            try:
                os.setgroups([])
                os.setresgid(65534, 65534, 65534)
                os.setresuid(65534, 65534, 65534)
                connect()
                os._exit(1)
            except (EOFError, ConnectionResetError, BrokenPipeError, PermissionError):
                os._exit(0)
            except BaseException:
                os._exit(2)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)

    def test_are_refused_on_loopback(self):
        with Server("serve", "localhost:0") as server:
            port = server.port()
            self.refused(lambda: Client(port))
            server.expect(r"Connection from 127\.0\.0\.1, port \d+ refused: the peer is user 65534")
            Client(port).close()

    def test_are_refused_on_a_unix_socket(self):
        path = self.file("s")
        os.chmod(self.directory, 0o755)
        with Server("serve", f"unix:{path}") as server:
            server.expect("Listening on ")
            self.refused(lambda: Client(path))
            # Even where somebody has opened the file to all.
            os.chmod(path, 0o666)
            self.refused(lambda: Client(path))
            server.expect("Connection refused: the peer is user 65534")
            Client(path).close()


if os.geteuid() == 0:
    class RefusedUsers(OtherUsers, Case):
        pass


if __name__ == "__main__":
    unittest.main()
