"""lldb connects to a server that has no program: it launches programs and attaches to processes."""

from driving import *


class Launching(Lldb):
    def connect(self, program):
        door = self.serve()
        self.target = self.debugger.CreateTarget(program if "/" in program else f"{PROGRAMS}/{program}")
        self.connect_process(door)

    def test_a_connection_without_a_program_launches_one(self):
        self.connect("counter_threads")
        tick = self.target.BreakpointCreateByName("tick")
        self.command(f"process launch -o {self.file('out')} -- 2 3")
        process = self.target.GetProcess()
        self.stopped(process)
        tick.SetEnabled(False)
        self.go(process)
        self.ended(process)
        with open(self.file("out")) as out:
            self.assertEqual(out.read(), "counter_threads threads=2 calls=6\n")

    def test_arguments_environment_directory_and_streams(self):
        self.connect("/bin/sh")
        with open(self.file("in"), "w") as text:
            text.write("from the file\n")
        self.command(f"process launch -w {self.directory} -E FIRST=1 -E 'SECOND=a#b$c}}d*e' -i {self.file('in')} -o {self.file('out')} "
                     f"-e {self.file('err')} -- -c 'read line; echo $line $FIRST $SECOND $#; pwd; echo wrong >&2; exit 7' x 'two words'")
        self.ended(self.target.GetProcess(), 7)
        with open(self.file("out")) as out, open(self.file("err")) as err:
            self.assertEqual((out.read(), err.read()),
                             (f"from the file 1 a#b$c}}d*e 1\n{self.directory}\n", "wrong\n"))

    def test_a_program_that_cannot_be_started_says_why(self):
        self.connect("hello")
        wrong = self.file("wrong")
        with open(wrong, "w") as text:
            text.write("no program\n")
        info = lldb.SBLaunchInfo([])
        info.SetExecutableFile(lldb.SBFileSpec(wrong), True)
        error = lldb.SBError()
        self.target.Launch(info, error)
        self.assertTrue(error.Fail())
        self.assertIn("Cannot exec", str(error), self.last_packets())

    def test_attach_by_pid_and_detach(self):
        self.connect("/bin/cat")
        with Sleeper() as sleeper:
            self.command(f"process attach -p {sleeper.pid}")
            process = self.debugger.GetSelectedTarget().GetProcess()
            self.assertEqual((process.GetState(), process.GetProcessID()), (lldb.eStateStopped, sleeper.pid))
            self.assertTrue(process.Detach().Success())
            self.assertEqual(tracer(sleeper.pid), 0)
        self.assertEqual(sleeper.status, 0)

    def test_attach_by_name(self):
        door = self.serve()
        name = f"sleeper-{os.getpid()}"
        program = self.file(name)
        os.symlink("/bin/cat", self.file("link"))
        with open("/bin/cat", "rb") as there, open(program, "wb") as copy:
            copy.write(there.read())
        os.chmod(program, 0o700)
        self.target = self.debugger.CreateTarget(program)
        with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as one:
            self.connect_process(door)
            self.command(f"process attach -n {name}")
            process = self.debugger.GetSelectedTarget().GetProcess()
            self.assertEqual((process.GetState(), process.GetProcessID()), (lldb.eStateStopped, one.pid), self.last_packets())
            self.assertTrue(process.Detach().Success())
            self.assertEqual(tracer(one.pid), 0)
            one.stdin.close()
            self.assertEqual(one.wait(PATIENCE), 0)

    def test_kill_and_launch_again(self):
        self.connect("counter_threads")
        self.target.BreakpointCreateByName("tick")
        self.command(f"process launch -o {self.file('out')} -- 1 1")
        first = self.target.GetProcess().GetProcessID()
        self.assertTrue(self.target.GetProcess().Kill().Success())
        wait_gone(first)
        self.connect_process(f"unix-connect://{self.door}")
        self.command(f"process launch -o {self.file('out')} -- 1 1")
        process = self.target.GetProcess()
        self.stopped(process)
        self.assertNotEqual(process.GetProcessID(), first)
        self.go(process)
        self.ended(process)


if __name__ == "__main__":
    unittest.main(verbosity=2)
