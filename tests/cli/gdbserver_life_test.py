"""gdbserver's manners: what is printed, what becomes of the processes, when the server ends."""

from support import *


class Life(Case):
    def server(self, *words, **options):
        return Server(*words, program=self.gdbserver(), **options)

    def start(self, server):
        """The launched process and the port, from the lines."""
        pid = int(server.expect(r"Process .* created; pid = (\d+)$")[1])
        return pid, server.port()

    def test_the_program_stands_before_the_port_is_open(self):
        with self.server("--once", "localhost:0", "cat", "/proc/self/comm") as server:
            pid, port = self.start(server)
            with Client(port) as client:
                self.assertRegex(client.ask("?"), rf"^T05.*thread:p{pid:x}\.{pid:x}")
                server.expect(r"Remote debugging from host 127\.0\.0\.1, port \d+$")
                self.assertEqual(client.ask("vCont;c"), f"W00;process:{pid:x}")
                server.expect("$")
                server.expect("Child exited with status 0$")
            self.assertEqual(server.end(), 0)
            self.assertEqual(server.out.all(), ["cat"])

    def test_localhost_is_both_loopback_addresses(self):
        with self.server("--multi", "localhost:0") as server:
            port = server.port()
            # gdb tries ::1 first, then 127.0.0.1.
            text = gdb(f"target extended-remote localhost:{port}", "monitor who")
            self.assertIn("client 1 (", text)

    def test_a_signal_ends_the_program(self):
        with self.server("--once", "localhost:0", "sh", "-c", "kill -SEGV $$") as server:
            pid, port = self.start(server)
            with Client(port) as client:
                self.assertTrue(client.ask("vCont;c").startswith("T0b"))
                self.assertEqual(client.ask("vCont;C0b"), f"X0b;process:{pid:x}")
            server.expect(r"Child terminated with signal = 0xb \(SIGSEGV\)$")
            self.assertEqual(server.end(), 0)

    def test_once_kills_what_it_started_when_the_client_vanishes(self):
        with self.server("--once", "localhost:0", "sleep", "1000") as server:
            pid, port = self.start(server)
            client = Client(port)
            with self.assertRaises(OSError):
                Client(port)  # the door is closed behind the first
            client.close()
            server.expect(rf"Killing process\(es\): {pid}$")
            self.assertEqual(server.end(), 0)
            self.assertTrue(wait_gone(pid))

    def test_once_lets_go_of_what_it_attached_to(self):
        with Sleeper() as sleeper:
            # The option may come after the address.
            with self.server("--once", "localhost:0", "--attach", str(sleeper.pid)) as server:
                server.expect(rf"Attached; pid = {sleeper.pid}$")
                Client(server.port()).close()
                self.assertEqual(server.end(), 0)
            self.assertEqual(tracer(sleeper.pid), 0)
        self.assertEqual(sleeper.status, 0)

    def test_without_once_the_next_client_goes_on(self):
        with self.server("localhost:0", "sh", "-c", "exit 3") as server:
            pid, port = self.start(server)
            with Client(port) as first:
                pc = first.ask("p10")
            server.expect("Remote side has terminated connection.  GDBserver will reopen the connection.$")
            # At once, without waiting for the second `Listening on`.
            with Client(port) as second:
                self.assertRegex(second.ask("?"), rf"^T05.*thread:p{pid:x}\.{pid:x}")
                self.assertEqual(second.ask("p10"), pc)
                self.assertEqual(second.ask("vCont;c"), f"W03;process:{pid:x}")
            self.assertEqual(server.end(), 0)
            self.assertEqual(len([l for l in server.err.all() if l == f"Listening on port {port}"]), 2)

    def test_a_running_program_is_stopped_for_the_next_client(self):
        with self.server("localhost:0", "sleep", "1000") as server:
            pid, port = self.start(server)
            first = Client(port)
            first.send("vCont;c")
            first.close()
            with Client(port) as second:
                self.assertRegex(second.ask("?"), rf"^T\d\d.*thread:p{pid:x}\.{pid:x}")
                self.assertRegex(second.ask("g"), "^[0-9a-fx]{1000}")
                self.assertEqual(second.ask(f"vKill;{pid:x}"), "OK")
            self.assertEqual(server.end(), 0)

    def test_the_second_client_waits_for_the_first(self):
        with self.server("--multi", "localhost:0") as server:
            port = server.port()
            first = Client(port)
            import socket
            second = socket.create_connection(("127.0.0.1", port), PATIENCE)
            second.sendall(b"+$qSupported#37")
            first.close()
            self.assertIn(b"PacketSize", second.recv(65536))
            second.close()

    def test_remote_ends_with_its_process_extended_stays(self):
        for extended in (False, True):
            with self.subTest(extended=extended), self.server("localhost:0", "true") as server:
                pid, port = self.start(server)
                with Client(port) as client:
                    if extended:
                        self.assertEqual(client.ask("!"), "OK")
                    self.assertEqual(client.ask("vCont;c"), f"W00;process:{pid:x}")
                if extended:
                    self.assertEqual(server.port(), port)
                    with Client(port) as client:
                        self.assertEqual(client.ask("?"), "W00")
                        self.assertEqual(client.monitor("exit"), ("", "OK"))
                self.assertEqual(server.end(), 0)

    def test_after_detach_it_ends_with_the_program(self):
        with self.server("--once", "localhost:0", "cat", stdin=subprocess.PIPE) as server:
            pid, port = self.start(server)
            with Client(port) as client:
                self.assertEqual(client.ask(f"D;{pid:x}"), "OK")
            server.expect(rf"Detaching from process {pid}$")
            self.assertEqual(tracer(pid), 0)
            self.assertIsNone(server.process.poll())
            server.process.stdin.close()
            self.assertEqual(server.end(), 0)
            self.assertFalse(alive(pid))

    def test_detach_from_an_attached_process_ends_it(self):
        with Sleeper() as sleeper, self.server("--attach", "localhost:0", str(sleeper.pid)) as server:
            with Client(server.port()) as client:
                self.assertEqual(client.ask("D"), "OK")
            self.assertEqual(server.end(), 0)
            self.assertTrue(alive(sleeper.pid))

    def test_monitor_exit_kills_and_detaches(self):
        with Sleeper() as sleeper, self.server("localhost:0", "sleep", "1000") as server:
            pid, port = self.start(server)
            with Client(port) as client:
                client.ask("!")
                self.assertRegex(client.ask(f"vAttach;{sleeper.pid:x}"), "^T05")
                self.assertEqual(client.monitor("exit"), ("", "OK"))
                self.assertTrue(client.closed())
            self.assertEqual(server.end(), 0)
            self.assertTrue(wait_gone(pid))
            self.assertEqual(tracer(sleeper.pid), 0)
            server.expect("GDBserver exiting$")

    def test_a_client_that_vanishes_within_a_packet(self):
        with self.server("localhost:0", "sleep", "1000") as server:
            pid, port = self.start(server)
            client = Client(port)
            client.socket.sendall(b"$m7f")
            client.close()
            with Client(port) as second:
                self.assertRegex(second.ask("?"), rf"thread:p{pid:x}")

    def test_a_signal_ends_the_server_in_order(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            with self.subTest(number), Sleeper() as sleeper, self.server("localhost:0", "sleep", "1000") as server:
                pid, port = self.start(server)
                with Client(port) as client:
                    client.ask("!")
                    self.assertRegex(client.ask(f"vAttach;{sleeper.pid:x}"), "^T05")
                    server.process.send_signal(number)
                    self.assertTrue(client.closed())
                self.assertEqual(server.end(), -number)
                self.assertTrue(wait_gone(pid))
                self.assertEqual(tracer(sleeper.pid), 0)

    def test_a_killed_server_takes_its_programs_along(self):
        with self.server("localhost:0", "sleep", "1000") as server:
            pid, port = self.start(server)
            with Client(port) as client:
                server.process.kill()
                self.assertTrue(client.closed())
            self.assertTrue(wait_gone(pid))

    def test_the_program_dies_while_nobody_is_connected(self):
        with self.server("localhost:0", "sleep", "1000") as server:
            pid, _ = self.start(server)
            os.kill(pid, signal.SIGKILL)
            self.assertEqual(server.end(), 0)

    def test_the_program_is_the_servers_child_in_a_group_of_its_own(self):
        with self.server("--once", "localhost:0", "cat") as server:
            pid, port = self.start(server)
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
            self.assertEqual(int(fields[1]), server.process.pid)
            self.assertEqual(int(fields[2]), pid)

    def test_signals_of_the_server_are_not_the_programs(self):
        """The program starts with what the server was started with, not with what the server made of it."""
        show = ["grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"]
        ignored = {signal.SIGHUP, signal.SIGUSR2}
        before = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}
        try:
            expected = subprocess.run(show, capture_output=True, text=True, check=True, restore_signals=False).stdout
            with self.server("--once", "localhost:0", *show, restore_signals=False) as server:
                _, port = self.start(server)
                with Client(port) as client:
                    client.ask("vCont;c")
                self.assertEqual(server.end(), 0)
                self.assertEqual(server.out.all(), expected.splitlines())
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def test_wrapper_and_shell(self):
        with self.server("--once", "--wrapper", "env", "TEST=1 2", "--", "localhost:0", "sh", "-c", 'echo "$TEST"') as server:
            _, port = self.start(server)
            with Client(port) as client:
                client.ask("vCont;c")
            self.assertEqual(server.end(), 0)
            self.assertEqual(server.out.all(), ["1 2"])


