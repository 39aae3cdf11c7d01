"""What gdb never sends: malformed packets, bad numbers, a client that goes in the middle. The session goes on after each of them."""

import os
import re
import signal

from harness import ALL_STOP_EXTENDED, check, check_equal, check_match, scenario, status_of, wait_until
from raw_rsp import Rsp, stop_thread

HERE = (ALL_STOP_EXTENDED,)


def connect(bench, *options):
    server = bench.server(*options, "--multi", "localhost:0")
    client = Rsp(("127.0.0.1", server.port))
    return server, client


def launched(bench, program="counter_threads", *arguments):
    server, client = connect(bench, "--once")
    client.start()
    client.ask("!")
    stop = client.run(bench.path(program), *map(str, arguments))
    check_match(r"^T05.*thread:p", stop, "the first stop")
    return server, client, stop


def ends_well(client, code=0):
    reply = client.ask("vCont;c")
    check_match(rf"^W0*{code:x}(;|$)", reply, "how it ended")


@scenario(HERE)
def a_bad_checksum_is_asked_again(bench):
    _, client = connect(bench, "--once")
    client.send_bytes(b"$qSupported#00")
    check_equal(client.read_byte(), b"-", "the answer to a bad checksum")
    client.send_bytes(b"garbage between packets")
    check_match(r"PacketSize=", client.ask("qSupported:multiprocess+"), "the answer after it")
    client.close()


@scenario(HERE)
def a_nack_brings_the_reply_again(bench):
    _, client = connect(bench, "--once")
    client.send_bytes(b"$vMustReplyEmpty#3a")
    check_equal(client.read_byte(), b"+", "ack")
    check_equal([client.read_byte() for _ in range(4)], [b"$", b"#", b"0", b"0"], "the empty reply")
    client.send_bytes(b"-")
    check_equal([client.read_byte() for _ in range(4)], [b"$", b"#", b"0", b"0"], "the same again")
    client.send_bytes(b"+")
    check_match(r"PacketSize=", client.ask("qSupported"), "the session goes on")
    client.close()


UNKNOWN = ("vNoSuchThing", "qNoSuchThing", "QNoSuchThing", "yxy", "MultiMemRead:ranges:10,1", "jMultiBreakpoint:{}", "qXferfeatures", "")
WRONG = (
    "mzz,4", "m", "m10", "m,", "m0,4", "mffffffffffffffffffff,4", "m0,ffffffffffffffff",
    "M0,4:00000000", "M10,4:00", "M10,4:zzzz", "X0,4:ab", "X,:",
    "Hgp1.1", "Hgzz", "H", "Hg", "HgpFFFFFFFF.1", "Tp1.1", "Tzz", "T",
    "pffff", "pzz", "Pffff=00", "P0=", "P0=00", "P", "G00", "Gzz",
    "Z0,zz,1", "Z9,1000,1", "Z0", "Z0,0,1", "Z2,1000,100", "Z2,1001,zz", "z0,1000,1", "z9,0,0",
    "vCont;", "vCont;x", "vCont;c:", "vCont;c:pzz", "vCont;C", "vCont;Czz:p1.1", "vCont;r", "vCont;r1,:p1.1",
    "vRun;zz", "vAttach;", "vAttach;zz", "vAttach;ffffffff", "vKill;zz", "vKill;ffffffff", "D;zz", "D;ffffffff",
    "QPassSignals:zz", "QCatchSyscalls:2", "QCatchSyscalls:1;zz", "QNonStop:2", "QThreadEvents:7", "QNonStop:",
    "qXfer:features:read:none.xml:0,10", "qXfer:features:read:target.xml:zz,10", "qXfer:features:read:target.xml", "qXfer:auxv:write::0:00",
    "qXfer:threads:read::ffffffff,10", "qXfer:nothing:read::0,10", "vFile:open:zz", "vFile:pread:999,10,0", "vFile:nothing:1", "vFile:close:zz",
    "qSearch:memory:zz", "qSearch:memory:0;10;ab", "qCRC:zz", "qCRC:0,10", "qGetTLSAddr:0,0,0", "qGetTLSAddr:zz", "qRcmd,zz", "qRcmd,6",
    "qThreadExtraInfo,zz", "qThreadExtraInfo,p1.1", "qAttached:zz", "qAttached:ffffffff", "QEnvironmentHexEncoded:zz",
)  # fmt: skip


