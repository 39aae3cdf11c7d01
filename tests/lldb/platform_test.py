"""The server as lldb's platform: processes, files, a shell, and debug servers for programs that lldb launches."""

import stat

from driving import *


class Platform(Lldb):
    def test_connects_and_tells_of_the_machine(self):
        said = self.connect_platform()
        self.assertIn("Connected: yes", said)
        self.assertIn("x86_64", said)
        self.assertIn(f"WorkingDir: {os.getcwd()}", said)

    def test_shell(self):
        self.connect_platform()
        self.assertEqual(self.command("platform shell echo $((6 * 7)) out; echo err >&2").split(), ["42", "out", "err"])
        failing = lldb.SBPlatformShellCommand("exit 3")
        self.assertTrue(self.debugger.GetSelectedPlatform().Run(failing).Success())
        self.assertEqual((failing.GetStatus(), failing.GetSignal()), (3, 0))

    def test_a_shell_command_has_its_time(self):
        self.connect_platform()
        platform = self.debugger.GetSelectedPlatform()
        endless = lldb.SBPlatformShellCommand("sleep 1000 & sleep 1000")
        endless.SetTimeoutSeconds(1)
        self.assertFalse(platform.Run(endless).Success() and (endless.GetStatus(), endless.GetSignal()) == (0, 0), self.last_packets())
        after = lldb.SBPlatformShellCommand("echo still there")
        self.assertTrue(platform.Run(after).Success())
        self.assertEqual(after.GetOutput(), "still there\n")

    def test_files(self):
        self.connect_platform()
        folder, there, back = self.file("made"), self.file("made/there"), self.file("back")
        self.command(f"platform mkdir -v 0750 {folder}")
        self.assertTrue(stat.S_ISDIR(os.stat(folder).st_mode))
        with open(self.file("here"), "wb") as text:
            text.write(bytes(range(256)) * 1000)
        self.command(f"platform put-file {self.file('here')} {there}")
        self.assertIn("256000", self.command(f"platform get-size {there}"))
        self.assertIn("exists", self.command(f"platform file-exists {there}"))
        self.command(f"platform get-file {there} {back}")
        with open(self.file("here"), "rb") as one, open(back, "rb") as other:
            self.assertEqual(one.read(), other.read())
        platform = self.debugger.GetSelectedPlatform()
        self.assertEqual(platform.GetFilePermissions(there), os.stat(there).st_mode & 0o777)
        self.assertTrue(platform.SetFilePermissions(there, 0o640).Success())
        self.assertEqual(os.stat(there).st_mode & 0o777, 0o640)

    def test_processes(self):
        self.connect_platform()
        with Sleeper() as sleeper:
            said = self.printed(f"platform process info {sleeper.pid}")
            for line in (rf"pid = {sleeper.pid}$", rf"parent = {os.getpid()}$", r"name = cat$", rf"uid = {os.getuid()} "):
                self.assertRegex(said, re.compile(line, re.M))
            listed = self.printed("platform process list -n cat")
            self.assertRegex(listed, re.compile(rf"^{sleeper.pid} +{os.getpid()} .* cat$", re.M))
            self.assertRegex(self.printed("platform process list -r ^c.t$"), re.compile(rf"^{sleeper.pid} ", re.M))
        self.assertIn("no processes", self.refused(f"platform process list -n no-such-{os.getpid()}"))

    def test_launches_a_program_through_a_connection_of_its_own(self):
        self.connect_platform()
        self.debugger.HandleCommand(f"platform settings -w {self.directory}")
        self.target = self.debugger.CreateTarget(f"{PROGRAMS}/counter_threads")
        tick = self.target.BreakpointCreateByName("tick")
        self.command(f"process launch -o {self.file('out')} -- 2 3")
        process = self.target.GetProcess()
        self.stopped(process)
        tick.SetEnabled(False)
        self.go(process)
        self.ended(process)
        with open(self.file("out")) as out:
            self.assertEqual(out.read(), "counter_threads threads=2 calls=6\n")
        # The platform's own connection is still there.
        self.assertEqual(self.command("platform shell echo on"), "on\n")
        self.command(f"process launch -o {self.file('out')} -- 1 1")
        self.ended(self.target.GetProcess())

    def test_attaches_through_a_connection_of_its_own(self):
        self.connect_platform()
        with Sleeper() as sleeper:
            self.command(f"process attach -p {sleeper.pid}")
            process = self.debugger.GetSelectedTarget().GetProcess()
            self.assertEqual((process.GetState(), process.GetProcessID()), (lldb.eStateStopped, sleeper.pid))
            self.assertTrue(process.Detach().Success())
            self.assertEqual(tracer(sleeper.pid), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
