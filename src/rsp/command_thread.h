// Packets about threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <cotrace/ids.h>

#include "rsp/thread_id.h"

namespace cotrace::rsp {

// Hg, Hc: the thread that other packets are about. Hc is for `c` and `s` alone.
struct SelectThread {
  enum class For : std::uint8_t { general, resume } what;
  ThreadId thread;
  static constexpr std::string_view name = "H";
  static std::optional<SelectThread> parse(std::string_view arguments);
};

// T: is the thread alive?
struct ThreadAlive {
  ThreadId thread;
  static constexpr std::string_view name = "T";
  static std::optional<ThreadAlive> parse(std::string_view arguments);
};

struct CurrentThread {
  static constexpr std::string_view name = "qC";
  static std::optional<CurrentThread> parse(std::string_view arguments);
};

struct FirstThreads {
  static constexpr std::string_view name = "qfThreadInfo";
  static std::optional<FirstThreads> parse(std::string_view arguments);
};

struct NextThreads {
  static constexpr std::string_view name = "qsThreadInfo";
  static std::optional<NextThreads> parse(std::string_view arguments);
};

struct ThreadExtraInfo {
  ThreadId thread;
  static constexpr std::string_view name = "qThreadExtraInfo";
  static std::optional<ThreadExtraInfo> parse(std::string_view arguments);
};

// qGetTLSAddr: where is the thread's copy of a thread-local variable?
struct TlsAddress {
  ThreadId thread;
  std::uint64_t offset;
  Addr link_map;  // of the module
  static constexpr std::string_view name = "qGetTLSAddr";
  static std::optional<TlsAddress> parse(std::string_view arguments);
};

// QThreadEvents:0|1
struct ThreadEvents {
  bool on;
  static constexpr std::string_view name = "QThreadEvents";
  static std::optional<ThreadEvents> parse(std::string_view arguments);
};

// QThreadOptions;options[:thread]...
struct ThreadOptions {
  struct Item {
    std::uint64_t options;        // 1 clone, 2 exit; other bits as sent
    std::optional<ThreadId> who;  // nothing: the default of all threads that no other item names
  };
  // The *last* item that matches a thread counts, unlike in vCont.
  std::vector<Item> items;
  static constexpr std::string_view name = "QThreadOptions";
  static std::optional<ThreadOptions> parse(std::string_view arguments);
};

}  // namespace cotrace::rsp
