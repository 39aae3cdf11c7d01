// Drives one server through one operation, COUNT times, and prints how long that took.
//
// rsp_load PORT OPERATION COUNT [NAME=VALUE...]
//
// The names are addresses of bench_target (hex, from nm), "pid" (decimal, for attach) and "lldb" (1: a server
// of lldb's kind). When everything is prepared it prints "ready" and reads a line; after the operations it
// prints "done NANOSECONDS" and reads another: the driver attaches its counters in between. "skip REASON" is
// printed when the server does not have the operation.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>

#include "rsp_client.h"

namespace bench {
namespace {

using Parameters = std::map<std::string, std::string>;

struct Run {
  RspClient& client;
  long count;
  const Parameters& parameters;
  std::string thread;   // of the first stop
  std::string process;  // of it, in hex; empty without multiprocess ids

  [[nodiscard]] std::string address(const std::string& name) const {
    auto found = parameters.find(name);
    if (found == parameters.end()) fail("no address of " + name);
    return found->second;
  }
  [[nodiscard]] bool lldb() const { return parameters.contains("lldb"); }
};

[[noreturn]] void skip(const std::string& why) {
  std::cout << "skip " << why << '\n' << std::flush;
  std::exit(0);
}

std::string field_of(std::string_view reply, std::string_view name) {
  const std::size_t at = reply.find(name);
  if (at == std::string_view::npos) return "";
  const std::size_t begin = at + name.size();
  return std::string(reply.substr(begin, reply.find(';', begin) - begin));
}

void note_thread(Run& run, std::string_view stop) {
  run.thread = field_of(stop, "thread:");
  if (run.thread.empty()) fail("no thread in the stop: " + std::string(stop));
  if (run.thread.starts_with('p')) run.process = run.thread.substr(1, run.thread.find('.') - 1);
}

// A stop reply that must be a trap; an exit or an error ends the benchmark.
void expect_trap(std::string_view reply) {
  if (!reply.starts_with("T05")) fail("not a trap: " + std::string(reply));
}

void measure(long operations, const std::function<void()>& work) {
  std::string line;
  std::cout << "ready\n" << std::flush;
  std::getline(std::cin, line);
  const auto begin = std::chrono::steady_clock::now();
  work();
  const auto taken = std::chrono::steady_clock::now() - begin;
  std::cout << "done " << std::chrono::duration_cast<std::chrono::nanoseconds>(taken).count() << ' '
            << operations << '\n'
            << std::flush;
  std::getline(std::cin, line);
}

// Lets the program come to the beginning of its mode, with all its threads there; the breakpoint is gone
// then.
void go_to_begin(Run& run) {
  note_thread(run, run.client.ask("?"));
  const std::string place = run.address("begin") + ",1";
  run.client.expect_ok("Z0," + place);
  const std::string stop(run.client.ask("vCont;c"));
  expect_trap(stop);
  note_thread(run, stop);
  run.client.expect_ok("z0," + place);
}

void stop_at(Run& run, const std::string& symbol) {
  const std::string place = run.address(symbol) + ",1";
  run.client.expect_ok("Z0," + place);
  expect_trap(run.client.ask("vCont;c"));
  run.client.expect_ok("z0," + place);
}

void step(Run& run) {
  go_to_begin(run);
  stop_at(run, "row_begin");
  const std::string packet = "vCont;s:" + run.thread;
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) expect_trap(run.client.ask(packet));
  });
}

// As gdb does when it needs more than the stop reply tells.
void step_and_registers(Run& run) {
  go_to_begin(run);
  stop_at(run, "row_begin");
  const std::string packet = "vCont;s:" + run.thread;
  run.client.ask("Hg" + run.thread);
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) {
      expect_trap(run.client.ask(packet));
      run.client.ask("g");
    }
  });
}

