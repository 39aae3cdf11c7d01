// The formats of process_tree.h. What they are made with outlives them.
#pragma once

#include <memory>

#include "engines/job.h"
#include "engines/process_tree/process_tree.h"
#include "engines/process_tree/tree_happening.h"

namespace cotrace::engines {

std::unique_ptr<TreeFormat> make_text_format(Output& output, const TreeModel& model,
                                             const ProcessTreeOptions& options);
std::unique_ptr<TreeFormat> make_json_format(Output& output, const TreeModel& model);
std::unique_ptr<TreeFormat> make_trace_event_format(Output& output);

// What `live` draws with: asks for `draw` to be called after so long, on the tracer's thread.
using CallLater = std::function<void(std::chrono::milliseconds, std::function<void()>)>;
std::unique_ptr<TreeFormat> make_live_format(Output& output, const TreeModel& model,
                                             const ProcessTreeOptions& options, CallLater later,
                                             std::function<TreeTime()> now);

}  // namespace cotrace::engines
