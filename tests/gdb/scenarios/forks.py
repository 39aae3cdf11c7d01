"""Following forks: each kind of fork with each of gdb's settings, counted by the program itself.

A combination is right if each debugged process showed the breakpoint exactly as often as it says it passed it, no hit twice, every process ended
by itself with code 0, and nothing stayed stopped.
"""

from dataclasses import dataclass

from harness import ALL_STOP_EXTENDED, EVERY_MODE, SCENARIOS, check, check_equal, check_match

KINDS = ("fork", "vfork_exec", "vfork_exit", "fork_mt", "vfork_mt", "vfork_exit_mt", "fork_thread", "vfork_thread", "spawn", "clone_vm")
THREADED = ("fork_mt", "vfork_mt", "vfork_exit_mt")
# The parent sleeps until its child has exec'ed or ended. (glibc's posix_spawn is a vfork.)
SLEEPING_PARENT = ("vfork_exec", "vfork_exit", "vfork_mt", "vfork_exit_mt", "vfork_thread", "spawn")
CALLS = 4


@dataclass(frozen=True)
class Settings:
    follow_child: bool
    detach: bool
    schedule_multiple: bool
    over_non_stop: bool = False  # all-stop over the non-stop protocol

    def __str__(self):
        words = ["child" if self.follow_child else "parent", "detach" if self.detach else "keep"]
        words += ["schedule"] if self.schedule_multiple else []
        words += ["over_non_stop"] if self.over_non_stop else []
        return "_".join(words)

    def apply(self, gdb):
        gdb.run(f"set follow-fork-mode {'child' if self.follow_child else 'parent'}")
        gdb.run(f"set detach-on-fork {'on' if self.detach else 'off'}")
        gdb.run(f"set schedule-multiple {'on' if self.schedule_multiple else 'off'}")


def declined_by_gdb(kind, settings, non_stop):
    """gdb 13 does not resume a parent over its vfork while it holds the child."""
    holds_child = not settings.follow_child and not settings.detach and not settings.schedule_multiple
    return holds_child and not non_stop and kind in SLEEPING_PARENT


class Drive:
    """Resumes whatever stops, until no process is left; keeps what was shown."""

    def __init__(self, gdb, non_stop, processes):
        self.processes = processes  # that gdb will see the end of
        self.gdb = gdb
        self.non_stop = non_stop
        self.shown = {"parent": [], "child": []}

    def live(self):
        """The inferiors that have a process."""
        record, _ = self.gdb.try_command("-list-thread-groups")
        return [group["id"] for group in record.values["groups"] if "pid" in group]

    def run(self):
        while True:
            event = self.gdb.wait_event()
            if event.name == "thread-group-started":
                continue
            stop = event.values
            reason = stop.get("reason")
            if reason == "breakpoint-hit":
                self.note(stop["frame"])
                self.go_on(stop)
            elif reason is not None and reason.startswith("exited"):
                check_equal(reason, "exited-normally", f"how a process ended: {stop}")
                if not self.next_process():
                    return
            else:
                check(False, f"a stop that nobody asked for: {stop}")

    def note(self, frame):
        check_equal(frame["func"], "hit", "where it stopped")
        arguments = {one["name"]: one["value"] for one in frame["args"]}
        self.shown["child" if arguments["role"] == "1" else "parent"].append(int(arguments["number"]))

    def go_on(self, stop):
        if self.non_stop:
            record, _ = self.gdb.try_command(f"-exec-continue --thread {stop['thread-id']}")
            # Its process may have ended meanwhile.
            if record.name == "error":
                check_match("Invalid thread id|has terminated", record.values["msg"], "why it does not continue")
        else:
            self.gdb.run("-exec-continue")

    def next_process(self):
        """After the end of one: the others go on, in non-stop by themselves. False if there is none."""
        self.processes -= 1
        # Not by asking gdb 13: after the last exit of a `target remote` in non-stop it now and then takes no command any more, with any server
        # (2 of 12 runs with gdbserver 13.1).
        if self.processes == 0:
            return False
        if not self.non_stop:
            left = self.live()
            check(left, "gdb still has a process")
            # Over the non-stop protocol its end may be with gdb already, to come with the next resume: then gdb finds no registers to show.
            self.gdb.try_command(f"inferior {left[0][1:]}")
            self.gdb.run("-exec-continue")
        return True


def check_shown(shown, counted, complete, who):
    numbers = sorted(shown)
    check_equal(len(numbers), len(set(numbers)), f"hits of the {who} shown twice: {numbers}")
    if complete:
        check_equal(numbers, list(range(1, counted + 1)), f"hits shown of the {who}, which counted {counted}")


def follow(bench, kind, settings):
    server, gdb = bench.debug("fork_kinds", kind, CALLS)
    gdb.hear_of("thread-group-started")
    settings.apply(gdb)
    gdb.run("break hit")
    drive = Drive(gdb, bench.mode.non_stop, 1 if settings.detach else 2)
    bench.go(gdb)
    drive.run()
    counted = {who: int(server.program_output.wait_for(rf"^{who} calls=(\d+)$").group(1)) for who in ("parent", "child")}
    follows = {"child": settings.follow_child or not settings.detach, "parent": not settings.follow_child or not settings.detach}
    for who in ("parent", "child"):
        check_shown(drive.shown[who], counted[who], follows[who], who)
    check_equal(len(drive.shown["child"]) > 0, follows["child"], "hits shown of the child")
    if not follows["parent"] and kind not in THREADED:
        # It is let go at the end of its vfork, and may have come to the next call by then.
        check_equal(sorted(drive.shown["parent"])[:CALLS], list(range(1, CALLS + 1)), "hits shown of the parent before the fork")


def over_non_stop(bench, kind, settings):
    """gdb must be told before it connects."""
    bench.gdb_settings = ("maint set target-non-stop on",)
    follow(bench, kind, settings)


def register():
    for kind in KINDS:
        for bits in range(8):
            for over in (False, True):
                settings = Settings(bool(bits & 4), not bits & 2, bool(bits & 1), over)
                for mode in (ALL_STOP_EXTENDED,) if over else EVERY_MODE:
                    if declined_by_gdb(kind, settings, mode.non_stop):
                        continue
                    function = over_non_stop if over else follow
                    SCENARIOS[f"follow_{kind}.{settings}.{mode}"] = (
                        lambda bench, function=function, kind=kind, settings=settings: function(bench, kind, settings),
                        mode,
                    )


register()
