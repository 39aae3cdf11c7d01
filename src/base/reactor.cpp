#include "base/reactor.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/errno_error.h"
#include "base/fd.h"

namespace cotrace::base {

namespace {

// The eventfd's key in epoll; watches count from 1.
constexpr std::uint64_t wakeup_key = 0;

// Work that defers more work must not keep descriptors waiting for ever: so much at most in one round.
constexpr std::size_t most_deferred_a_round = 1024;

}  // namespace

// A watched descriptor or a timer. The reactor's tables and the Watch share it; `state` is null as soon as
// either has given it up.
struct Reactor::Watch::Entry {
  State* state{nullptr};
  std::uint64_t key{0};
  int fd{-1};  // -1: a timer
  std::uint32_t events{0};
  bool always_ready{false};
  Ready ready;
  Clock::time_point when;
  Work work;
};

struct Reactor::State {
  using Entry = Watch::Entry;
  using TimerKey = std::pair<Clock::time_point, std::uint64_t>;

  Fd epoll;
  Fd wakeup;
  std::uint64_t next_key{wakeup_key + 1};
  std::uint64_t rounds{0};
  // epoll carries a key that is never used twice, not a pointer: an event that was fetched before its watch
  // ended then finds nothing, even where the descriptor's number has been taken again within the same round.
  std::unordered_map<std::uint64_t, std::shared_ptr<Entry>> watches;
  std::map<TimerKey, std::shared_ptr<Entry>> timers;
  std::size_t always_ready{0};  // how many of them wait for something
  std::deque<Work> deferred;

  std::atomic<std::thread::id> owner{};
  std::atomic<bool> stopping{false};
  std::mutex mutex;  // guards the two below
  std::vector<Work> posted;
  bool wakeup_pending{false};

  void remove(Entry& entry);
  void wake();
  void take_posted();
  int wait_milliseconds(std::chrono::milliseconds timeout) const;
  bool call(std::uint64_t key, std::uint32_t events);
  bool call_events(std::span<const epoll_event> events);
  [[nodiscard]] bool edge_triggered(std::uint64_t key) const;
  bool call_always_ready(std::uint64_t round);
  bool call_timers();
  bool call_deferred();
};

// --- watches
// ---------------------------------------------------------------------------------------------------------

Reactor::Watch::Watch(std::shared_ptr<Entry> entry) : entry_(std::move(entry)) {}
Reactor::Watch::Watch(Watch&&) noexcept = default;

Reactor::Watch& Reactor::Watch::operator=(Watch&& other) noexcept {
  if (this != &other) {
    reset();
    entry_ = std::move(other.entry_);
  }
  return *this;
}

Reactor::Watch::~Watch() {
  reset();
}

bool Reactor::Watch::active() const {
  return entry_ && entry_->state != nullptr;
}

void Reactor::Watch::reset() {
  // Kept alive until the end of this function: the callback that is running now may own this very Watch.
  const std::shared_ptr<Entry> entry = std::move(entry_);
  entry_.reset();
  if (entry && entry->state != nullptr) entry->state->remove(*entry);
}

void Reactor::Watch::events(std::uint32_t epoll_events) {
  if (!active() || entry_->fd < 0 || entry_->events == epoll_events) return;
  const bool waited = entry_->events != 0;
  entry_->events = epoll_events;
  if (entry_->always_ready) {
    if (waited) --entry_->state->always_ready;
    if (epoll_events != 0) ++entry_->state->always_ready;
    return;
  }
  epoll_event event{};
  event.events = epoll_events;
  event.data.u64 = entry_->key;
  // Cannot fail for a descriptor that is open and registered, which the contract of watch() says it is.
  ::epoll_ctl(entry_->state->epoll.get(), EPOLL_CTL_MOD, entry_->fd, &event);
}

void Reactor::State::remove(Entry& entry) {
  entry.state = nullptr;
  if (entry.fd < 0) {
    timers.erase({entry.when, entry.key});
    return;
  }
  if (entry.always_ready) {
    if (entry.events != 0) --always_ready;
  } else {
    epoll_event unused{};
    ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, entry.fd, &unused);
  }
  watches.erase(entry.key);
}

