// One thread makes every call of an engine, whoever calls the tracer.

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <signal.h>
#include <thread>

#include <cotrace/tracer.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

// Notes on which threads it was called, and that no two calls overlap.
class Witness : public Engine {
 public:
  Verdict on_event(TaskId, const Event& event) override {
    EXPECT_FALSE(inside_.exchange(true));
    const std::scoped_lock lock(mutex_);
    threads_.insert(std::this_thread::get_id());
    if (std::holds_alternative<event::Execed>(event)) execed_ = true;
    if (const auto* death = std::get_if<event::Died>(&event)) ended_ = ended_ || death->process_ended;
    changed_.notify_all();
    inside_ = false;
    return std::holds_alternative<event::Execed>(event) ? holding : Verdict{};
  }
  void wait_for_exec() {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [this] { return execed_; }));
  }
  void wait_for_end() {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [this] { return ended_; }));
  }
  std::set<std::thread::id> threads() {
    const std::scoped_lock lock(mutex_);
    return threads_;
  }

 private:
  std::atomic<bool> inside_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::thread::id> threads_;
  bool execed_{false};
  bool ended_{false};
};

class TracerThreads : public Tracing {
 protected:
  TracerThreads() {
    // The tracer has a core of its own, and SIGCHLD goes to one of them only.
    core.reset();
    reactor.reset();
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    ::pthread_sigmask(SIG_BLOCK, &child, nullptr);
  }
};

TEST_F(TracerThreads, CallsFromManyThreadsAreMadeOnOne) {
  auto tracer = Tracer::create();
  ASSERT_TRUE(tracer) << tracer.error().text;
  constexpr int callers = 4;
  std::array<Witness, callers> engines;
  {
    std::vector<std::jthread> threads;
    for (Witness& engine : engines) {
      threads.emplace_back([&] {
        const auto task = (*tracer)->launch({{program_path("syscalls"), "5", "2"}, {}, {}, true}, engine,
                                            {everything | EventMask{EventKind::syscall_entry}, false, true});
        ASSERT_TRUE(task) << task.error().text;
        engine.wait_for_exec();
        std::array<std::byte, 8> bytes{};
        user_regs_struct regs{};
        ASSERT_TRUE((*tracer)->registers(*task, regs));
        ASSERT_TRUE((*tracer)->read_memory(*task, Addr{regs.rip}, bytes));
        ASSERT_TRUE((*tracer)->control(*task, engine, {ResumeAction::resume, {}, 0}));
        engine.wait_for_end();
      });
    }
  }
  std::set<std::thread::id> all;
  for (Witness& engine : engines) all.merge(engine.threads());
  EXPECT_EQ(all.size(), 1U);
  EXPECT_FALSE(all.contains(std::this_thread::get_id()));
}

TEST_F(TracerThreads, AfterADetachFromAnotherThreadNoCallComes) {
  auto tracer = Tracer::create();
  ASSERT_TRUE(tracer) << tracer.error().text;
  auto program = start({"busy_signals", "2"});
  ASSERT_EQ(program.line().rfind("ready", 0), 0U);
  Witness stays;
  ASSERT_TRUE((*tracer)->attach(program.pid, stays, {everything, false, true}));
  // An engine that says when it is called too late.
  struct Leaver : Engine {
    std::atomic<bool> left{false};
    std::atomic<int> calls{0};
    Verdict on_event(TaskId, const Event&) override {
      EXPECT_FALSE(left);
      ++calls;
      return {ResumeAction::single_step, {}, {}, {}};
    }
  };
  for (int round = 0; round < 20; ++round) {
    Leaver engine;
    const auto tasks = (*tracer)->attach(program.pid, engine, {everything, false, true});
    ASSERT_TRUE(tasks) << tasks.error().text;
    while (engine.calls < 20) std::this_thread::yield();
    ASSERT_TRUE((*tracer)->detach(program.pid, engine));
    engine.left = true;
  }
  tracer->reset();
  program.go();
  EXPECT_EQ(program.rest(), "busy_signals done\n");
  EXPECT_EQ(wait_for(program), 0);
}

TEST_F(TracerThreads, WorkThatIsPutOffRunsInTimeOnTheTracersThread) {
  auto made = Tracer::create();
  ASSERT_TRUE(made);
  auto tracer = std::move(*made);
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int> order;
  std::set<std::thread::id> threads;
  const auto note = [&](int number) {
    const std::scoped_lock lock(mutex);
    order.push_back(number);
    threads.insert(std::this_thread::get_id());
    changed.notify_all();
  };
  const auto begin = std::chrono::steady_clock::now();
  tracer->post_after(std::chrono::milliseconds(60), [&] { note(2); });
  tracer->post_after(std::chrono::milliseconds(20), [&] { note(1); });
  tracer->post_after(std::chrono::hours(1), [&] { note(3); });  // never
  std::unique_lock lock(mutex);
  ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return order.size() == 2; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(60));
  EXPECT_EQ(order, (std::vector{1, 2}));
  EXPECT_EQ(threads.size(), 1U);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
  lock.unlock();
  tracer.reset();
  EXPECT_EQ(order.size(), 2U);
}

}  // namespace
}  // namespace cotrace::test
