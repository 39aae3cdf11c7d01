#include "native/agent_code.h"

#include <algorithm>
#include <string_view>

#include "ax/evaluate.h"

namespace cotrace::native {

namespace {

class TaskContext final : public ax::Context {
 public:
  TaskContext(Client& client, TaskId task) : client_(client), task_(task) {}

  Result<> read_memory(Addr address, std::span<std::byte> out) override {
    const auto got = client_.core.read_memory(task_, address, out);
    if (!got) return std::unexpected(got.error());
    if (*got != out.size()) return fail(Errc::unmapped, "the memory ends there");
    return {};
  }
  Result<std::uint64_t> read_register(int number) override {
    return client_.registers.read_number(task_, number);
  }
  // gdbserver prints it on its own standard output, and that is where gdb's users look for it.
  void print(std::string_view text) override {
    if (client_.options.observer != nullptr) client_.options.observer->agent_printf(text);
  }

 private:
  Client& client_;
  TaskId task_;
};

Result<std::vector<ax::Program>> verified(const std::vector<session::Bytecode>& codes) {
  std::vector<ax::Program> out;
  for (const auto& code : codes) {
    auto program = ax::Program::verify(code);
    if (!program) return std::unexpected(program.error());
    out.push_back(std::move(*program));
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<AgentCode>> AgentCode::make(Client& client,
                                                   const std::vector<session::Bytecode>& conditions,
                                                   const std::vector<session::Bytecode>& commands) {
  auto code = std::unique_ptr<AgentCode>(new AgentCode(client));
  auto first = verified(conditions);
  if (!first) return std::unexpected(first.error());
  auto second = verified(commands);
  if (!second) return std::unexpected(second.error());
  code->conditions_ = std::move(*first);
  code->commands_ = std::move(*second);
  return code;
}

bool AgentCode::stops(TaskId task) {
  TaskContext context(client_, task);
  const bool holds =
      conditions_.empty() || std::ranges::any_of(conditions_, [&](const ax::Program& condition) {
        return ax::evaluate(condition, context).value_or(1) != 0;
      });
  // A dprintf: it prints and goes on, without the client.
  if (!holds || commands_.empty()) return holds;
  for (const ax::Program& command : commands_) (void)ax::evaluate(command, context);
  return false;
}

}  // namespace cotrace::native