Result<Reactor::Watch> Reactor::watch(int fd, std::uint32_t epoll_events, Ready ready) {
  auto entry = std::make_shared<Watch::Entry>();
  entry->state = state_.get();
  entry->key = state_->next_key++;
  entry->fd = fd;
  entry->events = epoll_events;
  entry->ready = std::move(ready);

  epoll_event event{};
  event.events = epoll_events;
  event.data.u64 = entry->key;
  if (::epoll_ctl(state_->epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    // epoll_ctl(2): EPERM means that the file cannot be polled: a regular file, /dev/null. Such a file is
    // always ready, and a server on its standard input may well be given one.
    if (errno != EPERM) return fail_errno("cannot watch the descriptor");
    entry->always_ready = true;
    if (epoll_events != 0) ++state_->always_ready;
  }
  state_->watches.emplace(entry->key, entry);
  return Watch(std::move(entry));
}

Reactor::Watch Reactor::at(Clock::time_point when, Work work) {
  auto entry = std::make_shared<Watch::Entry>();
  entry->state = state_.get();
  entry->key = state_->next_key++;
  entry->when = when;
  entry->work = std::move(work);
  state_->timers.emplace(State::TimerKey{when, entry->key}, entry);
  return Watch(std::move(entry));
}

// --- life
// ------------------------------------------------------------------------------------------------------------

Reactor::Reactor() : state_(std::make_unique<State>()) {}

Reactor::~Reactor() {
  // Watches and work may own each other, and a Watch that goes looks into the state: cut them off before
  // anything goes.
  for (auto& [key, entry] : state_->watches) entry->state = nullptr;
  for (auto& [key, entry] : state_->timers) entry->state = nullptr;
}

Result<std::unique_ptr<Reactor>> Reactor::create() {
  std::unique_ptr<Reactor> reactor(new Reactor);
  State& state = *reactor->state_;
  state.epoll = Fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!state.epoll.valid()) return fail_errno("cannot make an epoll descriptor");
  state.wakeup = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state.wakeup.valid()) return fail_errno("cannot make an eventfd");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = wakeup_key;
  if (::epoll_ctl(state.epoll.get(), EPOLL_CTL_ADD, state.wakeup.get(), &event) != 0)
    return fail_errno("cannot watch the eventfd");
  return reactor;
}

// --- work from elsewhere
// ---------------------------------------------------------------------------------------------

bool Reactor::on_own_thread() const {
  return state_->owner.load() == std::this_thread::get_id();
}

void Reactor::State::wake() {
  const std::uint64_t one = 1;
  // The only way to fail is a full counter (EAGAIN), and then it is readable anyway.
  [[maybe_unused]] const auto written = ::write(wakeup.get(), &one, sizeof one);
}

void Reactor::State::take_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wakeup.get(), &count, sizeof count);
  std::vector<Work> work;
  {
    const std::lock_guard lock(mutex);
    work.swap(posted);
    wakeup_pending = false;
  }
  for (Work& one : work) deferred.push_back(std::move(one));
}

void Reactor::post(Work work) {
  if (on_own_thread()) return defer(std::move(work));
  bool first = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->posted.push_back(std::move(work));
    first = !std::exchange(state_->wakeup_pending, true);
  }
  if (first) state_->wake();
}

void Reactor::defer(Work work) {
  state_->deferred.push_back(std::move(work));
}

void Reactor::stop() {
  state_->stopping.store(true);
  if (!on_own_thread()) state_->wake();
}

// --- the loop
// --------------------------------------------------------------------------------------------------------

void Reactor::run() {
  while (!state_->stopping.exchange(false)) run_once(std::chrono::milliseconds{-1});
}

bool Reactor::run_once(std::chrono::milliseconds timeout) {
  State& state = *state_;
  state.owner.store(std::this_thread::get_id());
  const std::uint64_t round = ++state.rounds;

  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(state.epoll.get(), events.data(), static_cast<int>(events.size()),
                                 state.wait_milliseconds(timeout));
  // EINTR comes without any handler, too: a SIGCONT after a SIGSTOP is enough.
  const std::span ready(events.data(), static_cast<std::size_t>(std::max(count, 0)));

  bool handled = state.call_events(ready);
  if (state.always_ready > 0) handled |= state.call_always_ready(round);
  if (!state.timers.empty()) handled |= state.call_timers();
  handled |= state.call_deferred();
  return handled;
}