@scenario(HERE)
def unknown_packets_are_answered_with_nothing(bench):
    _, client, _ = launched(bench, "counter_threads", 1, 3)
    for packet in UNKNOWN:
        check_equal(client.ask(packet), "", f"the answer to {packet!r}")
    ends_well(client)


@scenario(HERE)
def wrong_arguments_are_errors(bench):
    """Each is answered with an error, nothing, or (for a table without entries) an empty end; and nothing has changed."""
    _, client, stop = launched(bench, "counter_threads", 1, 3)
    thread = stop_thread(stop)
    check_equal(client.ask(f"Hg{thread}"), "OK", "the thread is selected")
    before = client.ask("g")
    for packet in WRONG:
        reply = client.ask(packet)
        check(
            reply == "" or re.match(r"E[0-9A-Fa-f.]|F-1|l$|W00?$", reply) or (packet in ("z0,1000,1", "Hg", "m", "D;zz") and reply == "OK"),
            f"the answer to {packet!r} is {reply!r}",
        )
        check_equal(client.ask(f"Hg{thread}"), "OK", f"the session after {packet!r}")
    check_equal(client.ask("g"), before, "the registers after all of them")
    ends_well(client)


@scenario(HERE)
def without_a_process(bench):
    """Everything that needs one is refused; then one is started."""
    _, client = connect(bench, "--once")
    client.start()
    client.ask("!")
    for packet in ("g", "p0", "m1000,4", "vCont;c", "vCont;s", "s", "c", "Z0,1000,1", "qXfer:auxv:read::0,100", "qXfer:threads:read::0,100",
                   "qC", "vKill;1", "D", "Hgp0.0", "qGetTLSAddr:0,0,0", "qCRC:1000,10", "qOffsets", "QPassSignals:e;10"):
        client.ask(packet)
    check_match(r"^T05", client.run(bench.path("hello")), "the stop of a program started then")
    ends_well(client)


@scenario(HERE)
def a_packet_longer_than_allowed(bench):
    """It may cost the connection, but not the server."""
    server = bench.server("--multi", "localhost:0")
    client = Rsp(("127.0.0.1", server.port))
    features = client.start()
    size = int(features["PacketSize"], 16)
    try:
        client.ask("qRcmd," + "61" * size)
    except Exception as error:  # the connection may be given up
        check(type(error).__name__ in ("Closed", "ConnectionResetError", "BrokenPipeError"), f"it is given up, not {error!r}")
    client.close()
    second = Rsp(("127.0.0.1", server.port))
    check("PacketSize" in second.start(), "the next client is served")
    second.close()


@scenario(HERE)
def gone_in_the_middle_of_a_packet(bench):
    server = bench.server("--multi", "localhost:0")
    for piece in (b"$qSupp", b"$m0,4#", b"$m0,4#9", b"\x03", b"+", b"-", b"$", b"#", b"$}#"):
        client = Rsp(("127.0.0.1", server.port))
        client.send_bytes(piece)
        client.close()
    client = Rsp(("127.0.0.1", server.port))
    check("PacketSize" in client.start(), "the next client is served")
    client.close()


@scenario(HERE)
def gone_in_the_middle_of_a_step(bench):
    """Attached, stepping, gone: the program runs on with no further trap."""
    program = bench.program("counter_threads", 2, 3000, "wait")
    server, client = connect(bench, "--once")
    client.start()
    client.ask("!")
    check_match(r"^T", client.ask(f"vAttach;{program.ready_pid:x}"), "the stop of the attach")
    thread = f"p{program.ready_pid:x}.{program.ready_pid:x}"
    program.write("\n")
    for _ in range(20):
        client.ask(f"vCont;s:{thread};c")
    client.send(f"vCont;s:{thread};c")
    client.close()
    server.child.wait()
    program.out.wait_for("threads=2 calls=6000")
    check_equal(program.wait(), 0, "exit code")


