// The process tree of real programs.

#include "engines/process_tree/process_tree.h"

#include <algorithm>
#include <csignal>
#include <map>

#include "processes/job_run.h"

namespace cotrace::test {
namespace {

using engines::ProcessTreeOptions;
using Format = ProcessTreeOptions::Format;
using nlohmann::json;

JobRun::Make tree(const ProcessTreeOptions& options) {
  return
      [options](const engines::JobContext& context) { return engines::make_process_tree(context, options); };
}

// What was told of one process.
struct Told {
  json begin, exit;
  std::vector<json> execs;
  int threads{0}, thread_ends{0};
};

std::map<int, Told> told_of(const std::vector<json>& objects) {
  std::map<int, Told> out;
  for (const auto& object : objects) {
    if (!object.contains("pid")) continue;
    Told& told = out[object.at("pid")];
    const std::string event = object.at("event");
    if (event == "process") told.begin = object;
    if (event == "exit") told.exit = object;
    if (event == "exec") told.execs.push_back(object);
    if (event == "thread") ++told.threads;
    if (event == "thread_end") ++told.thread_ends;
  }
  return out;
}

// How many processes ended so.
long count(const std::map<int, Told>& told, const std::string& key, const json& value) {
  return std::ranges::count_if(told, [&](const auto& entry) {
    return entry.second.exit.contains(key) && entry.second.exit.at(key) == value;
  });
}

const Told& with(const std::map<int, Told>& told, const std::string& key, const json& value) {
  const auto at = std::ranges::find_if(told, [&](const auto& entry) {
    return entry.second.exit.contains(key) && entry.second.exit.at(key) == value;
  });
  EXPECT_NE(at, told.end()) << key << ' ' << value;
  return at == told.end() ? told.begin()->second : at->second;
}

void check_family(const std::vector<json>& objects, const std::string& origin) {
  const auto told = told_of(objects);
  ASSERT_EQ(told.size(), 8U);
  for (const auto& [pid, process] : told) {
    EXPECT_FALSE(process.begin.is_null()) << pid;
    EXPECT_FALSE(process.exit.is_null()) << pid;
  }
  const auto root = std::ranges::find_if(
      told, [&](const auto& entry) { return entry.second.begin.at("origin") == origin; });
  ASSERT_NE(root, told.end());
  EXPECT_EQ(root->second.threads, 1);
  EXPECT_EQ(root->second.thread_ends, 1);
  EXPECT_EQ(with(told, "code", 3).begin.at("creator"), root->first);
  EXPECT_EQ(with(told, "code", 4).begin.at("origin"), "shared_memory");
  EXPECT_FALSE(with(told, "code", 4).exit.contains("peak_memory"));
  const Told& leaf = with(told, "code", 5);
  EXPECT_EQ(leaf.begin.at("origin"), "vfork");
  ASSERT_EQ(leaf.execs.size(), 1U);
  EXPECT_EQ(leaf.execs[0].at("executable"), program_path("family"));
  EXPECT_EQ(leaf.execs[0].at("arguments").at(2), "with blank");
  EXPECT_EQ(with(told, "signal", "SIGKILL").begin.at("creator"), root->first);
  // The orphan's creator is dead, and still its creator.
  const int dead = with(told, "code", 6).begin.at("creator");
  EXPECT_EQ(told.at(dead).begin.at("creator"), root->first);
  EXPECT_LT(told.at(dead).exit.at("time"), with(told, "code", 6).exit.at("time"));
  EXPECT_EQ(count(told, "code", 0), 3);
  EXPECT_EQ(objects.back().at("event"), "end");
  EXPECT_EQ(objects.back().at("processes"), 8);
  EXPECT_EQ(objects.back().at("living"), 0);
}

TEST(ProcessTree, HasEveryKindOfChild) {
  JobRun run(tree({.format = Format::json}));
  ASSERT_TRUE(run.launch({"family"}));
  const auto status = run.end();
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, (ExitStatus{.signalled = false, .code = 0}));
  check_family(run.objects(), "launched");
}

TEST(ProcessTree, OfAProcessThatRunsAlreadyHasWhatItMakesFromThenOn) {
  Untraced program({"family", "wait"});
  ASSERT_TRUE(program.line().starts_with("ready"));
  JobRun run(tree({.format = Format::json}));
  ASSERT_TRUE(run.attach(program.pid()));
  // Twice is no more than once.
  ASSERT_TRUE(run.attach(program.pid()));
  program.go();
  EXPECT_FALSE(run.end());
  check_family(run.objects(), "attached");
}

TEST(ProcessTree, TellsWhatAProcessTook) {
  JobRun run(tree({.format = Format::json}));
  ASSERT_TRUE(run.launch({"family"}));
  run.end();
  // Nobody else has used so much memory.
  const auto told = told_of(run.objects());
  double most = 0, cpu = 0;
  for (const auto& [pid, process] : told) {
    if (!process.exit.contains("peak_memory") || process.exit.at("peak_memory") <= most) continue;
    most = process.exit.at("peak_memory");
    cpu = process.exit.at("user").get<double>() + process.exit.at("system").get<double>();
  }
  EXPECT_GE(most, 64 << 20);
  EXPECT_GE(cpu, 0.04);
}

TEST(ProcessTree, AnExecInAThreadEndsTheOthers) {
  JobRun run(tree({.format = Format::trace_event}));
  ASSERT_TRUE(run.launch({"exec_thread"}));
  run.end();
  const auto trace = json::parse(run.output.text());
  std::map<std::pair<int, int>, int> open;
  int execs = 0;
  for (const auto& event : trace) {
    const std::pair<int, int> track{event.at("pid"), event.at("tid")};
    if (event.at("ph") == "B") ++open[track];
    if (event.at("ph") == "E") --open[track];
    if (event.at("ph") == "i" && event.at("cat") == "exec") ++execs;
    EXPECT_GE(open[track], 0);
    EXPECT_LE(open[track], 1);
  }
  for (const auto& [track, count] : open) EXPECT_EQ(count, 0) << track.second;
  EXPECT_GE(execs, 1);
}

TEST(ProcessTree, FinishedEarlyLeavesTheProgramsAndIsWhole) {
  Untraced program({"family", "wait"});
  ASSERT_TRUE(program.line().starts_with("ready"));
  {
    JobRun run(tree({.format = Format::trace_event}));
    ASSERT_TRUE(run.attach(program.pid()));
    run.finish();
    const auto trace = json::parse(run.output.text());
    EXPECT_FALSE(trace.empty());
    EXPECT_EQ(trace.back().at("ph"), "E");
  }
  program.go();
}

TEST(ProcessTree, TextEndsWithTheWholeTree) {
  JobRun run(tree({.format = Format::text, .unicode = false}));
  ASSERT_TRUE(run.launch({"family"}));
  run.end();
  const auto text = run.output.text();
  const auto heading = text.find("PROCESS\n");
  ASSERT_NE(heading, std::string::npos) << text;
  EXPECT_EQ(std::ranges::count(text.substr(heading), '\n'), 9) << text;
  EXPECT_TRUE(text.contains(" leaf 'with blank'")) << text;
  EXPECT_TRUE(text.contains("  SIGKILL ") || text.contains(" SIGKILL  ")) << text;
}

TEST(ProcessTree, OfAProgramThatDoesNotExistIsANote) {
  JobRun run(tree({.format = Format::text}));
  ASSERT_TRUE(run.launch({"/no/such/program"}));
  const auto status = run.end();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 127);
  EXPECT_EQ(run.output.notes(), "cannot start /no/such/program\n");
}

