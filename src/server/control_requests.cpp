#include <nlohmann/json.hpp>

#include "server/control.h"

namespace cotrace::server {
namespace {

using Json = nlohmann::json;

std::unexpected<Error> not_understood() {
  return fail(Errc::invalid, "the request is not understood: is the other cotrace of another version?");
}

// Members that are missing or of another type: nlohmann throws, the caller turns that into an error.
JobRequest job_of(const Json& json) {
  JobRequest request;
  request.words = json.at("run").get<std::vector<std::string>>();
  for (const auto pid : json.at("processes").get<std::vector<std::int32_t>>())
    request.processes.emplace_back(pid);
  request.all = json.value("all", false);
  request.all_with_init = json.value("with_init", false);
  request.directory = json.value("directory", "/");
  request.terminal = json.value("terminal", false);
  request.to_file = json.value("to_file", false);
  request.unicode = json.value("unicode", false);
  request.columns = json.value("columns", request.columns);
  request.rows = json.value("rows", request.rows);
  return request;
}

Json json_of(const JobRequest& request) {
  auto processes = Json::array();
  for (const Pid process : request.processes) processes.push_back(process.value);
  return {{"run", request.words},
          {"processes", processes},
          {"all", request.all},
          {"with_init", request.all_with_init},
          {"directory", request.directory},
          {"terminal", request.terminal},
          {"to_file", request.to_file},
          {"unicode", request.unicode},
          {"columns", request.columns},
          {"rows", request.rows}};
}

}  // namespace

Result<ControlRequest> parse_request(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return not_understood();
  try {
    if (json.contains("run")) return job_of(json);
    if (json.at("ask").get<std::string>() == "who") return Question{};
    return not_understood();
  } catch (const Json::exception&) {
    return not_understood();
  }
}

std::string to_json(const ControlRequest& request) {
  const auto* job = std::get_if<JobRequest>(&request);
  const Json json = job != nullptr ? json_of(*job) : Json{{"ask", "who"}};
  // Arguments are bytes, JSON is UTF-8.
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string to_json(const std::optional<ExitStatus>& program) {
  if (!program) return "{}";
  return Json{{"signalled", program->signalled}, {"code", program->code}}.dump();
}

Result<std::optional<ExitStatus>> parse_ended(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return not_understood();
  if (json.empty()) return std::nullopt;
  try {
    return ExitStatus{json.at("signalled").get<bool>(), json.at("code").get<int>(), false};
  } catch (const Json::exception&) {
    return not_understood();
  }
}

}  // namespace cotrace::server
