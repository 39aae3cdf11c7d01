// The JSON array form of the Trace Event Format. Of the two forms it is the one whose readers take a file
// that breaks off.
//
// Slices of one thread nest, so the programs of a process, which follow one another on the leader's track,
// are "B" and "E"; holds, which may overlap in any way, are asynchronous ones ("b" and "e").

#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/overloaded.h"
#include "engines/process_tree/formats.h"
#include "engines/process_tree/origin_name.h"
#include "engines/shown_text.h"
#include "engines/signal_text.h"

namespace cotrace::engines {

namespace {

using Object = nlohmann::ordered_json;

// The last part of the program's path, as the name of a slice.
std::string short_name(const ProgramImage& image) {
  std::string name = !image.executable.empty() ? image.executable
                     : image.arguments.empty() ? std::string("?")
                                               : image.arguments.front();
  const auto slash = name.rfind('/');
  if (slash != std::string::npos && slash + 1 < name.size()) name.erase(0, slash + 1);
  return harmless(name);
}

Tid leader(const TreeProcess& process) {
  return Tid{process.pid.value};
}

class TraceEventFormat final : public TreeFormat {
 public:
  explicit TraceEventFormat(Output& output) : output_(output) {}

  void happened(TreeTime now, const Happening& what) override {
    std::visit(base::Overloaded{
                   [&](const happening::ProcessBegan& that) { began(now, that.process); },
                   [&](const happening::ThreadBegan& that) { thread_began(now, that.process, that.thread); },
                   [&](const happening::ThreadEnded& that) { close(now, that.process.pid, that.thread.tid); },
                   [&](const happening::Execed& that) { execed(now, that); },
                   [&](const happening::ProcessEnded& that) { ended(now, that); },
                   [&](const happening::Held& that) { held(now, that); },
               },
               what);
  }

  void end(TreeTime now) override {
    while (!holds_.empty()) end_hold(now, holds_.begin());
    while (!open_.empty()) close(now, open_.begin()->first, open_.begin()->second);
    output_.write(begun_ ? "\n]\n" : "[]\n");
  }

 private:
  struct HoldKey {
    Pid process;
    Tid thread;
    std::string by;
    auto operator<=>(const HoldKey&) const = default;
  };
  using Holds = std::multimap<HoldKey, std::uint64_t>;

  static Object event(std::string_view phase, std::string name, TreeTime now, Pid process, Tid thread) {
    return {{"ph", phase},
            {"name", std::move(name)},
            {"ts", now.count()},
            {"pid", process.value},
            {"tid", thread.value}};
  }

  void put(const Object& object) {
    output_.write(begun_ ? ",\n" : "[\n");
    begun_ = true;
    output_.write(object.dump(-1, ' ', false, Object::error_handler_t::replace));
  }

  void name_process(TreeTime now, const TreeProcess& process) {
    const ProgramImage& image = process.images.back();
    Object object = event("M", "process_name", now, process.pid, leader(process));
    object["args"] = {{"name", short_name(image)}};
    put(object);
    object["name"] = "process_labels";
    object["args"] = {{"labels", shown_command(image.arguments, 200)}};
    put(object);
  }

  void open_image(TreeTime now, const TreeProcess& process) {
    const ProgramImage& image = process.images.back();
    Object object = event("B", short_name(image), now, process.pid, leader(process));
    object["cat"] = "program";
    object["args"] = {{"executable", image.executable}, {"arguments", image.arguments}};
    put(object);
    open_.emplace(process.pid, leader(process));
  }

  void close(TreeTime now, Pid process, Tid thread, const Object& arguments = {}) {
    if (open_.erase({process, thread}) == 0) return;
    Object object{{"ph", "E"}, {"ts", now.count()}, {"pid", process.value}, {"tid", thread.value}};
    if (!arguments.is_null()) object["args"] = arguments;
    put(object);
  }

  void mark(TreeTime now, const TreeProcess& process, std::string text, std::string_view category) {
    Object object = event("i", std::move(text), now, process.pid, leader(process));
    object["cat"] = category;
    object["s"] = "p";
    put(object);
  }

