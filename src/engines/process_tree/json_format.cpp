// One JSON object a line; the members are listed in process_tree.h.

#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/overloaded.h"
#include "engines/process_tree/formats.h"
#include "engines/process_tree/origin_name.h"
#include "engines/signal_text.h"

namespace cotrace::engines {

namespace {

using Object = nlohmann::ordered_json;

double seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

void add_image(Object& object, const ProgramImage& image) {
  if (!image.executable.empty()) object["executable"] = image.executable;
  object["arguments"] = image.arguments;
}

void add_end(Object& object, const TreeProcess& process) {
  if (process.status.signalled) {
    object["signal"] = signal_name(process.status.code);
    object["core_dumped"] = process.status.core_dumped;
  } else {
    object["code"] = process.status.code;
  }
  object["wall"] = seconds(process.ended.value_or(process.began) - process.began);
  if (!process.usage) return;
  object["user"] = seconds(process.usage->user);
  object["system"] = seconds(process.usage->system);
  if (process.usage->peak_memory) object["peak_memory"] = *process.usage->peak_memory;
}

class JsonFormat final : public TreeFormat {
 public:
  JsonFormat(Output& output, const TreeModel& model) : output_(output), model_(model) {
    put({{"event", "begin"},
         {"version", 1},
         {"date", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))}});
  }

  void happened(TreeTime now, const Happening& what) override {
    std::visit(base::Overloaded{
                   [&](const happening::ProcessBegan& that) {
                     Object object = about("process", now, that.process);
                     object["origin"] = origin_name(that.process.origin);
                     if (that.process.creator_pid) object["creator"] = that.process.creator_pid->value;
                     add_image(object, that.process.images.back());
                     put(object);
                   },
                   [&](const happening::ThreadBegan& that) {
                     Object object = about("thread", now, that.process);
                     object["tid"] = that.thread.tid.value;
                     put(object);
                   },
                   [&](const happening::ThreadEnded& that) {
                     Object object = about("thread_end", now, that.process);
                     object["tid"] = that.thread.tid.value;
                     put(object);
                   },
                   [&](const happening::Execed& that) {
                     Object object = about("exec", now, that.process);
                     add_image(object, that.process.images.back());
                     put(object);
                   },
                   [&](const happening::ProcessEnded& that) {
                     Object object = about("exit", now, that.process);
                     add_end(object, that.process);
                     put(object);
                   },
                   [](const happening::Held&) {},
               },
               what);
  }

  void end(TreeTime now) override {
    put({{"event", "end"},
         {"time", seconds(now)},
         {"processes", model_.count()},
         {"living", model_.living_count()}});
  }

 private:
  static Object about(std::string_view event, TreeTime now, const TreeProcess& process) {
    return {{"event", event}, {"time", seconds(now)}, {"pid", process.pid.value}};
  }
  // Arguments need not be UTF-8; JSON must.
  void put(const Object& object) {
    output_.write(object.dump(-1, ' ', false, Object::error_handler_t::replace) + '\n');
  }

  Output& output_;
  const TreeModel& model_;
};

}  // namespace

std::unique_ptr<TreeFormat> make_json_format(Output& output, const TreeModel& model) {
  return std::make_unique<JsonFormat>(output, model);
}

}  // namespace cotrace::engines
