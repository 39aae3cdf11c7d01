// Files, descriptors, mounts, ioctls.
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/perf_event.h>
#include <linux/rtc.h>
#include <linux/sockios.h>
#include <linux/userfaultfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engines/syscall_log/flag_tables.h"

// Numbers stand where those headers have the name under feature macros only, or not at all.
#define NAMED COTRACE_NAMED

namespace cotrace::engines::syscall_log {

namespace {

constexpr Name names_of_open_flags[] = {
    NAMED(O_CREAT),          NAMED(O_EXCL),     NAMED(O_NOCTTY),  NAMED(O_TRUNC),   NAMED(O_APPEND),
    NAMED(O_NONBLOCK),       NAMED(O_SYNC),     NAMED(O_DSYNC),   NAMED(O_ASYNC),   NAMED(O_DIRECT),
    {0x8000, "O_LARGEFILE"}, NAMED(O_NOFOLLOW), NAMED(O_NOATIME), NAMED(O_CLOEXEC), NAMED(O_TMPFILE),
    NAMED(O_PATH),           NAMED(O_DIRECTORY)};
constexpr Name names_of_access_modes[] = {NAMED(F_OK), NAMED(R_OK), NAMED(W_OK), NAMED(X_OK)};
constexpr Name names_of_seek_whence[] = {NAMED(SEEK_SET), NAMED(SEEK_CUR), NAMED(SEEK_END), NAMED(SEEK_DATA),
                                         NAMED(SEEK_HOLE)};
constexpr Name names_of_at_flags[] = {NAMED(AT_SYMLINK_NOFOLLOW), NAMED(AT_REMOVEDIR),
                                      NAMED(AT_SYMLINK_FOLLOW),   NAMED(AT_NO_AUTOMOUNT),
                                      NAMED(AT_EMPTY_PATH),       NAMED(AT_RECURSIVE)};
constexpr Name names_of_faccess_flags[] = {NAMED(AT_EACCESS), NAMED(AT_SYMLINK_NOFOLLOW),
                                           NAMED(AT_NO_AUTOMOUNT), NAMED(AT_EMPTY_PATH)};
constexpr Name names_of_statx_sync[] = {NAMED(AT_STATX_SYNC_AS_STAT), NAMED(AT_STATX_FORCE_SYNC),
                                        NAMED(AT_STATX_DONT_SYNC)};
constexpr Name names_of_statx_mask[] = {
    NAMED(STATX_ALL),    NAMED(STATX_BASIC_STATS), NAMED(STATX_TYPE),   NAMED(STATX_MODE),
    NAMED(STATX_NLINK),  NAMED(STATX_UID),         NAMED(STATX_GID),    NAMED(STATX_ATIME),
    NAMED(STATX_MTIME),  NAMED(STATX_CTIME),       NAMED(STATX_INO),    NAMED(STATX_SIZE),
    NAMED(STATX_BLOCKS), NAMED(STATX_BTIME),       NAMED(STATX_MNT_ID), NAMED(STATX_DIOALIGN)};
constexpr Name names_of_statx_attributes[] = {
    NAMED(STATX_ATTR_COMPRESSED), NAMED(STATX_ATTR_IMMUTABLE), NAMED(STATX_ATTR_APPEND),
    NAMED(STATX_ATTR_NODUMP),     NAMED(STATX_ATTR_ENCRYPTED), NAMED(STATX_ATTR_AUTOMOUNT),
    NAMED(STATX_ATTR_MOUNT_ROOT), NAMED(STATX_ATTR_VERITY),    NAMED(STATX_ATTR_DAX)};
constexpr Name names_of_fcntl_commands[] = {
    NAMED(F_DUPFD),         NAMED(F_GETFD),      NAMED(F_SETFD),      NAMED(F_GETFL),     NAMED(F_SETFL),
    NAMED(F_GETLK),         NAMED(F_SETLK),      NAMED(F_SETLKW),     NAMED(F_SETOWN),    NAMED(F_GETOWN),
    NAMED(F_SETSIG),        NAMED(F_GETSIG),     NAMED(F_SETOWN_EX),  NAMED(F_GETOWN_EX), NAMED(F_OFD_GETLK),
    NAMED(F_OFD_SETLK),     NAMED(F_OFD_SETLKW), NAMED(F_SETLEASE),   NAMED(F_GETLEASE),  NAMED(F_NOTIFY),
    NAMED(F_DUPFD_CLOEXEC), NAMED(F_SETPIPE_SZ), NAMED(F_GETPIPE_SZ), NAMED(F_ADD_SEALS), NAMED(F_GET_SEALS),
    NAMED(F_GET_RW_HINT),   NAMED(F_SET_RW_HINT)};
constexpr Name names_of_descriptor_flags[] = {NAMED(FD_CLOEXEC)};
constexpr Name names_of_lock_types[] = {NAMED(F_RDLCK), NAMED(F_WRLCK), NAMED(F_UNLCK)};
constexpr Name names_of_flock_operations[] = {NAMED(LOCK_SH), NAMED(LOCK_EX), NAMED(LOCK_UN), NAMED(LOCK_NB)};
constexpr Name names_of_seals[] = {NAMED(F_SEAL_SEAL), NAMED(F_SEAL_SHRINK), NAMED(F_SEAL_GROW),
                                   NAMED(F_SEAL_WRITE), NAMED(F_SEAL_FUTURE_WRITE)};
constexpr Name names_of_mount_flags[] = {
    NAMED(MS_RDONLY),      NAMED(MS_NOSUID),     NAMED(MS_NODEV),       NAMED(MS_NOEXEC),
    NAMED(MS_SYNCHRONOUS), NAMED(MS_REMOUNT),    NAMED(MS_MANDLOCK),    NAMED(MS_DIRSYNC),
    NAMED(MS_NOATIME),     NAMED(MS_NODIRATIME), NAMED(MS_BIND),        NAMED(MS_MOVE),
    NAMED(MS_REC),         NAMED(MS_SILENT),     NAMED(MS_POSIXACL),    NAMED(MS_UNBINDABLE),
    NAMED(MS_PRIVATE),     NAMED(MS_SLAVE),      NAMED(MS_SHARED),      NAMED(MS_RELATIME),
    NAMED(MS_KERNMOUNT),   NAMED(MS_I_VERSION),  NAMED(MS_STRICTATIME), NAMED(MS_LAZYTIME)};
constexpr Name names_of_umount_flags[] = {NAMED(MNT_FORCE), NAMED(MNT_DETACH), NAMED(MNT_EXPIRE),
                                          NAMED(UMOUNT_NOFOLLOW)};
constexpr Name names_of_fadvise_advice[] = {NAMED(POSIX_FADV_NORMAL),     NAMED(POSIX_FADV_RANDOM),
                                            NAMED(POSIX_FADV_SEQUENTIAL), NAMED(POSIX_FADV_WILLNEED),
                                            NAMED(POSIX_FADV_DONTNEED),   NAMED(POSIX_FADV_NOREUSE)};
constexpr Name names_of_fallocate_modes[] = {NAMED(FALLOC_FL_KEEP_SIZE),      NAMED(FALLOC_FL_PUNCH_HOLE),
                                             NAMED(FALLOC_FL_COLLAPSE_RANGE), NAMED(FALLOC_FL_ZERO_RANGE),
                                             NAMED(FALLOC_FL_INSERT_RANGE),   NAMED(FALLOC_FL_UNSHARE_RANGE)};
constexpr Name names_of_rename_flags[] = {NAMED(RENAME_NOREPLACE), NAMED(RENAME_EXCHANGE),
                                          NAMED(RENAME_WHITEOUT)};
constexpr Name names_of_splice_flags[] = {NAMED(SPLICE_F_MOVE), NAMED(SPLICE_F_NONBLOCK),
                                          NAMED(SPLICE_F_MORE), NAMED(SPLICE_F_GIFT)};
constexpr Name names_of_xattr_flags[] = {NAMED(XATTR_CREATE), NAMED(XATTR_REPLACE)};
constexpr Name names_of_sync_range_flags[] = {
    NAMED(SYNC_FILE_RANGE_WAIT_BEFORE), NAMED(SYNC_FILE_RANGE_WRITE), NAMED(SYNC_FILE_RANGE_WAIT_AFTER)};
constexpr Name names_of_inotify_events[] = {
    NAMED(IN_ACCESS),        NAMED(IN_MODIFY),      NAMED(IN_ATTRIB),      NAMED(IN_CLOSE_WRITE),
    NAMED(IN_CLOSE_NOWRITE), NAMED(IN_OPEN),        NAMED(IN_MOVED_FROM),  NAMED(IN_MOVED_TO),
    NAMED(IN_CREATE),        NAMED(IN_DELETE),      NAMED(IN_DELETE_SELF), NAMED(IN_MOVE_SELF),
    NAMED(IN_UNMOUNT),       NAMED(IN_Q_OVERFLOW),  NAMED(IN_IGNORED),     NAMED(IN_ONLYDIR),
    NAMED(IN_DONT_FOLLOW),   NAMED(IN_EXCL_UNLINK), NAMED(IN_MASK_CREATE), NAMED(IN_MASK_ADD),
    NAMED(IN_ISDIR),         NAMED(IN_ONESHOT)};
constexpr Name names_of_inotify_init_flags[] = {NAMED(IN_CLOEXEC), NAMED(IN_NONBLOCK)};
constexpr Name names_of_close_range_flags[] = {NAMED(CLOSE_RANGE_UNSHARE), NAMED(CLOSE_RANGE_CLOEXEC)};
constexpr Name names_of_rwf_flags[] = {NAMED(RWF_HIPRI), NAMED(RWF_DSYNC), NAMED(RWF_SYNC), NAMED(RWF_NOWAIT),
                                       NAMED(RWF_APPEND)};
constexpr Name names_of_statfs_types[] = {
    NAMED(EXT2_SUPER_MAGIC),    NAMED(TMPFS_MAGIC),           NAMED(PROC_SUPER_MAGIC),
    NAMED(SYSFS_MAGIC),         NAMED(NFS_SUPER_MAGIC),       NAMED(XFS_SUPER_MAGIC),
    NAMED(BTRFS_SUPER_MAGIC),   NAMED(OVERLAYFS_SUPER_MAGIC), NAMED(CGROUP_SUPER_MAGIC),
    NAMED(CGROUP2_SUPER_MAGIC), NAMED(DEVPTS_SUPER_MAGIC),    NAMED(RAMFS_MAGIC),
    NAMED(SQUASHFS_MAGIC),      NAMED(MSDOS_SUPER_MAGIC),     NAMED(ISOFS_SUPER_MAGIC),
    NAMED(PIPEFS_MAGIC),        NAMED(SOCKFS_MAGIC),          NAMED(ANON_INODE_FS_MAGIC),
    NAMED(DEBUGFS_MAGIC),       NAMED(TRACEFS_MAGIC),         NAMED(SECURITYFS_MAGIC),
    NAMED(SELINUX_MAGIC),       NAMED(HUGETLBFS_MAGIC),       NAMED(FUSE_SUPER_MAGIC),
    NAMED(V9FS_MAGIC),          NAMED(F2FS_SUPER_MAGIC),      NAMED(NSFS_MAGIC),
    NAMED(BPF_FS_MAGIC),        NAMED(BINFMTFS_MAGIC)};
constexpr Name names_of_statfs_flags[] = {
    {0x20, "ST_VALID"},       NAMED(ST_RDONLY),         NAMED(ST_NOSUID),      {4, "ST_NODEV"},
    {8, "ST_NOEXEC"},         {0x10, "ST_SYNCHRONOUS"}, {0x40, "ST_MANDLOCK"}, {0x400, "ST_NOATIME"},
    {0x800, "ST_NODIRATIME"}, {0x1000, "ST_RELATIME"}};
constexpr Name names_of_file_types[] = {NAMED(S_IFIFO), NAMED(S_IFCHR), NAMED(S_IFDIR), NAMED(S_IFBLK),
                                        NAMED(S_IFREG), NAMED(S_IFLNK), NAMED(S_IFSOCK)};
constexpr Name names_of_ioctl_commands[] = {NAMED(TCGETS),
                                            NAMED(TCSETS),
                                            NAMED(TCSETSW),
                                            NAMED(TCSETSF),
                                            NAMED(TCSBRK),
                                            NAMED(TCXONC),
                                            NAMED(TCFLSH),
                                            NAMED(TIOCEXCL),
                                            NAMED(TIOCNXCL),
                                            NAMED(TIOCSCTTY),
                                            NAMED(TIOCGPGRP),
                                            NAMED(TIOCSPGRP),
                                            NAMED(TIOCOUTQ),
                                            NAMED(TIOCSTI),
                                            NAMED(TIOCGWINSZ),
                                            NAMED(TIOCSWINSZ),
                                            NAMED(TIOCMGET),
                                            NAMED(TIOCMSET),
                                            NAMED(TIOCNOTTY),
                                            NAMED(TIOCGSID),
                                            NAMED(TIOCGPTN),
                                            NAMED(TIOCSPTLCK),
                                            NAMED(TIOCGPTPEER),
                                            NAMED(FIONREAD),
                                            NAMED(FIONBIO),
                                            NAMED(FIOASYNC),
                                            NAMED(FIOCLEX),
                                            NAMED(FIONCLEX),
                                            NAMED(FIOQSIZE),
                                            NAMED(FICLONE),
                                            NAMED(FICLONERANGE),
                                            NAMED(FIDEDUPERANGE),
                                            NAMED(FS_IOC_GETFLAGS),
                                            NAMED(FS_IOC_SETFLAGS),
                                            NAMED(FS_IOC_FIEMAP),
                                            NAMED(FIBMAP),
                                            NAMED(FIGETBSZ),
                                            NAMED(FITRIM),
                                            NAMED(BLKGETSIZE64),
                                            NAMED(BLKSSZGET),
                                            NAMED(BLKROGET),
                                            NAMED(SIOCGIFCONF),
                                            NAMED(SIOCGIFFLAGS),
                                            NAMED(SIOCGIFADDR),
                                            NAMED(SIOCGIFINDEX),
                                            NAMED(SIOCGIFNAME),
                                            NAMED(SIOCGIFMTU),
                                            NAMED(SIOCGIFHWADDR),
                                            NAMED(SIOCATMARK),
                                            NAMED(RTC_RD_TIME),
                                            NAMED(LOOP_SET_FD),
                                            NAMED(LOOP_CLR_FD),
                                            NAMED(LOOP_CTL_GET_FREE),
                                            NAMED(NS_GET_USERNS),
                                            NAMED(NS_GET_PARENT),
                                            NAMED(NS_GET_NSTYPE),
                                            NAMED(UFFDIO_API),
                                            NAMED(UFFDIO_REGISTER),
                                            NAMED(PERF_EVENT_IOC_ENABLE),
                                            NAMED(PERF_EVENT_IOC_DISABLE)};
constexpr Name names_of_terminal_speeds[] = {
    NAMED(B0),     NAMED(B50),    NAMED(B75),    NAMED(B110),    NAMED(B134),   NAMED(B150),  NAMED(B200),
    NAMED(B300),   NAMED(B600),   NAMED(B1200),  NAMED(B1800),   NAMED(B2400),  NAMED(B4800), NAMED(B9600),
    NAMED(B19200), NAMED(B38400), NAMED(B57600), NAMED(B115200), NAMED(B230400)};

}  // namespace

constinit const Names open_flags{names_of_open_flags, "O_?\??"};
constinit const Names access_modes{names_of_access_modes, "?_OK"};
constinit const Names seek_whence{names_of_seek_whence, "SEEK_?\??"};
constinit const Names at_flags{names_of_at_flags, "AT_?\??"};
constinit const Names faccess_flags{names_of_faccess_flags, "AT_?\??"};
constinit const Names statx_sync{names_of_statx_sync, "AT_STATX_?\??"};
constinit const Names statx_mask{names_of_statx_mask, "STATX_?\??"};
constinit const Names statx_attributes{names_of_statx_attributes, "STATX_ATTR_?\??"};
constinit const Names fcntl_commands{names_of_fcntl_commands, "F_?\??"};
constinit const Names descriptor_flags{names_of_descriptor_flags, ""};
constinit const Names lock_types{names_of_lock_types, "F_?\??"};
constinit const Names flock_operations{names_of_flock_operations, "LOCK_?\??"};
constinit const Names seals{names_of_seals, "F_SEAL_?\??"};
constinit const Names mount_flags{names_of_mount_flags, "MS_?\??"};
constinit const Names umount_flags{names_of_umount_flags, "MNT_?\??"};
constinit const Names fadvise_advice{names_of_fadvise_advice, "POSIX_FADV_?\??"};
constinit const Names fallocate_modes{names_of_fallocate_modes, "FALLOC_FL_?\??"};
constinit const Names rename_flags{names_of_rename_flags, "RENAME_?\?"};
constinit const Names splice_flags{names_of_splice_flags, "SPLICE_F_?\??"};
constinit const Names xattr_flags{names_of_xattr_flags, "XATTR_?\??"};
constinit const Names sync_range_flags{names_of_sync_range_flags, "SYNC_FILE_RANGE_?\??"};
constinit const Names inotify_events{names_of_inotify_events, "IN_?\??"};
constinit const Names inotify_init_flags{names_of_inotify_init_flags, "IN_?\??"};
constinit const Names close_range_flags{names_of_close_range_flags, "CLOSE_RANGE_?\??"};
constinit const Names rwf_flags{names_of_rwf_flags, "RWF_?\??"};
constinit const Names statfs_types{names_of_statfs_types, ""};
constinit const Names statfs_flags{names_of_statfs_flags, "ST_?\??"};
constinit const Names file_types{names_of_file_types, ""};
constinit const Names ioctl_commands{names_of_ioctl_commands, ""};
constinit const Names terminal_speeds{names_of_terminal_speeds, ""};

}  // namespace cotrace::engines::syscall_log