@scenario(HERE)
def gone_at_once_after_a_resume_with_a_signal(bench):
    """The signal arrives."""
    program = bench.program("sleeping_read")
    server, client = connect(bench, "--once")
    client.start()
    client.ask("!")
    client.ask(f"vAttach;{program.ready_pid:x}")
    client.send("vCont;C1e")  # SIGUSR1, in gdb's numbers
    client.close()
    server.child.wait()
    wait_until(lambda: status_of(program.ready_pid)["SigPnd"].strip("0") == "", "the signal is taken")
    program.process.stdin.close()
    program.out.wait_for("handled=1")
    check_equal(program.wait(), 0, "exit code")


@scenario(HERE)
def memory_at_the_edges(bench):
    """A read that begins in a mapping and ends outside gives what there is, one outside an error; writes the same way round."""
    _, client, stop = launched(bench, "counter_threads", 1, 3)
    client.ask(f"Hg{stop_thread(stop)}")
    pid = int(stop_thread(stop)[1:].split(".")[0], 16)
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        stack = next(line for line in maps if "[stack]" in line)
    end = int(stack.split()[0].split("-")[1], 16)
    reply = client.ask(f"m{end - 8:x},20")
    check(len(reply) == 16 or reply.startswith("E"), f"a read over the end: {reply!r}")
    check_equal(len(client.ask(f"m{end - 8:x},8")), 16, "a read up to the end")
    check_match(r"^E", client.ask(f"m{end:x},8"), "a read behind the end")
    check_match(r"^E", client.ask(f"M{end:x},1:00"), "a write behind the end")
    before = client.ask(f"m{end - 16:x},10")
    check_equal(client.ask(f"M{end - 16:x},10:{'5a' * 16}"), "OK", "a write")
    check_equal(client.ask(f"m{end - 16:x},10"), "5a" * 16, "what was written")
    check_equal(client.ask(f"M{end - 16:x},10:{before}"), "OK", "put back")
    ends_well(client)


@scenario(HERE)
def killed_at_every_moment(bench):
    """SIGKILL to the program between any two packets: an error or the end, then the session goes on."""
    server, client = connect(bench, "--once")
    client.start()
    client.ask("!")
    for packets in (["g"], ["vCont;s"], ["vCont;c"], ["Z0,1000,1", "g"], ["qXfer:threads:read::0,1000"], ["m1000,4", "vCont;c"], ["D"], ["vKill"]):
        stop = client.run(bench.path("spin"), "2")
        thread = stop_thread(stop)
        pid = int(thread[1:].split(".")[0], 16)
        os.kill(pid, signal.SIGKILL)
        ended = False
        for packet in packets:
            reply = client.ask(f"vKill;{pid:x}" if packet == "vKill" else f"D;{pid:x}" if packet == "D" else packet)
            # A process that cannot be let go any more is one whose end is still to be told.
            ended = ended or bool(re.match("X0?9", reply)) or (packet in ("vKill", "D") and reply == "OK")
            check(packet != "vKill" or ended, f"killed, whoever was first, not {reply!r}")
        while not ended:
            reply = client.ask("vCont;c")
            ended = bool(re.match("X0?9", reply))
            check(ended or re.match(r"E|T", reply), f"an end or an error, not {reply!r}")
        wait_until(lambda: status_of(pid).get("State", "Z")[0] in "ZX" or not status_of(pid), "the process is gone")
    check_match(r"^T05", client.run(bench.path("hello")), "the stop of the next program")
    ends_well(client)
    check(server.child.process.poll() is None, "the server lives")


