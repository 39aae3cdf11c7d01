#include "engines/syscall_log/filter.h"

#include <functional>
#include <memory>
#include <regex.h>

#include "engines/syscall_log/call_classes.h"
#include "engines/syscall_log/signal_values.h"

namespace cotrace::engines::syscall_log {

namespace {

constexpr std::array tables{CallTable::native, CallTable::compat};

std::vector<std::string_view> words_of(std::string_view list) {
  std::vector<std::string_view> out;
  while (true) {
    const auto comma = list.find(',');
    out.push_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    list.remove_prefix(comma + 1);
  }
}

std::unexpected<Error> misunderstood(std::string_view what, std::string_view word) {
  return fail(Errc::invalid, fmt::format("there is no {} '{}'", what, word));
}

using Matches = std::function<bool(std::string_view name)>;

Result<Matches> matches_expression(std::string_view text) {
  const std::shared_ptr<regex_t> compiled(new regex_t{}, [](regex_t* one) {
    ::regfree(one);
    delete one;
  });
  const std::string pattern(text);
  if (const int error = ::regcomp(compiled.get(), pattern.c_str(), REG_EXTENDED | REG_NOSUB); error != 0) {
    // Nothing to free in one that was not compiled, and regfree may not be called on it.
    *compiled = regex_t{};
    return fail(Errc::invalid, fmt::format("'{}' is no regular expression", text));
  }
  return [compiled](std::string_view name) {
    return ::regexec(compiled.get(), std::string(name).c_str(), 0, nullptr, 0) == 0;
  };
}

// One word of a set of calls.
Result<Matches> matches_word(std::string_view word) {
  const std::string_view whole = word;
  const bool may_be_absent = word.starts_with('?');
  if (may_be_absent) word.remove_prefix(1);
  if (word.starts_with('/')) return matches_expression(word.substr(1));
  if (word.starts_with('%')) {
    const std::string name(word.substr(1));
    if (!is_call_class(name) && !may_be_absent) return misunderstood("class of system calls", whole);
    return [name](std::string_view call) { return in_call_class(name, call); };
  }
  const std::string name(word);
  const bool known = call_number(CallTable::native, name) || call_number(CallTable::compat, name);
  if (!known && !may_be_absent) return misunderstood("system call", whole);
  return [name](std::string_view call) { return call == name; };
}

bool take_negation(std::string_view& text) {
  const bool negated = text.starts_with('!');
  if (negated) text.remove_prefix(1);
  return negated;
}

}  // namespace

Filter::Filter() {
  traced_.others = true;
  for (const CallTable table : tables)
    traced_.known[static_cast<std::size_t>(table)].assign(call_limit(table), true);
  signals_.set();
  statuses_.set();
}

bool Filter::Calls::has(CallTable table, std::uint64_t number) const {
  const auto& numbers = known[static_cast<std::size_t>(table)];
  return number < numbers.size() ? numbers[number] : others;
}

bool Filter::traces(CallTable table, std::uint64_t number) const {
  return traced_.has(table, number);
}

bool Filter::raw(CallTable table, std::uint64_t number) const {
  return raw_.has(table, number);
}

bool Filter::shows_signal(int signal) const {
  return signal < 0 || static_cast<std::size_t>(signal) >= signals_.size() ||
         signals_[static_cast<std::size_t>(signal)];
}

Result<Filter::Calls> Filter::parse_calls(std::string_view text) {
  const bool negated = take_negation(text);
  Calls out;
  out.others = negated;
  for (const CallTable table : tables)
    out.known[static_cast<std::size_t>(table)].assign(call_limit(table), negated);
  if (text == "none") return out;
  if (text == "all") {
    out.others = !negated;
    for (auto& numbers : out.known) numbers.assign(numbers.size(), !negated);
    return out;
  }
  for (const std::string_view word : words_of(text)) {
    const auto matches = matches_word(word);
    if (!matches) return std::unexpected(matches.error());
    for (const CallTable table : tables) {
      auto& numbers = out.known[static_cast<std::size_t>(table)];
      for (std::uint64_t number = 0; number < numbers.size(); ++number) {
        const auto name = call_name(table, number);
        if (!name.empty() && (*matches)(name)) numbers[number] = !negated;
      }
    }
  }
  return out;
}

Result<> Filter::parse_signals(std::string_view text) {
  const bool negated = take_negation(text);
  negated ? signals_.set() : signals_.reset();
  if (text == "none") return {};
  if (text == "all") {
    signals_.flip();
    return {};
  }
  for (const std::string_view word : words_of(text)) {
    std::string upper(word);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const int signal = signal_named(upper);
    if (signal == 0) return misunderstood("signal", word);
    signals_.set(static_cast<std::size_t>(signal), !negated);
  }
  return {};
}

Result<> Filter::parse_statuses(std::string_view text) {
  constexpr std::array<std::string_view, call_statuses> names{"successful", "failed", "unfinished",
                                                              "unavailable", "detached"};
  const bool negated = take_negation(text);
  negated ? statuses_.set() : statuses_.reset();
  if (text == "none") return {};
  if (text == "all") {
    statuses_.flip();
    return {};
  }
  for (const std::string_view word : words_of(text)) {
    const auto* at = std::ranges::find(names, word);
    if (at == names.end()) return misunderstood("status of system calls", word);
    statuses_.set(static_cast<std::size_t>(at - names.begin()), !negated);
  }
  return {};
}

Result<> Filter::parse(std::string_view expression) {
  // A regular expression may have an equals sign in it, and is no key.
  const auto equals = expression.find('=');
  const bool keyed = equals != std::string_view::npos && expression.find('/') > equals;
  const auto key = keyed ? expression.substr(0, equals) : std::string_view("trace");
  const auto set = keyed ? expression.substr(equals + 1) : expression;
  if (set.empty() || set == "!")
    return fail(Errc::invalid, fmt::format("there is nothing in '{}'", expression));
  if (key == "signal" || key == "signals" || key == "s") return parse_signals(set);
  if (key == "status") return parse_statuses(set);
  const bool raw = key == "raw" || key == "x";
  if (!raw && key != "trace" && key != "t") return misunderstood("kind of expression", key);
  auto calls = parse_calls(set);
  if (!calls) return std::unexpected(calls.error());
  (raw ? raw_ : traced_) = std::move(*calls);
  return {};
}

Result<Filter> parse_filter(const std::vector<std::string>& expressions) {
  Filter filter;
  for (const std::string& expression : expressions) {
    if (const auto parsed = filter.parse(expression); !parsed) return std::unexpected(parsed.error());
  }
  return filter;
}

}  // namespace cotrace::engines::syscall_log