// Every thread that stands, told after a `?`: in its sequence, as gdbserver does, or the first in it and the
// others in another, which a %Stop begins.
void take_every_stop(Run& run) {
  const std::string list(run.client.ask("qfThreadInfo"));
  std::size_t threads = 0;
  for (std::string part = list; part != "l"; part = run.client.ask("qsThreadInfo"))
    threads += static_cast<std::size_t>(std::ranges::count(part, ',')) + 1;
  std::size_t told = 1;
  run.client.ask("?");
  for (;;) {
    while (run.client.ask("vStopped") != "OK") ++told;
    if (told >= threads) break;
    run.client.receive_notice();
    run.client.notice.clear();
    ++told;
  }
  run.client.notice.clear();
}

// Non-stop: the other threads run; a step is OK, %Stop, vStopped, OK.
void step_non_stop(Run& run) {
  if (run.lldb()) skip("no non-stop that a client uses");
  go_to_begin(run);
  stop_at(run, "row_begin");
  if (run.client.ask("QNonStop:1") != "OK") skip("no non-stop");
  take_every_stop(run);
  const std::string others = "vCont;c:p" + run.process + ".-1";
  const std::string packet = "vCont;s:" + run.thread;
  // Everybody runs, then the one is stopped again, at a breakpoint of its own row.
  const std::string place = run.address("row_begin") + ",1";
  run.client.expect_ok("Z0," + place);
  run.client.expect_ok(others);
  run.client.receive_notice();
  run.client.notice.clear();
  run.client.expect_ok("vStopped");
  run.client.expect_ok("z0," + place);
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) {
      run.client.expect_ok(packet);
      run.client.receive_notice();
      run.client.notice.clear();
      run.client.expect_ok("vStopped");
    }
  });
}

void range_step(Run& run) {
  if (run.lldb()) skip("no range steps");
  go_to_begin(run);
  stop_at(run, "row_begin");
  const std::string packet =
      "vCont;r" + run.address("row_begin") + "," + run.address("row_end") + ":" + run.thread;
  const std::string place = run.address("row_begin") + ",1";
  const long rows = run.count / 1000 + 1;
  // One operation is one instruction of the range; a row has a thousand.
  measure(rows * 1000, [&] {
    for (long i = 0; i < rows; ++i) {
      expect_trap(run.client.ask(packet));
      run.client.expect_ok("Z0," + place);
      expect_trap(run.client.ask("vCont;c"));
      run.client.expect_ok("z0," + place);
    }
  });
}

// What gdb does at each hit: take the breakpoint out, step, put it in, go on.
void breakpoint_round(Run& run) {
  go_to_begin(run);
  const std::string place = run.address("site") + ",1";
  const std::string insert = "Z0," + place;
  const std::string remove = "z0," + place;
  const std::string packet = "vCont;s:" + run.thread;
  run.client.expect_ok(insert);
  expect_trap(run.client.ask("vCont;c"));
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) {
      run.client.expect_ok(remove);
      expect_trap(run.client.ask(packet));
      run.client.expect_ok(insert);
      expect_trap(run.client.ask("vCont;c"));
    }
  });
}

// The breakpoint stays; the server gets over it by itself.
void continue_from_site(Run& run) {
  if (run.lldb()) skip("does not step over its own breakpoints");
  go_to_begin(run);
  run.client.expect_ok("Z0," + run.address("site") + ",1");
  expect_trap(run.client.ask("vCont;c"));
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) expect_trap(run.client.ask("vCont;c"));
  });
}

void caught_system_call(Run& run) {
  if (run.lldb()) skip("no QCatchSyscalls");
  go_to_begin(run);
  run.client.expect_ok("QCatchSyscalls:1;6e");  // getppid
  expect_trap(run.client.ask("vCont;c"));
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) expect_trap(run.client.ask("vCont;c"));
  });
}

// A hundred calls of gettid pass between two stops; one operation is one of them.
void other_system_call(Run& run) {
  if (run.lldb()) skip("no QCatchSyscalls");
  go_to_begin(run);
  run.client.expect_ok("QCatchSyscalls:1;6e");
  expect_trap(run.client.ask("vCont;c"));
  const long rounds = run.count / 100 + 1;
  measure(rounds * 100, [&] {
    for (long i = 0; i < rounds; ++i) {
      expect_trap(run.client.ask("vCont;c"));
      expect_trap(run.client.ask("vCont;c"));
    }
  });
}