// How long epoll may wait. The clock is read only if there is a timer.
int Reactor::State::wait_milliseconds(std::chrono::milliseconds timeout) const {
  using std::chrono::milliseconds;
  if (!deferred.empty() || always_ready > 0 || stopping.load()) return 0;
  constexpr milliseconds longest{24 * 3600 * 1000};
  milliseconds wait = timeout.count() < 0 ? milliseconds{-1} : std::min(timeout, longest);
  if (timers.empty()) return static_cast<int>(wait.count());
  // Rounded up: waking a fraction of a millisecond too early would spin.
  const auto left = std::chrono::ceil<milliseconds>(timers.begin()->first.first - Clock::now());
  const auto until_timer = std::clamp(left, milliseconds{0}, longest);
  wait = wait.count() < 0 ? until_timer : std::min(wait, until_timer);
  return static_cast<int>(wait.count());
}

bool Reactor::State::call_events(std::span<const epoll_event> events) {
  const std::uint64_t round = rounds;
  bool handled = false;
  for (const epoll_event& event : events) {
    // A callback may have run a round of its own, and what is left here has been handled in it. Where it has
    // not, epoll tells it again, but for what is edge-triggered.
    const bool stale = rounds != round;
    if (stale && !edge_triggered(event.data.u64)) continue;
    if (event.data.u64 == wakeup_key) {
      take_posted();
      handled = true;  // if only by stop()
    } else {
      handled |= call(event.data.u64, event.events);
    }
  }
  return handled || rounds != round;
}

bool Reactor::State::edge_triggered(std::uint64_t key) const {
  const auto found = watches.find(key);
  return found != watches.end() && (found->second->events & EPOLLET) != 0;
}

bool Reactor::State::call(std::uint64_t key, std::uint32_t events) {
  const auto found = watches.find(key);
  if (found == watches.end()) return false;  // ended by a callback of this round
  const std::shared_ptr<Entry> entry = found->second;
  // A callback of this round may have changed what is waited for.
  const std::uint32_t wanted = events & (entry->events | EPOLLERR | EPOLLHUP);
  if (wanted == 0) return false;
  entry->ready(wanted);
  return true;
}

bool Reactor::State::call_always_ready(std::uint64_t round) {
  std::vector<std::uint64_t> keys;
  for (const auto& [key, entry] : watches)
    if (entry->always_ready) keys.push_back(key);
  bool handled = false;
  for (std::uint64_t key : keys) {
    if (rounds != round) return true;
    handled |= call(key, EPOLLIN | EPOLLOUT);
  }
  return handled;
}

bool Reactor::State::call_timers() {
  // Chosen first, called then: a timer that a callback sets waits for the next round even if it is due, so
  // that timers which set themselves again do not keep descriptors waiting.
  const Clock::time_point now = Clock::now();
  std::vector<TimerKey> due;
  for (auto it = timers.begin(); it != timers.end() && it->first.first <= now; ++it) due.push_back(it->first);
  bool handled = false;
  for (const TimerKey& key : due) {
    const auto found = timers.extract(key);
    if (found.empty()) continue;  // its Watch has been destroyed by a callback before it
    const std::shared_ptr<Entry>& entry = found.mapped();
    entry->state = nullptr;
    // Out of the entry first: the callback may destroy its own Watch, and its captures must outlive the call.
    Work work = std::move(entry->work);
    work();
    handled = true;
  }
  return handled;
}

bool Reactor::State::call_deferred() {
  bool handled = false;
  for (std::size_t i = 0; i < most_deferred_a_round && !deferred.empty(); ++i) {
    // One at a time: if the work runs a round of its own, that round sees what is queued behind it.
    Work work = std::move(deferred.front());
    deferred.pop_front();
    work();
    handled = true;
  }
  return handled;
}

}  // namespace cotrace::base
