"""What the program answers to wrong and informing command lines."""

from support import *


class Own(Case):
    def test_version_and_help_go_to_standard_output(self):
        code, out, err = run("--version")
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(out.startswith(f"cotrace {os.environ.get('COTRACE_VERSION', '')}"), out)
        for words in (["--help"], ["serve", "--help"], ["run", "--help"], ["attach", "--help"], ["gdb", "--help"]):
            code, out, err = run(*words)
            self.assertEqual((code, err), (0, ""), words)
            self.assertIn("--", out)

    def test_user_errors_are_one_sentence_and_exit_1(self):
        for words, word in (
            ([], "which command"),
            (["bogus"], "bogus"),
            (["run"], "which program"),
            (["gdb"], "which program"),
            (["attach"], "PID"),
            (["attach", "abc"], "abc"),
            (["attach", "-1"], "-1"),
            (["serve", "--bogus"], "--bogus"),
            (["serve", "nonsense"], "nonsense"),
            (["serve", "localhost:99999"], "65535"),
            (["serve", "--log-packets", "/no/such/directory/file", "localhost:0"], "/no/such/directory/file"),
            (["run", "--tty", "/dev/no-such-terminal", "true"], "/dev/no-such-terminal"),
            (["run", "/no/such/program"], "/no/such/program"),
            (["run", "/etc/passwd"], "/etc/passwd"),
            (["gdb", "/no/such/program"], "/no/such/program"),
            (["gdb", "--gdb", "/no/such/gdb", "true"], "/no/such/gdb"),
            (["serve", "nobody.invalid:1"], "cannot resolve name: "),
        ):
            with self.subTest(words):
                code, out, err = run(*words)
                self.assertEqual((code, out), (1, ""), err)
                self.assertRegex(err, r"\Acotrace: [^\n]*\n\Z")
                self.assertIn(word, err)

    def test_attach_to_nothing(self):
        with Sleeper() as gone:
            pass
        code, _, err = run("attach", str(gone.pid))
        self.assertEqual(code, 1)
        self.assertRegex(err, rf"\Acotrace: Cannot attach to process {gone.pid}: [^\n]*\n\Z")

    def test_attach_to_a_traced_process_names_the_tracer(self):
        with Sleeper() as sleeper, Server("attach", str(sleeper.pid)) as first:
            first.expect("target extended-remote ")
            code, _, err = run("attach", str(sleeper.pid))
            self.assertEqual(code, 1)
            self.assertIn(str(first.process.pid), err)

    def test_an_address_taken_by_another(self):
        with Server("serve", "localhost:0") as first:
            code, _, err = run("serve", f"localhost:{first.port()}")
            self.assertEqual((code, err), (1, "cotrace: Can't bind address: Address already in use.\n"))


class DropIn(Case):
    def run_gdbserver(self, *words):
        return run(*words, arguments=[self.gdbserver()])

    def test_both_names(self):
        for start in ([COTRACE, "gdbserver"], [self.gdbserver()]):
            code, out, err = run("--version", arguments=start)
            self.assertEqual((code, err), (0, ""))
            self.assertIn("GNU gdbserver", out.splitlines()[0])

    def test_no_arguments_and_help(self):
        code, out, err = self.run_gdbserver()
        self.assertEqual((code, out), (1, ""))
        self.assertTrue(err.startswith("Usage:\tgdbserver"))
        code, out, err = self.run_gdbserver("--help")
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(out.startswith("Usage:\tgdbserver"))

    def test_what_cannot_be_served(self):
        for words, text in (
            (["nobody.invalid:2345", "true"], r"nobody.invalid:2345: cannot resolve name: [^\n]*\nExiting\n"),
            (["nonsense", "true"], r"nonsense: [^\n]*\nExiting\n"),
            (["--attach", "localhost:0", "999999999"], r"Cannot attach to process 999999999: [^\n]*\nExiting\n"),
            (["--no-startup-with-shell", "localhost:0", "/no/such"],
             r"gdbserver: Cannot exec /no/such\ngdbserver: Error: No such file or directory\n"
             r"During startup program exited with code 127\.\nExiting\n"),
            (["localhost:0", "/no/such"], r"[^\n]*/no/such[^\n]*\nDuring startup program exited with code 127\.\nExiting\n"),
            (["stdio", "no-such-program"],
             r"stdin/stdout redirected\n[^\n]*no-such-program[^\n]*not found\n"
             r"During startup program exited with code 127\.\nExiting\n"),
            (["--bogus", "localhost:0", "true"], r"Unknown argument: --bogus\n"),
        ):
            with self.subTest(words):
                code, out, err = self.run_gdbserver(*words)
                self.assertEqual((code, out), (1, ""))
                self.assertRegex(err, r"\A" + text + r"\Z")

    def test_a_taken_port_starts_nothing(self):
        with Server("--multi", "localhost:0", program=self.gdbserver()) as first:
            mark = self.file("started")
            code, _, err = self.run_gdbserver(f"localhost:{first.port()}", "touch", mark)
            self.assertEqual(code, 1)
            self.assertEqual(err, "Can't bind address: Address already in use.\nExiting\n")


if __name__ == "__main__":
    unittest.main()
