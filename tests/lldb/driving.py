"""lldb by its own Python module, and a server under the name gdbserver for it to connect to."""

import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
# Debian's python3-lldb-19: the module proper is linked to from elsewhere, and its link beside the rest leads nowhere (19.1.7-3).
LLVM = "/usr/lib/llvm-19/lib"
sys.path[:0] = [f"{LLVM}/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages", f"{LLVM}/python3/dist-packages/lldb"]

import lldb  # noqa: E402

from support import *  # noqa: E402

LIMIT = 60  # seconds for one test: lldb's own calls wait without end

lldb.SBDebugger.Initialize()


class Lldb(Case):
    """A debugger for each test; synchronous: continue and the like come back when the process has stopped."""

    def setUp(self):
        super().setUp()
        signal.signal(signal.SIGALRM, self.too_long)
        signal.alarm(LIMIT)
        self.debugger = lldb.SBDebugger.Create(False)
        self.debugger.SetAsync(False)
        self.packets = self.file("packets")
        self.server = None

    def tearDown(self):
        signal.alarm(0)
        lldb.SBDebugger.Destroy(self.debugger)
        if self.server:
            self.server.__exit__()
        super().tearDown()

    def too_long(self, *unused):
        raise AssertionError(f"more than {LIMIT} s; the packets end with\n{self.last_packets()}")

    def last_packets(self):
        with open(self.packets) as log:
            return "".join(log.readlines()[-40:])

    def setting(self, name, value):
        error = lldb.SBDebugger.SetInternalVariable(name, value, self.debugger.GetInstanceName())
        self.assertTrue(error.Success(), error)

    def debug(self, program, *arguments):
        """The process at its first instruction."""
        path = f"{PROGRAMS}/{program}"
        self.server = Server("gdbserver", "--once", "--remote-debug", f"--debug-file={self.packets}", "localhost:0", path,
                             *map(str, arguments))
        self.target = self.debugger.CreateTarget(path)
        return self.connect(self.server.port())

    def serve(self):
        """A server that serves any number of clients, without a program; where to connect."""
        self.door = self.file("door")
        self.server = Server("serve", f"--log-packets={self.packets}", f"unix:{self.door}")
        self.server.expect("Listening on ")
        return f"unix-connect://{self.door}"

    def connect_process(self, door):
        """lldb is there, and has no process yet."""
        # Not by the command "process connect": where nothing is stopped yet, it waits for ever (19.1.7, with lldb-server too).
        self.debugger.SetAsync(True)
        error, event = lldb.SBError(), lldb.SBEvent()
        process = self.target.ConnectRemote(self.debugger.GetListener(), door, "gdb-remote", error)
        self.assertTrue(error.Success(), error)
        while process.GetState() != lldb.eStateConnected:
            self.assertTrue(self.debugger.GetListener().WaitForEvent(PATIENCE, event), self.last_packets())
        self.debugger.SetAsync(False)

    def connect_platform(self):
        # By TCP: where lldb 19 is to make a second connection, it writes "[]" before the path of a Unix socket.
        self.server = Server("serve", f"--log-packets={self.packets}", ":0")
        self.command("platform select remote-linux")
        return self.command(f"platform connect connect://localhost:{self.server.port()}")

    def launch(self, program, *arguments, options=""):
        """A program launched by lldb; it has run until something stopped it, or to its end."""
        self.target = self.debugger.CreateTarget(f"{PROGRAMS}/{program}")
        self.command(f"process launch {options} -- {' '.join(map(str, arguments))}")
        return self.target.GetProcess()

    def printed(self, line):
        """What a command prints of which lldb says neither that it succeeded nor that it failed."""
        result = lldb.SBCommandReturnObject()
        self.debugger.GetCommandInterpreter().HandleCommand(line, result)
        self.assertFalse(result.GetError(), line)
        return result.GetOutput()

    def refused(self, line):
        """What a command of lldb says when it fails."""
        result = lldb.SBCommandReturnObject()
        self.debugger.GetCommandInterpreter().HandleCommand(line, result)
        self.assertFalse(result.Succeeded(), result.GetOutput())
        return result.GetError()

    def evaluate(self, expression, frame=None):
        """The value of an expression as lldb works it out, which is an int."""
        frame = frame or self.target.GetProcess().GetSelectedThread().GetFrameAtIndex(0)
        value = frame.EvaluateExpression(expression)
        self.assertTrue(value.GetError().Success(), f"{value.GetError()}\n{self.last_packets()}")
        return value.GetValueAsSigned()

    def ended(self, process, status=0):
        self.assertEqual((process.GetState(), process.GetExitStatus()), (lldb.eStateExited, status), self.last_packets())

    def command(self, line):
        """What a command of lldb prints."""
        result = lldb.SBCommandReturnObject()
        self.debugger.GetCommandInterpreter().HandleCommand(line, result)
        self.assertTrue(result.Succeeded(), result.GetError())
        return result.GetOutput()

    def connect(self, port):
        # Not SBTarget.ConnectRemote(), which comes back before the process is known to be stopped.
        self.command(f"gdb-remote {port}")
        process = self.target.GetProcess()
        self.assertEqual(process.GetState(), lldb.eStateStopped)
        return process

    def stopped(self, process, reason=lldb.eStopReasonBreakpoint):
        """The threads that stand for this reason; at least one."""
        self.assertEqual(process.GetState(), lldb.eStateStopped, self.last_packets())
        threads = [thread for thread in process if thread.GetStopReason() == reason]
        self.assertTrue(threads, [thread.GetStopDescription(100) for thread in process])
        return threads

    def go(self, process):
        error = process.Continue()
        self.assertTrue(error.Success(), error)


def argument(thread, name):
    return thread.GetFrameAtIndex(0).FindVariable(name).GetValueAsSigned()
