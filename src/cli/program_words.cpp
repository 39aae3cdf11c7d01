#include "cli/program_words.h"

#include <CLI/CLI.hpp>

namespace cotrace::cli {
namespace {

// Whether the option's value is the next word. Of flags in one word (-tt, -fc) only the last can have one.
bool value_follows(const std::string& word, const CLI::App& command) {
  const CLI::Option* option = command.get_option_no_throw(word);
  const bool letters = word.size() > 2 && word[1] != '-';
  if (option == nullptr && letters) {
    for (std::size_t at = 1; at < word.size(); ++at) {
      const auto* letter = command.get_option_no_throw(std::string{'-', word[at]});
      if (letter == nullptr) return false;
      if (letter->get_items_expected_max() > 0) return at + 1 == word.size();  // else: its value is the rest
    }
    return false;
  }
  // Not found: a wrong one, or --NAME=VALUE.
  return option != nullptr && option->get_items_expected_max() > 0;
}

}  // namespace

std::vector<std::string> cut_program(std::vector<std::string>& words, const CLI::App& command, bool bare) {
  auto at = words.begin() + 1;  // after the command's own name
  for (; at != words.end() && *at != "--"; ++at) {
    if (!at->starts_with('-')) {
      if (bare) break;
      continue;
    }
    if (value_follows(*at, command) && at + 1 != words.end()) ++at;
  }
  std::vector<std::string> program(at, words.end());
  words.erase(at, words.end());
  if (!program.empty() && program.front() == "--") program.erase(program.begin());
  return program;
}

}  // namespace cotrace::cli