class Stdio(Case):
    def test_gdb_starts_it_through_a_pipe(self):
        for target in ("remote", "extended-remote"):
            text = gdb(f"target {target} | {self.gdbserver()} --once - cat /proc/self/comm", "continue")
            self.assertIn("stdin/stdout redirected", text)
            self.assertIn("Remote debugging using stdio", text)
            self.assertRegex(text, r"(?m)^cat$")
            self.assertIn("exited normally", text)

    def test_the_programs_input_is_empty_and_its_output_goes_to_stderr(self):
        import socket
        ours, theirs = socket.socketpair()
        with Server("stdio", "cat", "-", "/proc/self/comm", program=self.gdbserver(), stdin=theirs, stdout=theirs) as server:
            theirs.close()
            server.expect("Remote debugging using stdio$")
            with Client(ours) as client:
                self.assertRegex(client.ask("vCont;c"), "^W00")
            server.expect("cat$")
            self.assertEqual(server.end(), 0)

    def test_the_end_of_input_is_the_end(self):
        with Server("--multi", "-", program=self.gdbserver()) as server:
            self.assertEqual(server.end(), 0)


class Terminal(Case):
    def test_the_program_has_the_terminal_and_a_full_one_stops_nobody(self):
        import pty
        leader, follower = pty.openpty()
        server = subprocess.Popen([self.gdbserver(), f"unix:{self.file('s')}", "sh", "-c", "read line; exit 5"],
                                  stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
                                  preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0))
        os.close(follower)
        text = b""
        while b"Listening on" not in text:
            text += os.read(leader, 4096)
        with Client(self.file("s")) as client:
            os.write(leader, b"hello\n")
            self.assertRegex(client.ask("vCont;c"), "^W05")
        self.assertEqual(server.wait(PATIENCE), 0)
        os.close(leader)

    def test_events_go_on_when_nobody_reads_the_lines(self):
        reader, writer = os.pipe()
        server = subprocess.Popen([self.gdbserver(), "--multi", f"unix:{self.file('s')}"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=writer)
        self.addCleanup(server.kill)  # where the test fails half-way
        os.close(writer)
        os.read(reader, 4096)  # Listening
        with Client(self.file("s")) as client:
            client.monitor("set remote-debug 1")
            for _ in range(400):  # 64 KiB of pipe, and more than is kept
                client.monitor("help")
            self.assertEqual(client.monitor("exit"), ("", "OK"))
        self.assertEqual(server.wait(PATIENCE), 0)
        os.close(reader)


if __name__ == "__main__":
    unittest.main()
