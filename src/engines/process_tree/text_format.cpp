// One line an event, and the whole tree at the end.

#include <fmt/format.h>

#include "base/overloaded.h"
#include "engines/process_tree/draw_tree.h"
#include "engines/process_tree/formats.h"
#include "engines/shown_text.h"
#include "engines/signal_text.h"

namespace cotrace::engines {

namespace {

std::string began(const TreeProcess& process) {
  const auto made_by = [&](std::string_view how) {
    return process.creator_pid ? fmt::format("begins, made by {} ({})", process.creator_pid->value, how)
                               : fmt::format("begins ({})", how);
  };
  switch (process.origin) {
    case Origin::launched:
      return "begins: " + shown_programs(process);
    case Origin::attached:
      return "is there: " + shown_programs(process);
    case Origin::fork:
      return made_by("fork");
    case Origin::vfork:
      return made_by("vfork");
    case Origin::shared_memory:
      return made_by("clone, shared memory");
  }
  return {};
}

class TextFormat final : public TreeFormat {
 public:
  TextFormat(Output& output, const TreeModel& model, const ProcessTreeOptions& options)
      : output_(output), model_(model), options_(options) {}

  void happened(TreeTime now, const Happening& what) override {
    std::visit(base::Overloaded{
                   [&](const happening::ProcessBegan& that) { line(now, that.process, began(that.process)); },
                   [&](const happening::ThreadBegan& that) {
                     line(now, that.process, fmt::format("thread {} begins", that.thread.tid.value));
                   },
                   [&](const happening::ThreadEnded& that) {
                     line(now, that.process, fmt::format("thread {} ends", that.thread.tid.value));
                   },
                   [&](const happening::Execed& that) {
                     line(now, that.process, "runs " + shown_command(that.process.images.back().arguments));
                   },
                   [&](const happening::ProcessEnded& that) {
                     line(now, that.process,
                          fmt::format("{} ({})", text_of(that.process.status), shown_usage(that.process)));
                   },
                   [](const happening::Held&) {},
               },
               what);
  }

  void end(TreeTime now) override {
    std::string text = "\n";
    for (const auto& row : draw_tree(model_, now, {.unicode = options_.unicode})) text += row + '\n';
    output_.write(text);
  }
  [[nodiscard]] bool needs_the_dead() const override { return true; }

 private:
  void line(TreeTime now, const TreeProcess& process, std::string_view text) {
    const double seconds = std::chrono::duration<double>(now).count();
    output_.write(fmt::format("{:>11.6f} {:>7} {}\n", seconds, process.pid.value, text));
  }

  Output& output_;
  const TreeModel& model_;
  ProcessTreeOptions options_;
};

}  // namespace

std::unique_ptr<TreeFormat> make_text_format(Output& output, const TreeModel& model,
                                             const ProcessTreeOptions& options) {
  return std::make_unique<TextFormat>(output, model, options);
}

}  // namespace cotrace::engines
