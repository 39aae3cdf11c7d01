"""Expressions that call functions and take memory of the program's, and what is left of that: nothing."""

from driving import *


def anonymous(pid):
    """The program's mappings without a file."""
    with open(f"/proc/{pid}/maps") as maps:
        return sorted(line.split()[0] for line in maps if len(line.split()) == 5)


class Expressions(Lldb):
    def test_values_calls_and_compiled_code(self):
        process = self.debug("hello")
        self.target.BreakpointCreateByName("try_bad_text")
        self.go(process)
        self.stopped(process)
        self.assertEqual(self.evaluate("triple(14)"), 42)
        self.assertEqual(self.evaluate("int $a[3] = {1, 2, 3}; int $s = 0; for (int i = 0; i < 3; ++i) $s += triple($a[i]); $s"), 18)
        self.assertEqual(self.evaluate('(int)strlen("seven..")'), 7)
        self.go(process)
        self.ended(process)

    # There is no C library yet whose mmap could be called.
    def test_memory_before_the_first_instruction(self):
        process = self.debug("hello")
        process.GetSelectedThread().StepInstruction(False)  # out of its exec
        self.assertEqual(self.evaluate("int $x[2] = {20, 22}; int $y = 0; for (int i = 0; i < 2; ++i) $y += $x[i]; $y"), 42)
        self.assertTrue(any("_M" in line for line in self.all_packets()))
        self.go(process)
        self.ended(process)

    def test_in_every_kind_of_program(self):
        for kind in ("hello_static", "hello_static_pie", "hello_no_pie", "hello_32"):
            with self.subTest(kind):
                process = self.debug(kind)
                self.target.BreakpointCreateByName("try_bad_text")
                self.go(process)
                self.stopped(process)
                error = lldb.SBError()
                address = process.AllocateMemory(100, lldb.ePermissionsReadable | lldb.ePermissionsWritable, error)
                self.assertTrue(error.Success(), error)
                self.assertEqual(process.WriteMemory(address, b"cotrace", error), 7)
                self.assertEqual(process.ReadMemory(address, 7, error), b"cotrace")
                self.assertEqual(self.evaluate("triple(2)"), 6)
                self.go(process)
                self.ended(process)
                self.server.end()

    def test_what_was_allocated_goes_at_detach(self):
        door = self.serve()
        with Sleeper() as sleeper:
            self.target = self.debugger.CreateTarget("/bin/cat")
            self.connect_process(door)
            self.command(f"process attach -p {sleeper.pid}")
            process = self.target.GetProcess()
            before = anonymous(sleeper.pid)
            error = lldb.SBError()
            for size in (1, 5000, 1 << 20):
                process.AllocateMemory(size, lldb.ePermissionsReadable, error)
                self.assertTrue(error.Success(), error)
            self.assertNotEqual(anonymous(sleeper.pid), before)
            self.assertTrue(process.Detach().Success())
            self.assertEqual(anonymous(sleeper.pid), before)
        self.assertEqual(sleeper.status, 0)

    # Between the system call and its restart nothing may be lost.
    def test_a_call_from_within_a_system_call(self):
        door = self.serve()
        program = subprocess.Popen([f"{PROGRAMS}/counter_threads", "2", "3", "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   text=True)
        self.addCleanup(program.communicate)
        self.addCleanup(program.kill)
        self.assertEqual(program.stdout.readline(), f"ready {program.pid}\n")
        self.target = self.debugger.CreateTarget(f"{PROGRAMS}/counter_threads")
        self.connect_process(door)
        self.command(f"process attach -p {program.pid}")
        process = self.target.GetProcess()
        for thread in process:
            process.SetSelectedThread(thread)
            self.assertEqual(self.evaluate("(int)getpid()", thread.GetFrameAtIndex(0)), program.pid)
        self.assertTrue(process.Detach().Success())
        out, _ = program.communicate("go\n", PATIENCE)
        self.assertEqual((out, program.returncode), ("counter_threads threads=2 calls=6\n", 0))

    def all_packets(self):
        with open(self.packets) as log:
            return log.readlines()


if __name__ == "__main__":
    unittest.main(verbosity=2)
