// Memory, and System V shared memory.
#include <linux/membarrier.h>
#include <linux/random.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/shm.h>

#include "engines/syscall_log/flag_tables.h"

// Numbers stand where those headers have the name under feature macros only, or not at all.
#define NAMED COTRACE_NAMED

namespace cotrace::engines::syscall_log {

namespace {

constexpr Name names_of_memory_protection[] = {NAMED(PROT_NONE),   NAMED(PROT_READ), NAMED(PROT_WRITE),
                                               NAMED(PROT_EXEC),   {8, "PROT_SEM"},  NAMED(PROT_GROWSDOWN),
                                               NAMED(PROT_GROWSUP)};
constexpr Name names_of_map_flags[] = {
    NAMED(MAP_SHARED_VALIDATE), NAMED(MAP_SHARED),    NAMED(MAP_PRIVATE),   NAMED(MAP_FIXED),
    NAMED(MAP_ANONYMOUS),       NAMED(MAP_32BIT),     NAMED(MAP_NORESERVE), NAMED(MAP_POPULATE),
    NAMED(MAP_NONBLOCK),        NAMED(MAP_GROWSDOWN), NAMED(MAP_DENYWRITE), NAMED(MAP_EXECUTABLE),
    NAMED(MAP_LOCKED),          NAMED(MAP_STACK),     NAMED(MAP_HUGETLB),   NAMED(MAP_SYNC),
    NAMED(MAP_FIXED_NOREPLACE)};
constexpr Name names_of_remap_flags[] = {NAMED(MREMAP_MAYMOVE), NAMED(MREMAP_FIXED), NAMED(MREMAP_DONTUNMAP)};
constexpr Name names_of_sync_flags[] = {NAMED(MS_ASYNC), NAMED(MS_INVALIDATE), NAMED(MS_SYNC)};
constexpr Name names_of_memory_advice[] = {
    NAMED(MADV_NORMAL),      NAMED(MADV_RANDOM),        NAMED(MADV_SEQUENTIAL),     NAMED(MADV_WILLNEED),
    NAMED(MADV_DONTNEED),    NAMED(MADV_FREE),          NAMED(MADV_REMOVE),         NAMED(MADV_DONTFORK),
    NAMED(MADV_DOFORK),      NAMED(MADV_HWPOISON),      {101, "MADV_SOFT_OFFLINE"}, NAMED(MADV_MERGEABLE),
    NAMED(MADV_UNMERGEABLE), NAMED(MADV_HUGEPAGE),      NAMED(MADV_NOHUGEPAGE),     NAMED(MADV_DONTDUMP),
    NAMED(MADV_DODUMP),      NAMED(MADV_WIPEONFORK),    NAMED(MADV_KEEPONFORK),     NAMED(MADV_COLD),
    NAMED(MADV_PAGEOUT),     NAMED(MADV_POPULATE_READ), NAMED(MADV_POPULATE_WRITE)};
constexpr Name names_of_lock_all_flags[] = {NAMED(MCL_CURRENT), NAMED(MCL_FUTURE), NAMED(MCL_ONFAULT)};
constexpr Name names_of_lock_flags[] = {NAMED(MLOCK_ONFAULT)};
constexpr Name names_of_memfd_flags[] = {NAMED(MFD_CLOEXEC), NAMED(MFD_ALLOW_SEALING), NAMED(MFD_HUGETLB)};
constexpr Name names_of_random_flags[] = {NAMED(GRND_NONBLOCK), NAMED(GRND_RANDOM), NAMED(GRND_INSECURE)};
constexpr Name names_of_membarrier_commands[] = {NAMED(MEMBARRIER_CMD_QUERY),
                                                 NAMED(MEMBARRIER_CMD_GLOBAL),
                                                 NAMED(MEMBARRIER_CMD_GLOBAL_EXPEDITED),
                                                 NAMED(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED),
                                                 NAMED(MEMBARRIER_CMD_PRIVATE_EXPEDITED),
                                                 NAMED(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED),
                                                 NAMED(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE),
                                                 NAMED(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE),
                                                 NAMED(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ),
                                                 NAMED(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ)};
constexpr Name names_of_ipc_flags[] = {NAMED(IPC_CREAT), NAMED(IPC_EXCL), NAMED(IPC_NOWAIT)};
constexpr Name names_of_ipc_commands[] = {NAMED(IPC_RMID), NAMED(IPC_SET), NAMED(IPC_STAT), NAMED(IPC_INFO)};
constexpr Name names_of_shm_attach_flags[] = {NAMED(SHM_RDONLY), NAMED(SHM_RND), NAMED(SHM_REMAP),
                                              NAMED(SHM_EXEC)};

}  // namespace

constinit const Names memory_protection{names_of_memory_protection, "PROT_?\??"};
constinit const Names map_flags{names_of_map_flags, "MAP_?\??"};
constinit const Names remap_flags{names_of_remap_flags, "MREMAP_?\??"};
constinit const Names sync_flags{names_of_sync_flags, "MS_?\??"};
constinit const Names memory_advice{names_of_memory_advice, "MADV_?\??"};
constinit const Names lock_all_flags{names_of_lock_all_flags, "MCL_?\??"};
constinit const Names lock_flags{names_of_lock_flags, "MLOCK_?\??"};
constinit const Names memfd_flags{names_of_memfd_flags, "MFD_?\??"};
constinit const Names random_flags{names_of_random_flags, "GRND_?\??"};
constinit const Names membarrier_commands{names_of_membarrier_commands, "MEMBARRIER_CMD_?\??"};
constinit const Names ipc_flags{names_of_ipc_flags, ""};
constinit const Names ipc_commands{names_of_ipc_commands, "IPC_?\??"};
constinit const Names shm_attach_flags{names_of_shm_attach_flags, "SHM_?\??"};

}  // namespace cotrace::engines::syscall_log
