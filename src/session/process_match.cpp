#include "session/process_match.h"

#include <memory>
#include <regex.h>
#include <string>
#include <string_view>
#include <utility>

namespace cotrace::session {

namespace {

using Facts = HostPlatform::ProcessFacts;
using Match = rsp::FirstProcess::Match;

struct RegexFree {
  void operator()(regex_t* compiled) const {
    ::regfree(compiled);
    delete compiled;
  }
};
using Regex = std::shared_ptr<regex_t>;

Result<Regex> compile(const std::string& text) {
  auto compiled = std::make_unique<regex_t>();
  if (::regcomp(compiled.get(), text.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    return fail(Errc::invalid, "This is no regular expression.");
  return Regex(compiled.release(), RegexFree());
}

bool name_fits(const rsp::FirstProcess& wanted, const Regex& regex, const Facts& facts) {
  if (!wanted.program) return true;
  // By the name of the file, without its directory.
  const std::string name = facts.program.substr(facts.program.rfind('/') + 1);
  switch (wanted.match) {
    case Match::equals:
      return name == *wanted.program;
    case Match::starts_with:
      return name.starts_with(*wanted.program);
    case Match::ends_with:
      return name.ends_with(*wanted.program);
    case Match::contains:
      return name.contains(*wanted.program);
    case Match::regex:
      return ::regexec(regex.get(), name.c_str(), 0, nullptr, 0) == 0;
  }
  return false;
}

}  // namespace

Result<std::function<bool(const Facts&)>> process_filter(const rsp::FirstProcess& wanted) {
  Regex regex;
  if (wanted.program && wanted.match == Match::regex) {
    auto compiled = compile(*wanted.program);
    if (!compiled) return std::unexpected(compiled.error());
    regex = std::move(*compiled);
  }
  return [wanted, regex](const Facts& facts) {
    const auto fits = [](const auto& asked, const auto& is) { return !asked || *asked == is; };
    return (wanted.all_users || facts.ours) && fits(wanted.pid, facts.pid) &&
           fits(wanted.parent, facts.parent) && fits(wanted.uid, facts.uid) && fits(wanted.gid, facts.gid) &&
           fits(wanted.euid, facts.euid) && fits(wanted.egid, facts.egid) && name_fits(wanted, regex, facts);
  };
}

}  // namespace cotrace::session
