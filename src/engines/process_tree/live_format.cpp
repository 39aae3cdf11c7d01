// The tree of the moment on a terminal: what was drawn last is drawn over.

#include <algorithm>
#include <fmt/format.h>
#include <memory>

#include "engines/process_tree/draw_tree.h"
#include "engines/process_tree/formats.h"
#include "engines/shown_text.h"

namespace cotrace::engines {

namespace {

using std::chrono::milliseconds;

// Ten times a second while things happen; otherwise once, since the times grow.
constexpr milliseconds soonest{100};
constexpr milliseconds latest{1000};

class LiveFormat final : public TreeFormat {
 public:
  LiveFormat(Output& output, const TreeModel& model, const ProcessTreeOptions& options, CallLater later,
             std::function<TreeTime()> now)
      : output_(output), model_(model), options_(options), later_(std::move(later)), now_(std::move(now)) {}

  void happened(TreeTime now, const Happening& /*what*/) override {
    ended_ = false;
    // A drawing that waits for its second to pass comes too late; one more is asked for, and the other finds
    // that it is not the latest.
    if (due_ && *due_ <= now + soonest) return;
    const auto earliest = last_ ? *last_ + soonest : now;
    ask(now, std::chrono::duration_cast<milliseconds>(std::max(earliest - now, TreeTime(0))));
  }

  void end(TreeTime now) override {
    ended_ = true;
    due_.reset();
    ++turn_;
    std::string text = rub_out();
    for (const auto& row : draw_tree(model_, now, {.unicode = options_.unicode})) text += row + '\n';
    output_.write(text);
    drawn_ = 0;
  }
  [[nodiscard]] bool needs_the_dead() const override { return true; }

 private:
  void ask(TreeTime now, milliseconds delay) {
    due_ = now + delay;
    later_(delay, [this, alive = std::weak_ptr(alive_), turn = ++turn_] {
      if (alive.expired() || turn != turn_) return;
      draw();
    });
  }

  // Up to the first line of what was drawn, and everything from there on away (ECMA-48: CPL, ED).
  [[nodiscard]] std::string rub_out() const {
    return drawn_ > 0 ? fmt::format("\x1b[{}F\x1b[J", drawn_) : std::string();
  }

  void draw() {
    const TreeTime now = now_();
    last_ = now;
    // A reader that is slow shall get the latest tree, not all that it has missed.
    if (!output_.full()) {
      auto lines = draw_tree(model_, now, {.unicode = options_.unicode, .living_only = true});
      // The cursor stands on a line of its own below.
      const std::size_t room = options_.height > 2 ? options_.height - 1 : 1;
      if (lines.size() > room) {
        const auto left = lines.size() - room + 1;
        lines.resize(room - 1);
        lines.push_back(fmt::format("... and {} more", left));
      }
      std::string text = rub_out();
      for (const auto& row : lines) text += clipped(row, options_.width) + '\n';
      output_.write(text);
      drawn_ = lines.size();
    }
    if (!ended_) ask(now, latest);
  }

  Output& output_;
  const TreeModel& model_;
  ProcessTreeOptions options_;
  CallLater later_;
  std::function<TreeTime()> now_;
  std::optional<TreeTime> last_, due_;
  std::uint64_t turn_{0};  // of the drawing that is asked for
  std::size_t drawn_{0};
  bool ended_{false};
  std::shared_ptr<char> alive_{std::make_shared<char>()};
};

}  // namespace

std::unique_ptr<TreeFormat> make_live_format(Output& output, const TreeModel& model,
                                             const ProcessTreeOptions& options, CallLater later,
                                             std::function<TreeTime()> now) {
  return std::make_unique<LiveFormat>(output, model, options, std::move(later), std::move(now));
}

}  // namespace cotrace::engines
