#include "native/proc_service.h"

#include <cstring>
#include <proc_service.h>

namespace {

using cotrace::Addr;
using cotrace::Tid;

Addr address_of(psaddr_t pointer) {
  return Addr{reinterpret_cast<std::uint64_t>(pointer)};
}
psaddr_t pointer_to(std::uint64_t address) {
  return reinterpret_cast<psaddr_t>(address);
}

ps_err_e read(ps_prochandle* handle, psaddr_t from, void* to, std::size_t size) {
  const std::span out(static_cast<std::byte*>(to), size);
  return handle->process->read(address_of(from), out) ? PS_OK : PS_ERR;
}

ps_err_e write(ps_prochandle* handle, psaddr_t to, const void* from, std::size_t size) {
  const std::span bytes(static_cast<const std::byte*>(from), size);
  return handle->process->write(address_of(to), bytes) ? PS_OK : PS_ERR;
}

}  // namespace

extern "C" {

// pd is for data, pt for text: two address spaces elsewhere, one on Linux.
ps_err_e ps_pdread(ps_prochandle* handle, psaddr_t from, void* to, std::size_t size) {
  return read(handle, from, to, size);
}
ps_err_e ps_ptread(ps_prochandle* handle, psaddr_t from, void* to, std::size_t size) {
  return read(handle, from, to, size);
}
ps_err_e ps_pdwrite(ps_prochandle* handle, psaddr_t to, const void* from, std::size_t size) {
  return write(handle, to, from, size);
}
ps_err_e ps_ptwrite(ps_prochandle* handle, psaddr_t to, const void* from, std::size_t size) {
  return write(handle, to, from, size);
}

ps_err_e ps_lgetregs(ps_prochandle* handle, lwpid_t thread, prgregset_t out) {
  const auto regs = handle->process->registers(Tid{thread});
  if (!regs) return PS_BADLID;
  static_assert(sizeof(prgregset_t) == sizeof *regs);
  std::memcpy(out, &*regs, sizeof *regs);
  return PS_OK;
}

// Of use to nothing that is called here: libthread_db would write registers of threads that it starts and
// stops itself.
ps_err_e ps_lsetregs(ps_prochandle*, lwpid_t, const prgregset_t) {
  return PS_ERR;
}
ps_err_e ps_lgetfpregs(ps_prochandle*, lwpid_t, prfpregset_t*) {
  return PS_ERR;
}
ps_err_e ps_lsetfpregs(ps_prochandle*, lwpid_t, const prfpregset_t*) {
  return PS_ERR;
}

pid_t ps_getpid(ps_prochandle* handle) {
  return handle->process->pid().value;
}

// The base of the segment that threads keep their pointer in. `which` is FS or GS in a 64-bit process
// (<sys/reg.h>), an index of the GDT in a 32-bit one; that one always means gs, whose base the kernel tells
// in gs_base as well.
ps_err_e ps_get_thread_area(ps_prochandle* handle, lwpid_t thread, int which, psaddr_t* base) {
  constexpr int fs_register = 25;
  const auto regs = handle->process->registers(Tid{thread});
  if (!regs) return PS_BADLID;
  const bool wide = cotrace::arch::native::mode_of(*regs) == cotrace::arch::native::Mode::bits64;
  *base = pointer_to(wide && which == fs_register ? regs->fs_base : regs->gs_base);
  return PS_OK;
}

// Which library it thinks the symbol is in does not matter: since glibc 2.34 threads are part of the C
// library.
ps_err_e ps_pglobal_lookup(ps_prochandle* handle, const char*, const char* name, psaddr_t* address) {
  const auto found = handle->process->symbol(name);
  if (!found) return PS_NOSYM;
  *address = pointer_to(found->value);
  return PS_OK;
}

// libthread_db would stop the program while it looks. The thread that it is asked about stands already.
ps_err_e ps_pstop(ps_prochandle*) {
  return PS_OK;
}
ps_err_e ps_pcontinue(ps_prochandle*) {
  return PS_OK;
}
ps_err_e ps_lstop(ps_prochandle*, lwpid_t) {
  return PS_OK;
}
ps_err_e ps_lcontinue(ps_prochandle*, lwpid_t) {
  return PS_OK;
}

}  // extern "C"

namespace cotrace::native {

void use_proc_service() {}

}  // namespace cotrace::native