  void name_thread(TreeTime now, Pid process, Tid thread, std::string name) {
    Object object = event("M", "thread_name", now, process, thread);
    object["args"] = {{"name", std::move(name)}};
    put(object);
  }

  void began(TreeTime now, const TreeProcess& process) {
    name_process(now, process);
    Object sort = event("M", "process_sort_index", now, process.pid, leader(process));
    sort["args"] = {{"sort_index", process.number.value}};
    put(sort);
    name_thread(now, process.pid, leader(process), "main");
    open_image(now, process);
    if (!process.creator_pid) return;
    const std::string how(origin_name(process.origin));
    const Pid creator = *process.creator_pid;
    // An arrow begins at a slice, and the thread that made the process need not have one.
    const Tid maker = process.creator_thread.value_or(Tid{creator.value});
    const bool shown = open_.contains({creator, maker});
    Object from = event("s", how, now, creator, shown ? maker : Tid{creator.value});
    from["cat"] = "fork";
    from["id"] = process.number.value;
    put(from);
    Object to = event("f", how, now, process.pid, leader(process));
    to["cat"] = "fork";
    to["id"] = process.number.value;
    to["bp"] = "e";
    put(to);
  }

  void thread_began(TreeTime now, const TreeProcess& process, const TreeThread& thread) {
    const std::string name = fmt::format("thread {}", thread.tid.value);
    name_thread(now, process.pid, thread.tid, name);
    Object object = event("B", name, now, process.pid, thread.tid);
    object["cat"] = "thread";
    put(object);
    open_.emplace(process.pid, thread.tid);
  }

  void execed(TreeTime now, const happening::Execed& that) {
    for (const TreeThread& thread : that.gone) close(now, that.process.pid, thread.tid);
    close(now, that.process.pid, leader(that.process));
    name_process(now, that.process);
    open_image(now, that.process);
    mark(now, that.process, fmt::format("exec {}", short_name(that.process.images.back())), "exec");
  }

  void ended(TreeTime now, const happening::ProcessEnded& that) {
    const TreeProcess& process = that.process;
    for (auto at = holds_.begin(); at != holds_.end();)
      at = at->first.process == process.pid ? end_hold(now, at) : std::next(at);
    for (const TreeThread& thread : that.threads) {
      if (thread.tid != leader(process)) close(now, process.pid, thread.tid);
    }
    if (process.status.signalled)
      mark(now, process, fmt::format("killed by {}", signal_name(process.status.code)), "signal");
    Object arguments{{"end", text_of(process.status)}};
    if (process.usage) {
      arguments["user_ms"] = process.usage->user.count();
      arguments["system_ms"] = process.usage->system.count();
      if (process.usage->peak_memory) arguments["peak_memory"] = *process.usage->peak_memory;
    }
    close(now, process.pid, leader(process), arguments);
  }

  void held(TreeTime now, const happening::Held& that) {
    HoldKey key{that.process.pid, that.thread, that.by};
    if (that.held) {
      put_hold("b", now, *holds_.emplace(std::move(key), ++last_hold_));
    } else if (const auto at = holds_.find(key); at != holds_.end()) {
      end_hold(now, at);
    }
  }

  Holds::iterator end_hold(TreeTime now, Holds::iterator hold) {
    put_hold("e", now, *hold);
    return holds_.erase(hold);
  }

  void put_hold(std::string_view phase, TreeTime now, const Holds::value_type& hold) {
    const auto& [key, number] = hold;
    Object object = event(phase, fmt::format("held by {}", harmless(key.by)), now, key.process, key.thread);
    object["cat"] = "hold";
    object["id"] = fmt::format("hold{}", number);
    put(object);
  }

  Output& output_;
  std::set<std::pair<Pid, Tid>> open_;  // tracks with a slice that has begun
  Holds holds_;
  std::uint64_t last_hold_{0};
  bool begun_{false};
};

}  // namespace

std::unique_ptr<TreeFormat> make_trace_event_format(Output& output) {
  return std::make_unique<TraceEventFormat>(output);
}

}  // namespace cotrace::engines