@scenario(HERE)
def killed_while_another_thread_is_stepped(bench):
    """The leader stands, as the client believes: it must not stand in the way of the end that the client waits for."""
    _, client = connect(bench, "--once")
    client.start()
    client.ask("!")
    leader = stop_thread(client.run(bench.path("spin"), "3"))
    pid = int(leader[1:].split(".")[0], 16)
    client.send("vCont;c")
    wait_until(lambda: len(os.listdir(f"/proc/{pid}/task")) == 4, "the threads are there")
    client.send_bytes(b"\x03")
    check_match(r"^T02", client.receive(), "the stop")
    threads = client.ask("qfThreadInfo")[1:].split(",")
    other = next(thread for thread in threads if thread != leader)
    os.kill(pid, signal.SIGKILL)
    check_match(r"^(X0?9|E)", client.ask(f"vCont;s:{other}"), "the end of the process")
    client.close()


@scenario(HERE)
def non_stop_by_hand(bench):
    """%Stop one at a time, vStopped for the next, OK at the end; `?` starts the report over."""
    server, client = connect(bench, "--once")
    client.start()
    client.ask("!")
    check_equal(client.ask("QNonStop:1"), "OK", "QNonStop")
    stop = client.run(bench.path("counter_threads"), "3", "1", "wait")
    pid = stop_thread(stop)[1:].split(".")[0]
    check_equal(client.ask("vCont;c"), "OK", "vCont is answered at once")
    server.program_output.wait_for("ready")
    check_equal(client.ask(f"vCont;t:p{pid}.-1"), "OK", "vCont;t is answered at once")
    stopped = []
    while len(stopped) < 4:
        # A thread may stop after the OK that ended the last report: then a new report begins.
        stopped.append(client.notification())
        check_equal(len(client.notifications), 0, "one notification only, until it is acknowledged")
        while (reply := client.ask("vStopped")) != "OK":
            stopped.append(reply)
    threads = {stop_thread(one) for one in stopped}
    check_equal(len(threads), 4, f"threads that stopped: {stopped}")
    check(all("T00" in one for one in stopped), f"quiet stops: {stopped}")
    # One in the answer, as gdb 13 takes no more there; the others follow as after any stop.
    again = [client.ask("?")]
    check_equal(client.ask("vStopped"), "OK", "the end of the answer")
    again.append(client.notification())
    while (reply := client.ask("vStopped")) != "OK":
        again.append(reply)
    check_equal({stop_thread(one) for one in again}, threads, "threads of the second report")
    server.child.write("\n")
    check_equal(client.ask(f"vCont;c:p{pid}.-1"), "OK", "vCont")
    check_match(r"^Stop:W00?;", client.notification(), "the end")
    check_equal(client.ask("vStopped"), "OK", "no more")


@scenario(HERE)
def the_leftmost_action_wins(bench):
    """vCont with several actions that match: the first one is taken; a thread with none stays."""
    _, client, stop = launched(bench, "counter_threads", 1, 3)
    thread = stop_thread(stop)
    layout = client.registers()
    number, size = layout["rip"]
    check_equal(size, 8, "bytes of rip")
    client.ask(f"Hg{thread}")
    begin = 2 * sum(one[1] for one in list(layout.values())[:number])

    def pc():
        return int.from_bytes(bytes.fromhex(client.ask("g")[begin : begin + 16]), "little")

    before = pc()
    check_match(r"^T05", client.ask(f"vCont;s:{thread};c"), "the step comes first")
    check(0 < pc() - before < 16, "it made one instruction")
    ends_well(client)


@scenario(HERE)
def interrupt_byte(bench):
    """0x03 between packets stops a program that runs."""
    _, client, _ = launched(bench, "spin", 1)
    for _ in range(3):
        client.send("vCont;c")
        client.send_bytes(b"\x03")
        check_match(r"^T02", client.receive(), "the stop")
    check_equal(client.ask("vKill;" + stop_thread(client.ask("?"))[1:].split(".")[0]), "OK", "vKill")
