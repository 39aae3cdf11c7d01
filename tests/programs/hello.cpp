// Subject: what one debugs every day: exceptions, threads, thread_local variables, functions to call, values
// to finish.
//
// Three workers each add the digits of a text to `total`; the main thread then meets an exception and catches
// it. Prints "hello total=45 caught=1 tls=7" and exits with 0.

#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

class ParseError : public std::runtime_error {
 public:
  explicit ParseError(char letter) : std::runtime_error("not a digit"), letter_(letter) {}
  char letter() const { return letter_; }

 private:
  char letter_;
};

thread_local int tls_number = 7;
int total = 0;
int caught = 0;
std::mutex total_mutex;

int parse_digit(char letter) {
  if (letter < '0' || letter > '9') throw ParseError(letter);
  return letter - '0';
}

int sum_digits(const std::string& text) {
  int sum = 0;
  for (char letter : text) sum += parse_digit(letter);  // mark: call-parse
  return sum;
}

// For the debugger to call.
int triple(int value) {
  return 3 * value;
}

void add(int amount) {
  std::lock_guard<std::mutex> lock(total_mutex);
  total += amount;  // mark: add
}

void worker(int number) {
  tls_number = 100 + number;
  int mine = sum_digits("12345");
  add(mine);  // mark: worker-adds
}

void try_bad_text() {
  try {
    sum_digits("12x4");
  } catch (const ParseError& error) {
    caught += error.letter() == 'x' ? 1 : 100;  // mark: caught
  }
}

int main() {
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) workers.emplace_back(worker, i);
  for (std::thread& one : workers) one.join();
  try_bad_text();  // mark: after-join
  std::printf("hello total=%d caught=%d tls=%d\n", total, caught, tls_number);
  return total == 45 && caught == 1 && tls_number == 7 && triple(2) == 6 ? 0 : 1;
}
