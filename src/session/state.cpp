#include "session/state.h"

#include <algorithm>
#include <utility>

#include "base/overloaded.h"
#include "session/dispatch_table.h"
#include "session/stop_reply.h"

namespace cotrace::session {

namespace {

using base::Overloaded;

// Of text that comes while the client cannot take any.
constexpr std::size_t most_console = std::size_t{64} * 1024;
// `O` and two digits a character.
constexpr std::size_t console_piece = (packet_size - 1) / 2;
}  // namespace

// --- SavedRegisters ---

std::uint32_t SavedRegisters::keep(ThreadRef thread, std::vector<std::byte> block) {
  constexpr std::size_t most = 64;
  if (saved_.size() >= most) saved_.erase(saved_.begin());
  saved_.insert_or_assign(++last_, Saved{thread, std::move(block)});
  return last_;
}

std::optional<std::vector<std::byte>> SavedRegisters::take(std::uint32_t number, ThreadRef thread) {
  const auto found = saved_.find(number);
  if (found == saved_.end() || found->second.thread != thread) return std::nullopt;
  return std::move(saved_.extract(found).mapped().block);
}

// --- Deferred ---

Deferred::Deferred(Conversation& talk) : talk_(talk.self_) {
  ++talk.deferred_;
}

// Nothing but a lack of memory throws in here, and that is the end of the program anyway.
Deferred::~Deferred() {  // NOLINT(bugprone-exception-escape)
  if (talk_ != nullptr) answer(rsp::reply::Error{});
}

Conversation* Deferred::conversation() const {
  return talk_ == nullptr ? nullptr : *talk_;
}

void Deferred::answer(const rsp::Reply& reply) {
  const auto token = std::exchange(talk_, nullptr);
  if (token == nullptr || *token == nullptr) return;
  Conversation& talk = **token;
  talk.turn([&] {
    --talk.deferred_;
    talk.send(reply);
  });
}

// --- Conversation ---

Conversation::Conversation(Target& t, Transport& transport, SessionOwner& owner,
                           SessionOptions session_options)
    : target(t),
      options(std::move(session_options)),
      wire(transport, options.log),
      owner_(owner),
      self_(std::make_shared<Conversation*>(this)) {
  mode = make_all_stop(*this);
}

Conversation::~Conversation() {
  *self_ = nullptr;
}

std::optional<ThreadRef> Conversation::current_thread() {
  if (!general) {
    const auto all = visible_threads();
    if (!all.empty()) general = all.front();
    return general;
  }
  return target.alive(*general) ? general : std::nullopt;
}

std::optional<ThreadRef> Conversation::current_process() {
  if (auto thread = current_thread()) return thread;
  if (!general) return std::nullopt;
  const auto all = visible_threads();
  const auto other = std::ranges::find(all, general->pid, &ThreadRef::pid);
  return other == all.end() ? std::nullopt : std::optional(*other);
}

std::vector<ThreadRef> Conversation::visible_threads() {
  auto all = target.threads();
  if (!untold.empty()) std::erase_if(all, [&](ThreadRef thread) { return untold.hides(thread); });
  return all;
}

std::optional<ThreadRef> Conversation::find_thread(const rsp::ThreadId& id) {
  using PidKind = rsp::Selector<Pid>::Kind;
  using TidKind = rsp::Selector<Tid>::Kind;
  const bool one_process = id.process && id.process->kind == PidKind::one;
  if (id.thread.kind == TidKind::one) {
    // Without a process part: most likely the one in hand.
    const auto pid = one_process ? std::optional(id.process->id)
                     : general   ? std::optional(general->pid)
                                 : std::nullopt;
    if (pid && target.alive({*pid, id.thread.id})) return ThreadRef{*pid, id.thread.id};
    if (one_process) return std::nullopt;
  }
  const auto fits = [&](ThreadRef thread) {
    return (!one_process || thread.pid == id.process->id) &&
           (id.thread.kind != TidKind::one || thread.tid == id.thread.id);
  };
  if (general && fits(*general) && target.alive(*general)) return general;
  const auto all = visible_threads();
  const auto found = std::ranges::find_if(all, fits);
  return found == all.end() ? std::nullopt : std::optional(*found);
}

bool Conversation::any_dying() const {
  const Processes* all = target.processes();
  return all != nullptr && all->any_dying();
}

// --- telling ---

rsp::Reply Conversation::tell(const StopReport& report) {
  if (std::holds_alternative<stop::NoResumed>(report.reason) && !features.no_resumed) {
    return rsp::reply::ErrorText{"Nothing that was resumed is left."};
  }
  rsp::Reply reply = rsp::reply::Payload{stop_payload(*this, report)};
  told.tell(report);
  if (features.lldb && std::holds_alternative<stop::Vfork>(report.reason)) {
    in_vfork = report.thread;
  } else if (in_vfork == report.thread) {
    in_vfork.reset();
  }
  if (stops_thread(report.reason) && !non_stop) {
    // gdb takes the thread of a stop reply for selected, without an Hg.
    general = report.thread;
  } else if (ends_process(report.reason)) {
    deselect(report.thread.pid);
  }
  return reply;
}

// In non-stop the client selects threads itself: a stop that changed the selection between its Hg and its g
// would give it the registers of another thread.
void Conversation::notify_stop(const StopReport& report) {
  wire.notify("Stop:" + stop_payload(*this, report));
  told.tell(report);
  if (ends_process(report.reason)) deselect(report.thread.pid);
}

void Conversation::console(std::string_view text) {
  // gdb takes O packets only while it waits for a stop reply, and there is no such wait in non-stop.
  if (non_stop) return;
  console_ += text.substr(0, most_console - std::min(most_console, console_.size()));
  if (!mode->awaited() || console_.empty()) return;
  const std::string all = std::exchange(console_, {});
  for (std::size_t at = 0; at < all.size(); at += console_piece) {
    wire.reply(rsp::console_output(std::string_view(all).substr(at, console_piece)));
  }
}

void Conversation::send(const rsp::Reply& reply) {
  if (std::holds_alternative<rsp::reply::Later>(reply)) return;
  using Words = rsp::Encoding::Words;
  const Words words = !features.lldb ? Words::gdb : features.error_strings ? Words::lldb : Words::none;
  wire.reply(rsp::encode(reply, {packet_size, features.multiprocess, words}));
}

void Conversation::forget(Pid pid) {
  untold.drop(pid);
  told.drop(pid);
  deselect(pid);
  mode->forget(pid);
}

void Conversation::deselect(Pid pid) {
  if (general && general->pid == pid) general.reset();
  if (to_resume && to_resume->pid == pid) to_resume.reset();
  if (in_vfork && in_vfork->pid == pid) in_vfork.reset();
}

// --- the turn ---

void Conversation::pump() {
  while (deferred_ == 0 && !finished_) {
    const auto incoming = wire.next();
    if (!incoming) return;
    handle(*incoming);
  }
}

void Conversation::end_turn() {
  const auto self = self_;
  wire.flush();
  // The owner may have given up on a broken connection while sending, and on us with it.
  if (*self == nullptr || !finished_ || owner_told_) return;
  owner_told_ = true;
  owner_.on_finished();
}

void Conversation::handle(const rsp::Incoming& incoming) {
  std::visit(Overloaded{[&](const rsp::incoming::Packet& packet) { send(dispatch(packet.payload)); },
                        [&](const rsp::incoming::Overlong&) { send(rsp::reply::Error{}); },
                        [&](const rsp::incoming::Interrupt&) { mode->interrupt(); },
                        // The wire deals with these itself.
                        [](const rsp::incoming::BadChecksum&) {}, [](const rsp::incoming::Ack&) {},
                        [](const rsp::incoming::Nack&) {}},
             incoming);
}

rsp::Reply Conversation::dispatch(std::string_view payload) {
  auto [name, arguments] = rsp::split_name(payload);
  const Row* row = find_row(name);
  if (row == nullptr || !served(*this, *row)) return rsp::reply::Unsupported{};
  // Looked up for each packet: a thread may have died since the last.
  switch (row->needs) {
    case Needs::nothing:
      break;
    case Needs::process:
    case Needs::stopped_thread: {
      const bool exactly = row->needs == Needs::stopped_thread;
      auto thread = exactly ? current_thread() : current_process();
      if (const auto named = exactly && features.lldb ? rsp::split_thread_suffix(arguments) : std::nullopt) {
        const auto id = rsp::parse_thread_id(named->thread);
        thread = id ? find_thread(*id) : std::nullopt;
        arguments = named->arguments;
      }
      if (!thread && general && ended_untold(general->pid)) return of_the_dead(name);
      if (!thread || (exactly && !target.stopped(*thread))) return rsp::reply::Error{};
      subject_ = *thread;
      break;
    }
    case Needs::extended:
      if (!extended) return rsp::reply::Unsupported{};
      break;
  }
  return row->handle(*this, arguments);
}

bool Conversation::ended_untold(Pid pid) {
  return std::ranges::any_of(
      untold, [&](const StopReport& r) { return r.thread.pid == pid && ends_process(r.reason); });
}

// Where gdb 13 cannot read the registers of a thread that it believes stopped it gives up what it was doing,
// a followed exit of another process for example; and where it cannot put back its breakpoints there, it does
// not resume the other processes (gdb.follow_vfork_mt.child_keep_schedule). What it then shows of the thread,
// or takes for planted, is of no matter, since the end is told next.
rsp::Reply Conversation::of_the_dead(std::string_view name) const {
  if (name == rsp::InsertPoint::name || name == rsp::RemovePoint::name) return rsp::reply::Ok{};
  if (name != rsp::ReadRegisters::name || register_bytes == 0) return rsp::reply::Error{};
  return rsp::reply::Hex{std::vector<std::byte>(register_bytes)};
}

// No client looks at the number; 1 is what gdbserver sends.
rsp::Reply failed(const Error&) {
  return rsp::reply::Error{};
}

rsp::Reply explained(const Error& error) {
  if (error.text.empty()) return failed(error);
  return rsp::reply::ErrorText{error.text};
}

}  // namespace cotrace::session
