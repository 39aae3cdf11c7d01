"""At a terminal: whose turn it is, and where Ctrl-C goes."""

import pexpect

from support import *


class AtATerminal(Case):
    def spawn(self, *words):
        return pexpect.spawn(words[0], list(words[1:]), timeout=PATIENCE, encoding="utf-8")

    def test_gdb_keeps_the_terminal_and_its_ctrl_c_stops_the_program(self):
        gdb = self.spawn(COTRACE, "gdb", "--gdb-arg=-nx", "sh", "-c", "echo begun; exec sleep 1000")
        gdb.expect_exact("(gdb) ")
        gdb.sendline("info inferiors")
        gdb.expect(r"process (\d+)")
        pid = int(gdb.match[1])
        gdb.sendline("continue")
        gdb.expect("begun\r")
        gdb.sendcontrol("c")
        gdb.expect("SIGINT")
        gdb.expect_exact("(gdb) ")
        gdb.sendline("kill")
        gdb.expect(r"\(y or n\)")
        gdb.sendline("y")
        gdb.expect("killed")
        gdb.sendline("quit")
        gdb.expect(pexpect.EOF)
        gdb.wait()
        self.assertEqual(gdb.exitstatus, 0)
        self.assertTrue(wait_gone(pid))

    def test_the_program_has_the_terminal_until_it_ends(self):
        path = self.file("s")
        shell = self.spawn("bash", "--norc", "-i")
        shell.sendline("PS1=READY:")
        shell.expect("READY:.*READY:")
        shell.sendline(f"{COTRACE} serve unix:{path} -- cat")
        shell.expect("Listening on")
        with Client(path) as client:
            client.send("vCont;c")
            shell.sendline("typed")
            shell.expect("typed\r\n")  # the terminal's echo
            shell.expect("typed\r\n")  # the program's
            shell.sendeof()
            self.assertRegex(client.receive(), "^W00")
        # Nothing typed would reach anybody if the group of the dead program still had the terminal.
        shell.sendcontrol("c")
        shell.expect("READY:")
        shell.sendline("echo code $?")
        shell.expect(f"code {128 + signal.SIGINT}\r")
        shell.sendline("exit")
        shell.expect(pexpect.EOF)
        shell.wait()


if __name__ == "__main__":
    unittest.main()
