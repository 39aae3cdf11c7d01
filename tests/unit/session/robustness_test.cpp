// Packets as no client sends them: the session answers each at most once, and goes on.
#include <array>
#include <random>

#include "session/dispatch_table.h"
#include "unit/session/client.h"

namespace cotrace::session::test {
namespace {

constexpr std::array good_packets{"qSupported:multiprocess+;fork-events+",
                                  "QNonStop:1",
                                  "QNonStop:0",
                                  "!",
                                  "?",
                                  "Hgp1.1",
                                  "Hcp1.2",
                                  "Tp1.1",
                                  "qC",
                                  "qfThreadInfo",
                                  "qsThreadInfo",
                                  "qXfer:threads:read::0,20",
                                  "g",
                                  "G0100000000000000020000000300000000000000",
                                  "p1",
                                  "P1=01020304",
                                  "m1000,20",
                                  "M1000,2:aabb",
                                  "X1000,2:ab",
                                  "x1000,20",
                                  "qSearch:memory:1000;100;mm",
                                  "qCRC:1000,100",
                                  "Z0,1000,1;X3,220127",
                                  "z0,1000,1",
                                  "Z2,1000,8",
                                  "vCont?",
                                  "vCont;c",
                                  "vCont;s:p1.1;c:p1.-1",
                                  "vCont;t",
                                  "vCont;r10,20:p1.2",
                                  "c",
                                  "s",
                                  "C05",
                                  "S05",
                                  "vCtrlC",
                                  "vStopped",
                                  "vRun;61;62",
                                  "vAttach;5",
                                  "vKill;1",
                                  "D;2",
                                  "D",
                                  "qAttached:1",
                                  "QPassSignals:e;10",
                                  "QCatchSyscalls:1;2",
                                  "QThreadEvents:1",
                                  "QThreadOptions;3:p1.1",
                                  "qXfer:features:read:target.xml:0,40",
                                  "qXfer:auxv:read::0,40",
                                  "qXfer:siginfo:read::0,80",
                                  "qXfer:siginfo:write::0:ab",
                                  "qXfer:osdata:read:processes:0,40",
                                  "vFile:open:2f66696c65,0,0",
                                  "vFile:pread:5,10,0",
                                  "vFile:pwrite:5,0,ab",
                                  "vFile:fstat:5",
                                  "qRcmd,68656c6c6f",
                                  "qOffsets",
                                  "qGetTLSAddr:p1.1,10,20",
                                  "QEnvironmentHexEncoded:413d31",
                                  "QStartNoAckMode",
                                  "qSymbol::",
                                  "R00"};

std::string damage(std::string packet, std::mt19937& random) {
  const auto pick = [&](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  for (std::size_t times = pick(4); times > 0 && !packet.empty(); --times) {
    const std::size_t at = pick(packet.size());
    switch (pick(4)) {
      case 0:
        packet.erase(at, 1);
        break;
      case 1:
        packet.insert(at, 1, ",;:.-p0fz="[pick(10)]);
        break;
      case 2:
        packet[at] = static_cast<char>('!' + pick(90));
        break;
      default:
        packet.resize(at);
        break;
    }
  }
  std::erase_if(packet, [](char c) { return c == '$' || c == '#' || c == '}'; });
  return packet;
}

// The target's side, at random as well.
void something_happens(FakeTarget& target, std::mt19937& random) {
  const auto all = target.threads();
  if (!all.empty()) {
    const ThreadRef thread = all[random() % all.size()];
    if (!target.stopped(thread)) {
      const std::vector<StopReason> reasons{stop::Step{},          stop::SoftwareBreak{},
                                            stop::Signal{SIGUSR1}, stop::Fork{ref(90, 90)},
                                            stop::Exec{"/x"},      stop::Quiet{}};
      target.report(thread, reasons[random() % reasons.size()]);
    } else if (random() % 16 == 0) {
      target.lose(thread.pid);
      target.report(thread, stop::Killed{SIGKILL, false});
    }
  }
  if (random() % 2 == 0) target.halted();
  if (target.process_part.pending_start && random() % 2 == 0) {
    target.add(ref(3, 3));
    std::exchange(target.process_part.pending_start, {})(ref(3, 3));
  }
}

TEST(Robustness, DamagedPacketsAndEventsInAnyOrder) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    FakeTarget target;
    target.add(ref(1, 1));
    target.add(ref(1, 2));
    target.add(ref(2, 2));
    Client client(target);
    client.start();
    for (int i = 0; i < 200; ++i) {
      client.session->receive(rsp::frame(damage(good_packets[random() % good_packets.size()], random)));
      if (random() % 4 == 0) something_happens(target, random);
      if (random() % 16 == 0) client.session->receive("\x03");
    }
    client.take();  // whole frames with right checksums only
    // Whatever was under way comes to its end, and the session still answers.
    while (target.process_part.pending_start) {
      std::exchange(target.process_part.pending_start, {})(fail(Errc::not_found, "no"));
    }
    target.halted();
    client.take();
    // A damaged packet may be a `k`, which ends the conversation in remote mode.
    const bool over = client.finished > 0;
    EXPECT_EQ(client.ask("vMustReplyEmpty"), over ? "(none)" : "") << "seed " << seed;
  }
}

TEST(Robustness, NoRowFallsOverWithoutArgumentsOrWithNonsense) {
  for (const Row& row : dispatch_table()) {
    if (row.name == "k" || row.name == "R") continue;  // these have no answer
    for (const char* arguments : {"", ":", ",", ";", "zz", "-1", "ffffffffffffffffffff", "1,2,3,4", "\x01"}) {
      FakeTarget target;
      target.add(ref(1, 1));
      Client client(target);
      client.start();
      client.session->receive(rsp::frame(std::string(row.name) + arguments));
      // An unknown monitor command is told in words first.
      EXPECT_LE(client.take().size(), row.name == "qRcmd" ? 2U : 1U) << row.name << arguments;
    }
  }
}

}  // namespace
}  // namespace cotrace::session::test