void watch_hit(Run& run) {
  go_to_begin(run);
  run.client.expect_ok("Z2," + run.address("watched") + ",8");
  expect_trap(run.client.ask("vCont;c"));
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) expect_trap(run.client.ask("vCont;c"));
  });
}

void read_memory(Run& run, const std::string& bytes) {
  go_to_begin(run);
  const std::string packet = "m" + run.address("buffer") + "," + bytes;
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) {
      if (run.client.ask(packet).starts_with('E')) fail("read refused");
    }
  });
}

void write_memory(Run& run, const std::string& bytes) {
  go_to_begin(run);
  const std::size_t size = std::stoul(bytes, nullptr, 16);
  std::string packet = "M" + run.address("buffer") + "," + bytes + ":";
  for (std::size_t i = 0; i < size; ++i) packet += i % 2 ? "5a" : "a5";
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) run.client.expect_ok(packet);
  });
}

// One operation: attach to all threads of a process, and detach again.
void attach(Run& run) {
  if (!run.lldb()) run.client.ask("!");
  char packet[64];
  std::snprintf(packet, sizeof packet, "vAttach;%lx", std::stol(run.parameters.at("pid")));
  measure(1, [&] {
    if (!run.client.ask(packet).starts_with('T')) fail("attach refused");
  });
}

// gdb's dialogue for a child that nobody follows: out with the breakpoints, detach.
void let_child_go(Run& run, const std::string& child, const std::string& place) {
  const std::string process = child.substr(1, child.find('.') - 1);
  run.client.expect_ok("Hg" + child);
  run.client.expect_ok("z0," + place);
  run.client.expect_ok("Hg" + run.thread);
  run.client.expect_ok("D;" + process);
}

void fork_storm(Run& run) {
  if (run.lldb()) skip("its fork dialogue is another one");
  go_to_begin(run);
  // A breakpoint that is never hit, which every child must be rid of.
  const std::string place = run.address("site") + ",1";
  run.client.expect_ok("Z0," + place);
  measure(run.count, [&] {
    for (;;) {
      const std::string reply(run.client.ask("vCont;c"));
      if (reply.starts_with('W')) return;
      if (const std::string child = field_of(reply, "fork:"); !child.empty()) let_child_go(run, child, place);
      // Anything else is a SIGCHLD: let it through.
    }
  });
}

const std::map<std::string, std::function<void(Run&)>> all_operations{
    {"step", step},
    {"step_and_registers", step_and_registers},
    {"step_non_stop", step_non_stop},
    {"range_step", range_step},
    {"breakpoint_round", breakpoint_round},
    {"continue_from_site", continue_from_site},
    {"caught_system_call", caught_system_call},
    {"other_system_call", other_system_call},
    {"watch_hit", watch_hit},
    {"read_64", [](Run& run) { read_memory(run, "40"); }},
    {"read_4096", [](Run& run) { read_memory(run, "1000"); }},
    {"write_64", [](Run& run) { write_memory(run, "40"); }},
    {"write_4096", [](Run& run) { write_memory(run, "1000"); }},
    {"attach", attach},
    {"fork_storm", fork_storm},
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  if (argc < 4 || !all_operations.contains(argv[2]))
    fail("usage: rsp_load PORT OPERATION COUNT [NAME=VALUE...]");
  Parameters parameters;
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i];
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) fail("not NAME=VALUE: " + word);
    parameters[word.substr(0, equals)] = word.substr(equals + 1);
  }
  RspClient client(std::atoi(argv[1]));
  std::string features = "swbreak+;hwbreak+;vContSupported+;QThreadEvents+;no-resumed+";
  if (!parameters.contains("lldb"))
    features = "multiprocess+;fork-events+;vfork-events+;exec-events+;" + features;
  client.start(features);
  Run run{client, std::atol(argv[3]), parameters, "", ""};
  if (!run.lldb()) client.expect_ok("QPassSignals:14");  // SIGCHLD, in gdb's numbers
  all_operations.at(argv[2])(run);
  return 0;
}
