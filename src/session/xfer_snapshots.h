// qXfer objects as they were when the client began to read them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace cotrace::session {

// A client reads an object in pieces. If the thread list changed in between, the pieces would not fit
// together, so the object is kept from the read at offset 0 on until the next one.
class XferSnapshots {
 public:
  // nullptr: none is kept. Valid until the next store().
  [[nodiscard]] const std::string* find(std::string_view object, std::string_view annex) const;
  const std::string& store(std::string_view object, std::string_view annex, std::string bytes);
  void clear() { kept_.clear(); }

 private:
  struct Snapshot {
    std::string object, annex, bytes;
  };
  std::deque<Snapshot> kept_;
};

}  // namespace cotrace::session