TEST(ProcessTree, ShowsWhoHoldsAThread) {
  JobRun run(tree({.format = Format::trace_event}));
  // Joins the program, holds it for a moment.
  class Holder : public Engine {
   public:
    std::string name() const override { return "the holder"; }
    Verdict on_event(TaskId, const Event& event) override {
      if (std::holds_alternative<event::Quiesced>(event)) stands.set_value();
      return {.action = ResumeAction::stop};
    }
    std::promise<void> stands;
  } holder;
  Untraced program({"family", "wait"});
  ASSERT_TRUE(program.line().starts_with("ready"));
  ASSERT_TRUE(run.attach(program.pid()));
  const auto tasks = run.tracer->attach(program.pid(), holder, {.events = {}, .hold = true});
  ASSERT_TRUE(tasks);
  ASSERT_EQ(holder.stands.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  ASSERT_TRUE(run.tracer->control(tasks->front(), holder, {}));
  ASSERT_TRUE(run.tracer->detach(program.pid(), holder));
  ASSERT_TRUE(run.output.until([](const std::string& text, const std::string&) {
    const auto first = text.find("held by the holder");
    return first != std::string::npos && text.find("held by the holder", first + 1) != std::string::npos;
  })) << run.output.text();
  program.go();
  run.end();
  EXPECT_TRUE(json::accept(run.output.text()));
}

}  // namespace
}  // namespace cotrace::test
