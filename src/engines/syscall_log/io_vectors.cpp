#include "engines/syscall_log/io_vectors.h"

#include <algorithm>
#include <sys/uio.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/text.h"

namespace cotrace::engines::syscall_log {

namespace {

std::uint64_t base_of(const iovec& vector) {
  return reinterpret_cast<std::uint64_t>(vector.iov_base);
}

}  // namespace

std::string vectors_text(Printer& to, std::uint64_t address, std::uint64_t count, std::uint64_t length) {
  return array_text<iovec>(to, address, count, [&](const iovec& vector) {
    const auto part = std::min<std::uint64_t>(vector.iov_len, length);
    if (length != whole_length) length -= part;
    return fmt::format("{{iov_base={}, iov_len={}}}", bytes_text(to, base_of(vector), part), vector.iov_len);
  });
}

void print_vectors_in(Printer& to, unsigned index) {
  to.text(vectors_text(to, to.call.args[index], to.call.args[index + 1], whole_length));
}

void print_vectors_out(Printer& to, unsigned index) {
  if (to.call.failed()) return print_vectors_there(to, index);
  to.text(vectors_text(to, to.call.args[index], to.call.args[index + 1],
                       static_cast<std::uint64_t>(to.call.result)));
}

void print_vectors_there(Printer& to, unsigned index) {
  to.text(array_text<iovec>(to, to.call.args[index], to.call.args[index + 1], [](const iovec& vector) {
    return fmt::format("{{iov_base={}, iov_len={}}}", address_text(base_of(vector)), vector.iov_len);
  }));
}

}  // namespace cotrace::engines::syscall_log
