"""gdb and lldb on one program at one time, through one server: each has its own breakpoint and hears of that alone."""

from driving import *

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gdb"))

import queue  # noqa: E402
import threading  # noqa: E402

import mi  # noqa: E402


class Gdb:
    """gdb by its machine interface; stops are taken from a queue."""

    def __init__(self):
        self.process = subprocess.Popen(["gdb", "-nx", "-q", "--interpreter=mi3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.results, self.stops, self.said = queue.Queue(), queue.Queue(), []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        for setting in ("confirm off", "debuginfod enabled off", "sysroot /", "mi-async on", "non-stop on"):
            self.run(f"set {setting}")

    def read(self):
        for line in self.process.stdout:
            self.said.append(line)
            record = mi.parse(line.rstrip("\r\n"))
            if record is not None and record.kind == "^":
                self.results.put(record)
            elif record is not None and record.kind == "*" and record.name == "stopped":
                self.stops.put(record.values)

    def run(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        record = self.results.get(timeout=PATIENCE)
        if record.name == "error":
            raise AssertionError(f"gdb: {command}: {record.values.get('msg')}")
        return record

    def stop(self):
        return self.stops.get(timeout=PATIENCE)

    def end(self):
        self.process.stdin.write("-gdb-exit\n")
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stdout.close()


class BesideGdb(Lldb):
    """The program runs first() and second() of two_functions; gdb has the one, lldb the other.

    gdb is in non-stop mode, and there are no more threads than it has places to step them in. Two debuggers that both keep everything
    standing while they step one thread each, and not the same one, wait for one another for ever.
    """

    THREADS, CALLS = 2, 6

    def setUp(self):
        super().setUp()
        door = self.serve()
        self.program = subprocess.Popen([f"{PROGRAMS}/two_functions", str(self.THREADS), str(self.CALLS), "wait"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.bury)
        self.assertEqual(self.program.stdout.readline(), f"ready {self.program.pid}\n")
        self.gdb = Gdb()
        self.addCleanup(self.gdb.end)
        self.gdb.run(f"file {PROGRAMS}/two_functions")
        self.gdb.run(f"target extended-remote {self.door}")
        self.gdb.run(f"attach {self.program.pid}")
        for _ in range(self.THREADS + 1):
            self.gdb.stop()
        self.gdb.run("break first")
        self.target = self.debugger.CreateTarget(f"{PROGRAMS}/two_functions")
        self.connect_process(door)
        self.command(f"process attach -p {self.program.pid}")
        self.second = self.target.BreakpointCreateByName("second")
        self.process = self.target.GetProcess()

    def bury(self):
        if self.program.poll() is None:
            self.program.kill()
        self.program.communicate()

    def count_in_gdb(self, count):
        """gdb's part, in a thread of its own: each thread that stops goes on, until there have been so many hits (None: to the end)."""
        self.gdb_hits, self.gdb_wrong = 0, []

        def work():
            self.gdb.run("-exec-continue --all")
            while True:
                stop = self.gdb.stop()
                reason = stop.get("reason", "")
                if reason.startswith("exited"):
                    self.gdb_end = stop
                    return
                how = "-exec-continue"
                if reason == "breakpoint-hit" and stop["frame"]["func"] == "first":
                    self.gdb_hits += 1
                    if self.gdb_hits % 3 == 0:
                        how = "-exec-next"
                elif reason != "end-stepping-range":
                    self.gdb_wrong.append(stop)
                    return
                if count is not None and self.gdb_hits >= count:
                    self.gdb.run("delete")
                    self.gdb.run("detach")
                    return
                self.gdb.run(f"{how} --thread {stop['thread-id']}")

        self.worker = threading.Thread(target=work, daemon=True)
        self.worker.start()

    def count_in_lldb(self, count):
        hits = 0
        self.go(self.process)
        while self.process.GetState() == lldb.eStateStopped:
            threads = self.stopped(self.process)
            for thread in threads:
                self.assertEqual(thread.GetFrameAtIndex(0).GetFunctionName(), "second")
            hits += len(threads)
            if count is not None and hits >= count:
                self.second.SetEnabled(False)
                self.assertTrue(self.process.Detach().Success())
                break
            if hits % 3 == 0:
                # Off its breakpoint, while lldb keeps the others standing.
                threads[0].StepInstruction(False)
                self.assertEqual(self.process.GetState(), lldb.eStateStopped)
            self.go(self.process)
        return hits

    def both(self, gdb_count=None, lldb_count=None):
        self.program.stdin.write("\n")
        self.program.stdin.flush()
        self.count_in_gdb(gdb_count)
        hits = self.count_in_lldb(lldb_count)
        self.worker.join(PATIENCE)
        self.assertFalse(self.worker.is_alive(), self.gdb.said[-20:])
        self.assertEqual(self.gdb_wrong, [])
        out, _ = self.program.communicate(None, PATIENCE)
        made = self.THREADS * self.CALLS
        self.assertEqual((out, self.program.returncode), (f"two_functions first={made} second={made}\n", 0))
        return made, hits

    def test_each_hears_of_its_own_to_the_end(self):
        made, hits = self.both()
        self.assertEqual((self.gdb_hits, hits), (made, made), self.last_packets())
        self.assertEqual(self.gdb_end["reason"], "exited-normally")
        self.ended(self.process)

    def test_gdb_leaves_first(self):
        made, hits = self.both(gdb_count=2)
        self.assertEqual(hits, made, self.last_packets())
        self.ended(self.process)

    def test_lldb_leaves_first(self):
        made, _ = self.both(lldb_count=2)
        self.assertEqual(self.gdb_hits, made)
        self.assertEqual(self.gdb_end["reason"], "exited-normally")


if __name__ == "__main__":
    unittest.main(verbosity=2)
