// Tables of names. Values come from the system's own headers, each family's in a source file of its own, as
// those headers do not all go together.
#pragma once

#include "engines/syscall_log/names.h"

namespace cotrace::engines::syscall_log {

// Files, descriptors, mounts, ioctls.
extern const Names open_flags;
extern const Names access_modes;
extern const Names seek_whence;
extern const Names at_flags;
extern const Names faccess_flags;
extern const Names statx_sync;
extern const Names statx_mask;
extern const Names statx_attributes;
extern const Names fcntl_commands;
extern const Names descriptor_flags;
extern const Names lock_types;
extern const Names flock_operations;
extern const Names seals;
extern const Names mount_flags;
extern const Names umount_flags;
extern const Names fadvise_advice;
extern const Names fallocate_modes;
extern const Names rename_flags;
extern const Names splice_flags;
extern const Names xattr_flags;
extern const Names sync_range_flags;
extern const Names inotify_events;
extern const Names inotify_init_flags;
extern const Names close_range_flags;
extern const Names rwf_flags;
extern const Names statfs_types;
extern const Names statfs_flags;
extern const Names file_types;
extern const Names ioctl_commands;
extern const Names terminal_speeds;

// Memory, and System V shared memory.
extern const Names memory_protection;
extern const Names map_flags;
extern const Names remap_flags;
extern const Names sync_flags;
extern const Names memory_advice;
extern const Names lock_all_flags;
extern const Names lock_flags;
extern const Names memfd_flags;
extern const Names random_flags;
extern const Names membarrier_commands;
extern const Names ipc_flags;
extern const Names ipc_commands;
extern const Names shm_attach_flags;

// Processes, scheduling, futexes.
extern const Names clone_flags;
extern const Names wait_options;
extern const Names wait_id_types;
extern const Names resources;
extern const Names usage_who;
extern const Names priority_which;
extern const Names schedulers;
extern const Names prctl_options;
extern const Names arch_prctl_codes;
extern const Names futex_commands;
extern const Names ptrace_requests;
extern const Names personalities;
extern const Names personality_flags;
extern const Names seccomp_operations;
extern const Names seccomp_flags;

// Signals.
extern const Names mask_how;
extern const Names action_flags;
extern const Names stack_flags;
extern const Names signal_codes;
extern const Names child_codes;
extern const Names segv_codes;
extern const Names bus_codes;
extern const Names ill_codes;
extern const Names fpe_codes;
extern const Names trap_codes;
extern const Names io_codes;

// Clocks and timers.
extern const Names clock_ids;
extern const Names timer_flags;
extern const Names interval_timers;
extern const Names timerfd_create_flags;
extern const Names timerfd_set_flags;
extern const Names sigev_notify;

// Waiting for descriptors.
extern const Names poll_events;
extern const Names epoll_events;
extern const Names epoll_operations;
extern const Names epoll_create_flags;
extern const Names eventfd_flags;
extern const Names signalfd_flags;

// Sockets.
extern const Names address_families;
extern const Names socket_types;
extern const Names socket_flags;
extern const Names ip_protocols;
extern const Names netlink_protocols;
extern const Names message_flags;
extern const Names shutdown_how;
extern const Names option_levels;
extern const Names socket_options;
extern const Names ip_options;
extern const Names ipv6_options;
extern const Names tcp_options;
extern const Names netlink_options;
extern const Names control_types;

}  // namespace cotrace::engines::syscall_log
