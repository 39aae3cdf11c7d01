// Trees without processes: the model, and what the formats make of it.

#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "engines/process_tree/draw_tree.h"
#include "unit/engines/tree_fixture.h"

namespace cotrace::test {
namespace {

using engines::ProcessTreeOptions;
using nlohmann::json;

std::vector<json> objects_of(const std::string& text) {
  std::vector<json> out;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = text.find('\n', at);
    out.push_back(json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

TEST(TreeDrawing, HasALineForEachProcessBelowItsCreator) {
  Story story;
  story.usual();
  const auto lines = engines::draw_tree(story.model, TreeTime(1500000), {.unicode = false});
  const std::vector<std::string> wanted{
      "    EXIT      WALL       CPU      PEAK  PROCESS",
      "    runs    1.500s                      100 sh -c 'make all'",
      " SIGKILL    1.000s    0.320s     12.0M  `-101 make all [2 threads]",
      "    runs    1.470s                        `-102 (make all)",
  };
  EXPECT_EQ(lines, wanted);
}

TEST(TreeDrawing, LinesLeadPastYoungerBrothers) {
  Story story;
  story.usual();
  story.begin(103, Origin::fork, 100, image({"sh"}));
  const auto lines = engines::draw_tree(story.model, TreeTime(0), {});
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_TRUE(lines[2].contains("├─101 make")) << lines[2];
  EXPECT_TRUE(lines[3].contains("│ └─102 (make")) << lines[3];
  EXPECT_TRUE(lines[4].contains("└─103 (sh)")) << lines[4];
}

TEST(TreeDrawing, OfTheLivingHasTheirAncestors) {
  Story story;
  story.usual();
  story.begin(103, Origin::fork, 100, image({"sh"}));
  story.end(103, exit_with(1));
  const auto lines = engines::draw_tree(story.model, TreeTime(0), {.living_only = true});
  // 101 is dead, but 102 is its child.
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_TRUE(lines[3].contains("102"));
}

TEST(TreeDrawing, ADeepTreeIsNoMatterOfTheStack) {
  Story story;
  story.begin(1, Origin::launched, 0, image({"init"}));
  constexpr int depth = 20000;
  for (int pid = 2; pid <= depth; ++pid) story.begin(pid, Origin::fork, pid - 1, image({"x"}));
  EXPECT_EQ(engines::draw_tree(story.model, TreeTime(0), {}).size(), depth + 1U);
}

TEST(TreeModel, ForgetsTheDeadWithoutDescendants) {
  Story story;
  story.usual();
  const auto shell = story.model.living(Pid{100})->number;
  const auto child = story.model.living(Pid{102})->number;
  const auto make = *story.model.at(child).creator;
  story.model.forget(make);
  EXPECT_TRUE(story.model.processes().contains(make));
  story.end(102, exit_with(0));
  story.model.forget(child);
  // Its creator waited for that.
  EXPECT_FALSE(story.model.processes().contains(child));
  EXPECT_FALSE(story.model.processes().contains(make));
  EXPECT_TRUE(story.model.at(shell).children.empty());
}

TEST(TreeModel, AnIdThatIsUsedAgainIsAnotherProcess) {
  Story story;
  story.begin(7, Origin::launched, 0, image({"a"}));
  story.begin(8, Origin::fork, 7, image({"a"}));
  const auto first = story.model.living(Pid{8})->number;
  story.end(8, exit_with(0));
  EXPECT_EQ(story.model.living(Pid{8}), nullptr);
  story.begin(8, Origin::fork, 7, image({"a"}));
  EXPECT_NE(story.model.living(Pid{8})->number, first);
  EXPECT_EQ(story.model.at(*story.model.at(first).creator).children.size(), 2U);
}

TEST(TreeText, TellsEachEventInALine) {
  TextOutput output;
  Story story;
  const auto format = engines::make_text_format(output, story.model, {.unicode = false});
  story.format = format.get();
  story.usual();
  EXPECT_TRUE(output.text.contains("   0.000000     100 begins: sh -c 'make all'\n")) << output.text;
  EXPECT_TRUE(output.text.contains("   0.010000     101 begins, made by 100 (fork)\n")) << output.text;
  EXPECT_TRUE(output.text.contains("     101 runs make all\n")) << output.text;
  EXPECT_TRUE(output.text.contains("     101 thread 111 begins\n")) << output.text;
  EXPECT_TRUE(output.text.contains("     101 killed by SIGKILL (1.000s wall, 0.320s cpu, 12.0M peak)\n"))
      << output.text;
  format->end(story.now);
  EXPECT_TRUE(output.text.contains("`-101 make all")) << output.text;
}

TEST(TreeText, WhatAProgramIsCalledDoesNotReachTheTerminalAsACommand) {
  TextOutput output;
  Story story;
  const auto format = engines::make_text_format(output, story.model, {});
  story.format = format.get();
  story.begin(1, Origin::launched, 0,
              image({"a\x1b[31mred", "line\nfeed",
                     "\xc2\x9b"
                     "1m",
                     "gr\xc3\xbcn"}));
  format->end(story.now);
  EXPECT_FALSE(output.text.contains('\x1b'));
  EXPECT_FALSE(output.text.contains("\xc2\x9b"));
  EXPECT_TRUE(output.text.contains("'a\\x1b[31mred' 'line\\nfeed'")) << output.text;
  EXPECT_TRUE(output.text.contains("gr\xc3\xbcn"));
}

TEST(TreeJson, IsAnObjectALine) {
  TextOutput output;
  Story story;
  const auto format = engines::make_json_format(output, story.model);
  story.format = format.get();
  story.usual();
  format->end(story.now);
  const auto objects = objects_of(output.text);
  std::vector<std::string> events;
  for (const auto& object : objects) events.push_back(object.at("event"));
  EXPECT_EQ(events, (std::vector<std::string>{"begin", "process", "process", "exec", "thread", "process",
                                              "exit", "end"}));
  EXPECT_EQ(objects[0].at("version"), 1);
  EXPECT_EQ(objects[2].at("creator"), 100);
  EXPECT_EQ(objects[2].at("origin"), "fork");
  EXPECT_EQ(objects[3].at("arguments"), (json{"make", "all"}));
  EXPECT_EQ(objects[6].at("signal"), "SIGKILL");
  EXPECT_EQ(objects[6].at("peak_memory"), 12 << 20);
  EXPECT_DOUBLE_EQ(objects[6].at("wall"), 1.0);
  EXPECT_EQ(objects[7].at("processes"), 3);
  EXPECT_EQ(objects[7].at("living"), 2);
}

TEST(TreeJson, BytesThatAreNoTextAreReplaced) {
  TextOutput output;
  Story story;
  const auto format = engines::make_json_format(output, story.model);
  story.format = format.get();
  story.begin(1, Origin::launched, 0, image({"\xff\xfe"}));
  EXPECT_EQ(objects_of(output.text).size(), 2U);
}

// The rules of the Trace Event Format that a viewer relies on.
void check_trace(const json& trace) {
  ASSERT_TRUE(trace.is_array());
  std::map<std::pair<int, int>, int> depth;
  std::map<std::string, int> holds;
  std::set<int> arrows;
  double last = 0;
  for (const auto& event : trace) {
    const std::string phase = event.at("ph");
    const std::pair<int, int> track{event.at("pid"), event.at("tid")};
    EXPECT_GE(event.at("ts").get<double>(), last);
    last = event.at("ts");
    if (phase == "B") {
      EXPECT_FALSE(event.at("name").get<std::string>().empty());
      ++depth[track];
    } else if (phase == "E") {
      EXPECT_GE(--depth[track], 0) << event;
    } else if (phase == "b") {
      EXPECT_EQ(++holds[event.at("cat").get<std::string>() + event.at("id").get<std::string>()], 1) << event;
    } else if (phase == "e") {
      EXPECT_EQ(--holds[event.at("cat").get<std::string>() + event.at("id").get<std::string>()], 0) << event;
    } else if (phase == "s") {
      // An arrow begins and ends at a slice.
      EXPECT_GT(depth[track], 0) << event;
      EXPECT_TRUE(arrows.insert(event.at("id").get<int>()).second);
    } else if (phase == "f") {
      EXPECT_GT(depth[track], 0) << event;
      EXPECT_TRUE(arrows.contains(event.at("id").get<int>()));
      EXPECT_EQ(event.at("bp"), "e");
    } else if (phase == "i") {
      EXPECT_EQ(event.at("s"), "p");
    } else {
      EXPECT_EQ(phase, "M");
      EXPECT_TRUE(event.at("args").is_object());
    }
  }
  for (const auto& [track, open] : depth) EXPECT_EQ(open, 0) << track.first << '/' << track.second;
  for (const auto& [id, open] : holds) EXPECT_EQ(open, 0) << id;
}

TEST(TreeTraceEvents, AreCompleteWhereverTheyEnd) {
  // However much has happened.
  for (int steps = 0; steps < 8; ++steps) {
    TextOutput output;
    Story story;
    const auto format = engines::make_trace_event_format(output);
    story.format = format.get();
    if (steps > 0) story.begin(100, Origin::launched, 0, image({"sh"}));
    if (steps > 1) story.thread(100, 105);
    if (steps > 2) story.begin(101, Origin::fork, 100, image({"sh"}));
    if (steps > 3) story.hold(101, "gdb", true);
    if (steps > 4) story.hold(101, "lldb", true);
    if (steps > 5) story.hold(101, "gdb", false);
    if (steps > 6) story.exec(100, image({"make"}));
    story.now = TreeTime(77);
    format->end(story.now);
    check_trace(json::parse(output.text));
  }
}

TEST(TreeTraceEvents, HaveSlicesArrowsMarksAndHolds) {
  TextOutput output;
  Story story;
  const auto format = engines::make_trace_event_format(output);
  story.format = format.get();
  story.usual();
  story.hold(102, "session 1", true);
  story.end(102, exit_with(0));
  story.end(100, exit_with(0));
  format->end(story.now);
  const json trace = json::parse(output.text);
  check_trace(trace);
  std::map<std::string, int> names;
  std::map<std::string, int> phases;
  for (const auto& event : trace) {
    ++phases[event.at("ph")];
    if (event.contains("name")) ++names[event.at("name")];
  }
  EXPECT_EQ(phases["B"], 5);  // sh, its copy, make, its thread, make's copy
  EXPECT_EQ(phases["s"], 2);
  EXPECT_EQ(names["exec make"], 1);
  EXPECT_EQ(names["killed by SIGKILL"], 1);
  EXPECT_EQ(names["held by session 1"], 2);
}

// The live tree, with a clock that is turned by hand.
struct Live {
  TextOutput output;
  Story story;
  std::vector<std::pair<TreeTime, std::function<void()>>> asked;
  std::unique_ptr<engines::TreeFormat> format;
  std::size_t drawings{0};

  explicit Live(unsigned width, unsigned height) {
    ProcessTreeOptions options;
    options.width = width;
    options.height = height;
    format = engines::make_live_format(
        output, story.model, options,
        [this](std::chrono::milliseconds delay, std::function<void()> work) {
          asked.emplace_back(story.now + delay, std::move(work));
        },
        [this] { return story.now; });
    story.format = format.get();
  }
  // What is due, up to then.
  void run_until(TreeTime then) {
    for (std::size_t at = 0; at < asked.size();) {
      if (asked[at].first > then) {
        ++at;
        continue;
      }
      const auto [when, work] = asked[at];
      asked.erase(asked.begin() + static_cast<std::ptrdiff_t>(at));
      story.now = when;
      const auto before = output.text.size();
      work();
      drawings += output.text.size() > before ? 1 : 0;
      at = 0;
    }
    story.now = then;
  }
};

TEST(TreeLive, DrawsTenTimesASecondAtMost) {
  Live live(80, 24);
  live.story.begin(1, Origin::launched, 0, image({"a"}));
  for (int pid = 2; pid < 1002; ++pid) {
    live.run_until(TreeTime(pid * 1000));
    live.story.begin(pid, Origin::fork, 1, image({"a"}));
    live.story.end(pid, exit_with(0));
  }
  EXPECT_GE(live.drawings, 9U);
  EXPECT_LE(live.drawings, 11U);
}

TEST(TreeLive, DrawsOnWhenNothingHappens) {
  Live live(80, 24);
  live.story.begin(1, Origin::launched, 0, image({"a"}));
  live.run_until(std::chrono::seconds(5));
  EXPECT_GE(live.drawings, 5U);
  EXPECT_LE(live.drawings, 7U);
  live.format->end(live.story.now);
  const auto all = live.output.text.size();
  live.run_until(std::chrono::seconds(10));
  EXPECT_EQ(live.output.text.size(), all);
}

TEST(TreeLive, KeepsWithinTheTerminal) {
  Live live(40, 6);
  live.story.begin(1, Origin::launched, 0, image({"a-program-with-a-rather-long-name"}));
  for (int pid = 2; pid < 20; ++pid) live.story.begin(pid, Origin::fork, 1, image({"b"}));
  live.run_until(TreeTime(1000));
  int lines = 0;
  std::size_t at = 0;
  while (at < live.output.text.size()) {
    const auto end = live.output.text.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    // Three bytes of a box character are one column.
    const std::string line = live.output.text.substr(at, end - at);
    std::size_t columns = 0;
    for (const char c : line) columns += (static_cast<unsigned char>(c) & 0xC0U) == 0x80U ? 0 : 1;
    EXPECT_LE(columns, 40U) << line;
    ++lines;
    at = end + 1;
  }
  EXPECT_EQ(lines, 5);
  EXPECT_TRUE(live.output.text.contains("... and 16 more")) << live.output.text;
}

TEST(TreeLive, ASlowReaderIsNotGivenMore) {
  Live live(80, 24);
  live.output.is_full = true;
  live.story.begin(1, Origin::launched, 0, image({"a"}));
  live.run_until(TreeTime(1000));
  EXPECT_EQ(live.output.text, "");
  live.output.is_full = false;
  live.run_until(std::chrono::seconds(2));
  EXPECT_FALSE(live.output.text.empty());
}

}  // namespace
}  // namespace cotrace::test
