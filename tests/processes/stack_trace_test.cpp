// Stacks of real programs that stand at a signal.

#include "engines/stack_trace.h"

#include <algorithm>
#include <csignal>
#include <sys/mman.h>

#include "processes/job_run.h"

namespace cotrace::test {
namespace {

using engines::Frame;
using engines::StackTracer;

// Looks at the stack of the first task that gets a signal that ends it.
class Looker : public Engine {
 public:
  explicit Looker(Tracer& tracer) : tracer_(tracer), stacks_(tracer) {}

  Verdict on_event(TaskId task, const Event& event) override {
    if (const auto* signal = std::get_if<event::Signal>(&event)) {
      const auto disposition = tracer_.disposition(task, signal->info.si_signo);
      if (disposition && *disposition != SignalDisposition::core) return {};
      frames_ = stacks_.frames(task, 64);
      // What has been read before is used again, to the same end.
      again_ = stacks_.frames(task, 2);
    }
    const auto* death = std::get_if<event::Died>(&event);
    if (death != nullptr && death->process_ended) ended_.set_value();
    return {};
  }
  std::vector<Frame> frames_of(std::vector<std::string> arguments) {
    arguments[0] = program_path(arguments[0]);
    LaunchOptions program;
    program.arguments = std::move(arguments);
    const auto task = tracer_.launch(program, *this, {.events = {EventKind::signal, EventKind::death}});
    EXPECT_TRUE(task);
    EXPECT_EQ(ended_.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
    tracer_.barrier();
    if (!frames_ || !again_ || frames_->empty()) {
      ADD_FAILURE() << (frames_ ? "no stack" : frames_.error().text);
      return {};
    }
    EXPECT_LE(again_->size(), 2U);
    EXPECT_EQ(again_->front().symbol, frames_->front().symbol);
    return *frames_;
  }

 private:
  Tracer& tracer_;
  StackTracer stacks_;
  Result<std::vector<Frame>> frames_{std::vector<Frame>{}};
  Result<std::vector<Frame>> again_{std::vector<Frame>{}};
  std::promise<void> ended_;
};

std::vector<std::string> names(const std::vector<Frame>& frames) {
  std::vector<std::string> out;
  for (const auto& frame : frames) out.push_back(frame.symbol);
  return out;
}

// The names of `wanted` come in this order, perhaps with others in between.
::testing::AssertionResult in_order(const std::vector<Frame>& frames,
                                    const std::vector<std::string>& wanted) {
  auto at = frames.begin();
  for (const auto& name : wanted) {
    at = std::ranges::find_if(at, frames.end(), [&](const Frame& frame) { return frame.symbol == name; });
    if (at == frames.end()) {
      auto failed = ::testing::AssertionFailure() << "no " << name << " in:\n";
      for (std::size_t i = 0; i < frames.size(); ++i) failed << engines::text_of(frames[i], i) << '\n';
      return failed;
    }
  }
  return ::testing::AssertionSuccess();
}

TEST(Stacks, NamesAndLinesOfACrash) {
  auto tracer = new_tracer();
  Looker looker(*tracer);
  const auto frames = looker.frames_of({"crashes", "null"});
  tracer.reset();
  ASSERT_TRUE(in_order(frames, {"touch_nothing", "crash", "middle", "outer", "main"}));
  EXPECT_EQ(frames[0].symbol, "touch_nothing");
  EXPECT_GT(frames[0].offset, 0U);
  EXPECT_TRUE(frames[0].file.ends_with("crashes.c")) << frames[0].file;
  EXPECT_GT(frames[0].line, 0);
  EXPECT_EQ(frames[0].module, program_path("crashes"));
  const auto text = engines::text_of(frames[0], 0);
  EXPECT_TRUE(text.starts_with("#0  0x0000")) << text;
  EXPECT_NE(text.find(" touch_nothing+0x"), std::string::npos) << text;
  EXPECT_NE(text.find("/crashes) at "), std::string::npos) << text;
}

TEST(Stacks, PassTheFrameOfASignalHandler) {
  auto tracer = new_tracer();
  Looker looker(*tracer);
  const auto frames = looker.frames_of({"crashes", "give_up"});
  tracer.reset();
  ASSERT_TRUE(in_order(frames, {"give_up", "touch_nothing", "main"}));
  EXPECT_EQ(std::ranges::count_if(frames, [](const Frame& frame) { return frame.signal_frame; }), 1);
}

TEST(Stacks, ACallToNowhereHasItsCaller) {
  auto tracer = new_tracer();
  Looker looker(*tracer);
  const auto frames = looker.frames_of({"crashes", "call"});
  tracer.reset();
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames[0].pc, Addr{16});
  EXPECT_EQ(frames[0].module, "");
}

TEST(Stacks, NoMoreThanIsAskedFor) {
  auto tracer = new_tracer();
  Looker looker(*tracer);
  EXPECT_EQ(looker.frames_of({"crashes", "overflow"}).size(), 64U);
}

TEST(Stacks, OfAStrippedProgramHaveAddresses) {
  auto tracer = new_tracer();
  Looker looker(*tracer);
  const auto frames = looker.frames_of({"crashes_stripped", "null"});
  tracer.reset();
  ASSERT_GE(frames.size(), 5U);
  EXPECT_EQ(frames[0].symbol, "");
  EXPECT_EQ(frames[0].module, program_path("crashes_stripped"));
  // The C library's own names are those of its dynamic symbols.
  EXPECT_TRUE(in_order(frames, {"__libc_start_main@@GLIBC_2.34"}) ||
              in_order(frames, {"__libc_start_main"}) || in_order(frames, {"__libc_start_main_impl"}))
      << names(frames).size();
}

TEST(Stacks, OfStaticProgramsAndThoseOf32Bits) {
  for (const std::string name : {"crashes_static", "crashes_static_pie", "crashes_32"}) {
    auto tracer = new_tracer();
    Looker looker(*tracer);
    const auto frames = looker.frames_of({name, "null"});
    tracer.reset();
    EXPECT_TRUE(in_order(frames, {"touch_nothing", "crash", "middle", "outer", "main"})) << name;
  }
}

TEST(Stacks, CppNamesAreReadableAndInlinedFunctionsAreFramesOfTheirOwn) {
  auto tracer = new_tracer();
  Looker looker(*tracer);
  const auto frames = looker.frames_of({"inlined"});
  tracer.reset();
  ASSERT_TRUE(in_order(frames, {"shop::Till::open(int)", "shop::serve(int)", "main"}));
  EXPECT_TRUE(frames[0].inlined);
  EXPECT_GT(frames[0].line, 0);
  // Where the inlined function is called.
  EXPECT_GT(frames[1].line, frames[0].line);
}

TEST(Stacks, OfTheVdso) {
  auto tracer = new_tracer();
  Looker looker(*tracer);
  const auto frames = looker.frames_of({"in_vdso"});
  tracer.reset();
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames[0].module, "[vdso]");
  EXPECT_TRUE(in_order(frames, {"main"}));
}

TEST(Stacks, ATaskThatIsGoneHasNone) {
  auto tracer = new_tracer();
  Looker looker(*tracer);
  (void)looker.frames_of({"crashes", "null"});
  StackTracer stacks(*tracer);
  const auto frames = on_tracer(*tracer, [&] { return stacks.frames(TaskId{Tid{1}, 1}, 8); });
  ASSERT_FALSE(frames);
  EXPECT_EQ(frames.error().code, Errc::gone);
}

}  // namespace
}  // namespace cotrace::test
