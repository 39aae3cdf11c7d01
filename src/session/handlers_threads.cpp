// H, T, qC, qfThreadInfo, qsThreadInfo, qThreadExtraInfo, qGetTLSAddr, qXfer:threads. None of them stops
// anybody.
#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "base/xml_text.h"
#include "session/handlers.h"
#include "session/xfer.h"

namespace cotrace::session::handlers {

namespace {

bool names_one(const rsp::ThreadId& id) {
  return id.thread.kind == rsp::Selector<Tid>::Kind::one ||
         (id.process && id.process->kind == rsp::Selector<Pid>::Kind::one);
}

std::string name_on_wire(const Conversation& talk, ThreadRef thread) {
  return rsp::format_thread(thread.pid, thread.tid, talk.features.multiprocess);
}

std::string thread_element(Conversation& talk, ThreadRef thread) {
  std::string text = fmt::format("<thread id=\"{}\"", name_on_wire(talk, thread));
  ThreadFacts* facts = talk.target.thread_facts();
  if (facts == nullptr) return text + "/>\n";
  auto out = std::back_inserter(text);
  if (const auto core = facts->core(thread)) fmt::format_to(out, " core=\"{}\"", *core);
  if (const auto name = facts->name(thread); !name.empty())
    fmt::format_to(out, " name=\"{}\"", base::xml_line(name));
  if (const auto handle = facts->handle(thread); !handle.empty()) {
    fmt::format_to(out, " handle=\"{}\"", base::to_hex(handle));
  }
  const auto extra = facts->extra_info(thread);
  if (extra.empty()) return text + "/>\n";
  return text + fmt::format(">{}</thread>\n", base::xml_line(extra));
}

// As many of the listing as fit into one reply.
rsp::Reply next_of_listing(Conversation& talk) {
  if (talk.listing.empty()) return rsp::reply::Payload{"l"};
  std::string text = "m";
  constexpr std::size_t longest_id = 32;
  std::size_t taken = 0;
  while (taken < talk.listing.size() && text.size() + longest_id < packet_size) {
    if (taken > 0) text += ',';
    text += name_on_wire(talk, talk.listing[taken]);
    ++taken;
  }
  talk.listing.erase(talk.listing.begin(), talk.listing.begin() + static_cast<std::ptrdiff_t>(taken));
  return rsp::reply::Payload{std::move(text)};
}

// A thread of a process that has ended without the client's knowing: it is still there, as far as the client
// is concerned.
std::optional<ThreadRef> dead_untold(Conversation& talk, const rsp::ThreadId& id) {
  const bool both = id.process && id.process->kind == rsp::Selector<Pid>::Kind::one &&
                    id.thread.kind == rsp::Selector<Tid>::Kind::one;
  if (!both || !talk.ended_untold(id.process->id)) return std::nullopt;
  return ThreadRef{id.process->id, id.thread.id};
}

}  // namespace

rsp::Reply select_thread(Conversation& talk, const rsp::SelectThread& command) {
  const bool general = command.what == rsp::SelectThread::For::general;
  if (!general && !names_one(command.thread)) {
    talk.to_resume.reset();  // Hc0, Hc-1: no thread in particular
    return rsp::reply::Ok{};
  }
  // "Any" (Hgp0.0, the first thing that gdb 13 sends) keeps the selected thread if it lives.
  auto thread = talk.find_thread(command.thread);
  if (!thread) thread = dead_untold(talk, command.thread);
  if (!thread) return rsp::reply::Error{};
  (general ? talk.general : talk.to_resume) = *thread;
  return rsp::reply::Ok{};
}

rsp::Reply thread_alive(Conversation& talk, const rsp::ThreadAlive& command) {
  return talk.find_thread(command.thread) ? rsp::Reply{rsp::reply::Ok{}} : rsp::reply::Error{};
}

rsp::Reply current_thread(Conversation& talk, const rsp::CurrentThread&) {
  // The selected thread may have ended while its process goes on: then it is another one of that.
  const auto thread = talk.current_process();
  if (!thread) return rsp::reply::Error{};
  return rsp::reply::Payload{"QC" + name_on_wire(talk, *thread)};
}

// A listing is taken once and handed out in parts: threads that come or go between the parts do not shift it.
rsp::Reply first_threads(Conversation& talk, const rsp::FirstThreads&) {
  talk.listing = talk.visible_threads();
  // From an empty list, as from no answer at all, lldb 19 concludes that there is a process 1 with a
  // thread 1.
  if (talk.features.lldb && talk.listing.empty()) return rsp::reply::Ok{};
  return next_of_listing(talk);
}

rsp::Reply next_threads(Conversation& talk, const rsp::NextThreads&) {
  return next_of_listing(talk);
}

// gdb 13 asks for it only where the thread document was not used.
rsp::Reply thread_extra_info(Conversation& talk, const rsp::ThreadExtraInfo& command) {
  const auto thread = talk.find_thread(command.thread);
  if (!thread) return rsp::reply::Error{};
  const std::string text = talk.target.thread_facts()->extra_info(*thread);
  return rsp::reply::Payload{base::to_hex(text)};
}

rsp::Reply tls_address(Conversation& talk, const rsp::TlsAddress& command) {
  const auto thread = talk.find_thread(command.thread);
  if (!thread) return rsp::reply::Error{};
  const auto address = talk.target.thread_locals()->tls_address(*thread, command.offset, command.link_map);
  if (!address) return failed(address.error());
  return rsp::reply::Payload{fmt::format("{:x}", address->value)};
}

rsp::Reply xfer_threads(Conversation& talk, const rsp::XferRead& command) {
  return serve_object(talk, "threads", command, [&]() -> Result<std::string> {
    if (!command.annex.empty()) return fail(Errc::not_found, "No such annex.");
    std::string text = "<?xml version=\"1.0\"?>\n<threads>\n";
    for (const ThreadRef thread : talk.visible_threads()) text += thread_element(talk, thread);
    return text + "</threads>\n";
  });
}

}  // namespace cotrace::session::handlers
