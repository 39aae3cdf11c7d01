#include "engines/process_tree/draw_tree.h"

#include <fmt/format.h>
#include <ranges>
#include <set>

#include "engines/shown_text.h"
#include "engines/signal_text.h"

namespace cotrace::engines {

namespace {

struct Branches {
  std::string_view middle, last, beside, below;
};
constexpr Branches box{"├─", "└─", "│ ", "  "};
constexpr Branches ascii{"|-", "`-", "| ", "  "};

std::string shown_end(const TreeProcess& process) {
  if (!process.ended) return "runs";
  return process.status.signalled ? signal_name(process.status.code) : fmt::format("{}", process.status.code);
}

std::string row(const TreeProcess& process, TreeTime now) {
  std::string cpu, peak;
  if (process.usage) {
    cpu = shown_time(process.usage->user + process.usage->system);
    if (process.usage->peak_memory) peak = shown_size(*process.usage->peak_memory);
  }
  const auto wall = process.ended.value_or(now) - process.began;
  return fmt::format("{:>8} {:>9} {:>9} {:>9}  ", shown_end(process), shown_time(wall), cpu, peak);
}

class Drawing {
 public:
  Drawing(const TreeModel& model, TreeTime now, const DrawOptions& options)
      : model_(model), now_(now), options_(options), branches_(options.unicode ? box : ascii) {
    if (options.living_only) find_living();
  }

  // Not by calling itself: a chain of forks may be as deep as there are pids.
  std::vector<std::string> lines() {
    out_.push_back(fmt::format("{:>8} {:>9} {:>9} {:>9}  PROCESS", "EXIT", "WALL", "CPU", "PEAK"));
    for (const auto root : std::views::reverse(shown(model_.roots()))) todo_.push_back({root, "", "", ""});
    while (!todo_.empty()) {
      const Todo next = std::move(todo_.back());
      todo_.pop_back();
      add(next);
    }
    return std::move(out_);
  }

 private:
  struct Todo {
    ProcessNumber process;
    std::string around;  // the lines of those further up
    std::string_view branch, below;
  };

  void find_living() {
    for (const auto& [number, process] : model_.processes()) {
      if (process.ended) continue;
      for (std::optional<ProcessNumber> at = number; at && shown_.insert(*at).second;)
        at = model_.at(*at).creator;
    }
  }

  [[nodiscard]] std::vector<ProcessNumber> shown(const std::vector<ProcessNumber>& all) const {
    if (!options_.living_only) return all;
    std::vector<ProcessNumber> out;
    for (const auto number : all) {
      if (shown_.contains(number)) out.push_back(number);
    }
    return out;
  }

  void add(const Todo& todo) {
    const TreeProcess& process = model_.at(todo.process);
    out_.push_back(fmt::format("{}{}{}{} {}", row(process, now_), todo.around, todo.branch, process.pid.value,
                               shown_programs(process)));
    if (process.most_threads > 1) out_.back() += fmt::format(" [{} threads]", process.most_threads);
    const auto children = shown(process.children);
    // A chain of thousands of forks would make lines that nobody can read, and megabytes of blanks.
    constexpr std::size_t deepest = 400;
    std::string around = todo.around;
    if (around.size() < deepest) around += todo.below;
    for (std::size_t at = children.size(); at > 0; --at) {
      const bool last = at == children.size();
      todo_.push_back({children[at - 1], around, last ? branches_.last : branches_.middle,
                       last ? branches_.below : branches_.beside});
    }
  }

  const TreeModel& model_;
  TreeTime now_;
  DrawOptions options_;
  Branches branches_;
  std::set<ProcessNumber> shown_;
  std::vector<Todo> todo_;  // the next one last
  std::vector<std::string> out_;
};

}  // namespace

std::string shown_programs(const TreeProcess& process) {
  std::string out;
  for (const auto& image : process.images) {
    if (image.inherited && process.images.size() > 1) continue;
    if (!out.empty()) out += " -> ";
    std::string command = shown_command(image.arguments);
    // Kernel threads, and programs that have overwritten their arguments.
    if (command.empty()) command = harmless(image.executable);
    out += image.inherited ? fmt::format("({})", command) : command;
  }
  return out;
}

std::string shown_usage(const TreeProcess& process) {
  std::string out = fmt::format("{} wall", shown_time(process.ended.value_or(process.began) - process.began));
  if (!process.usage) return out;
  out += fmt::format(", {} cpu", shown_time(process.usage->user + process.usage->system));
  if (process.usage->peak_memory) out += fmt::format(", {} peak", shown_size(*process.usage->peak_memory));
  return out;
}

std::vector<std::string> draw_tree(const TreeModel& model, TreeTime now, const DrawOptions& options) {
  return Drawing(model, now, options).lines();
}

}  // namespace cotrace::engines
