"""What people do with lldb all day, on a program of several threads."""

from driving import *


class Debugging(Lldb):
    def at_tick(self):
        """A process of three threads that call tick(), at its first call."""
        process = self.debug("counter_threads", 3, 20)
        self.tick = self.target.BreakpointCreateByName("tick")
        self.go(process)
        return process, self.stopped(process)[0]

    def run_out(self, process):
        self.tick.SetEnabled(False)
        self.go(process)
        self.assertEqual((process.GetState(), process.GetExitStatus()), (lldb.eStateExited, 0), self.last_packets())
        self.assertEqual(self.server.end(), 0)

    def test_breakpoints_hit_as_often_as_the_program_calls(self):
        process, _ = self.at_tick()
        hits = 0
        while process.GetState() == lldb.eStateStopped:
            hits += len(self.stopped(process))
            self.go(process)
        self.assertEqual(hits, 60)
        self.assertEqual(process.GetExitStatus(), 0)

    def test_steps(self):
        process, thread = self.at_tick()
        before = thread.GetFrameAtIndex(0).GetPC()
        for _ in range(50):
            thread.StepInstruction(False)
            self.assertEqual(process.GetState(), lldb.eStateStopped)
        self.assertNotEqual(thread.GetFrameAtIndex(0).GetPC(), before)
        self.run_out(process)

    def test_step_out_and_backtrace(self):
        process, thread = self.at_tick()
        self.tick.SetEnabled(False)  # or another thread comes there first
        caller = thread.GetFrameAtIndex(1).GetFunctionName()
        self.assertGreaterEqual(thread.GetNumFrames(), 2)
        thread.StepOut()
        self.assertEqual(thread.GetFrameAtIndex(0).GetFunctionName(), caller)
        self.run_out(process)

    def test_threads_and_registers(self):
        process, thread = self.at_tick()
        self.assertGreaterEqual(process.GetNumThreads(), 2)
        for one in process:
            self.assertGreater(one.GetFrameAtIndex(0).GetPC(), 0)
        frame = thread.GetFrameAtIndex(0)
        self.assertEqual(frame.FindRegister("rip").GetValueAsUnsigned(), frame.GetPC())
        # lldb puts it together from xmm15 and ymm15h.
        vector = frame.FindRegister("ymm15")
        self.assertTrue(vector.IsValid())
        self.command(f"register write {vector.GetName()} \"{{{' '.join(['0x5a'] * vector.GetByteSize())}}}\"")
        self.assertEqual(set(frame.FindRegister(vector.GetName()).GetData().uint8s), {0x5A})
        self.run_out(process)

    def test_memory(self):
        process, thread = self.at_tick()
        error = lldb.SBError()
        pc = thread.GetFrameAtIndex(0).GetPC()
        # What lldb reads shows no breakpoint, whoever hides it.
        self.assertNotIn(0xCC, process.ReadMemory(pc, 1, error))
        self.assertTrue(error.Success())
        sp = thread.GetFrameAtIndex(0).GetSP()
        self.assertEqual(process.WriteMemory(sp - 512, b"cotrace", error), 7)
        self.assertEqual(process.ReadMemory(sp - 512, 7, error), b"cotrace")
        process.ReadMemory(0, 1, error)
        self.assertTrue(error.Fail())
        region = lldb.SBMemoryRegionInfo()
        self.assertTrue(process.GetMemoryRegionInfo(pc, region).Success())
        self.assertTrue(region.IsExecutable() and region.IsReadable() and not region.IsWritable())
        self.assertTrue(region.GetName().endswith("counter_threads"))
        self.assertTrue(process.GetMemoryRegionInfo(0, region).Success())
        self.assertFalse(region.IsMapped())
        self.run_out(process)

    def test_expressions_call_functions(self):
        process, thread = self.at_tick()
        value = thread.GetFrameAtIndex(0).EvaluateExpression("(int)getpid()")
        self.assertTrue(value.GetError().Success(), value.GetError())
        self.assertEqual(value.GetValueAsSigned(), process.GetProcessID())
        self.run_out(process)

    def test_watchpoint(self):
        process = self.debug("watch_threads")
        main = self.target.BreakpointCreateByName("main")
        self.go(process)
        variable = self.target.FindFirstGlobalVariable("shared_total")
        self.assertTrue(variable.IsValid())
        error = lldb.SBError()
        watchpoint = variable.Watch(True, False, True, error)
        self.assertTrue(error.Success(), error)
        main.SetEnabled(False)
        self.go(process)
        self.stopped(process, lldb.eStopReasonWatchpoint)
        watchpoint.SetEnabled(False)
        self.go(process)
        self.assertEqual((process.GetState(), process.GetExitStatus()), (lldb.eStateExited, 0), self.last_packets())

    def test_signals_are_named_and_passed_on(self):
        process = self.debug("signals", "handled", 1)
        self.command("process handle -s true -p true SIGUSR1")
        self.go(process)
        thread = self.stopped(process, lldb.eStopReasonSignal)[0]
        self.assertEqual(thread.GetStopReasonDataAtIndex(0), signal.SIGUSR1, thread.GetStopDescription(100))
        # Passed on under its own number; gdb's would be another one.
        self.go(process)
        self.assertEqual((process.GetState(), process.GetExitStatus()), (lldb.eStateExited, 0), self.last_packets())
        self.assertIn("signals handled handled=1", self.server.out.all())

    def test_detach_leaves_it_running(self):
        process, _ = self.at_tick()
        self.assertTrue(process.Detach().Success())
        self.assertEqual(self.server.end(), 0)
        self.assertTrue(any("60" in line for line in self.server.out.all()), self.server.out.all())

    def test_kill(self):
        process, _ = self.at_tick()
        pid = process.GetProcessID()
        self.assertTrue(process.Kill().Success())
        wait_gone(pid)
        self.assertEqual(self.server.end(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
