// What the server tells on its terminal. As gdbserver these are gdbserver's lines, which people's tools wait
// for; under our own name only what was asked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <cotrace/error.h>
#include <cotrace/event.h>
#include <cotrace/ids.h>

#include "server/log.h"
#include "server/notices.h"
#include "server/sockets.h"

namespace cotrace::server {

enum class Manner : std::uint8_t { own, gdbserver };

class Lines {
 public:
  Lines(Notices& notices, Log& log, Manner manner) : notices_(notices), log_(log), manner_(manner) {}

  // Why the server cannot begin. gdbserver closes it with a line `Exiting`.
  // The program could not be executed, whoever asked for it (gdb.mi/mi-exec-run.exp waits for this after a
  // vRun).
  void exec_failed(const Error& error);
  void cannot_start(std::string_view sentence);
  // A program that could not be launched, as native::NativeTarget tells it.
  void cannot_launch(const Error& error);
  void cannot_attach(Pid process, const Error& error);

  void launched(Pid process, std::string_view program);
  void attached(Pid process);
  void ended(Pid process, const ExitStatus& status);
  // Of one that no client has: a line for -v.
  void followed_ended(Pid process, const ExitStatus& status);
  void detaching(Pid process);
  void killing(Pid process);

  // A process at a gate; `connect`: what makes a debugger find it.
  void held(Pid process, std::string_view program, std::string_view where, std::string_view connect);
  void listening(const ListeningSockets& sockets);
  void gdb_command(const ListeningSockets& sockets);
  static std::string connect_command(const ListeningSockets& sockets);
  void streaming(std::string_view where);  // stdio, or a device
  void connected(const PeerName& peer);
  void refused(const PeerName& peer, const Error& why);
  void reopening();
  void exiting();

  // Anything else that must be said.
  void note(std::string_view text) { notices_.line(text); }

 private:
  // Said aloud by gdbserver, by us only with -v.
  void tell(std::string_view line);
  Notices& notices_;
  Log& log_;
  Manner manner_;
};

// "SIGSEGV"; a real-time signal is "SIG34".
std::string signal_name(int number);

}  // namespace cotrace::server
