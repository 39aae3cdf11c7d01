// Sockets.
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "engines/syscall_log/flag_tables.h"

// Numbers stand where those headers have the name under feature macros only, or not at all.
#define NAMED COTRACE_NAMED

namespace cotrace::engines::syscall_log {

namespace {

constexpr Name names_of_address_families[] = {
    NAMED(AF_UNSPEC),    NAMED(AF_UNIX),   NAMED(AF_INET),      NAMED(AF_AX25),   NAMED(AF_IPX),
    NAMED(AF_APPLETALK), NAMED(AF_BRIDGE), NAMED(AF_INET6),     NAMED(AF_PACKET), NAMED(AF_NETLINK),
    NAMED(AF_KEY),       NAMED(AF_ALG),    NAMED(AF_BLUETOOTH), NAMED(AF_VSOCK),  NAMED(AF_CAN),
    NAMED(AF_TIPC),      NAMED(AF_XDP),    NAMED(AF_RDS),       NAMED(AF_KCM),    NAMED(AF_QIPCRTR),
    NAMED(AF_SMC)};
constexpr Name names_of_socket_types[] = {NAMED(SOCK_STREAM), NAMED(SOCK_DGRAM),     NAMED(SOCK_RAW),
                                          NAMED(SOCK_RDM),    NAMED(SOCK_SEQPACKET), NAMED(SOCK_DCCP),
                                          NAMED(SOCK_PACKET)};
constexpr Name names_of_socket_flags[] = {NAMED(SOCK_CLOEXEC), NAMED(SOCK_NONBLOCK)};
constexpr Name names_of_ip_protocols[] = {
    NAMED(IPPROTO_IP),   NAMED(IPPROTO_ICMP),    NAMED(IPPROTO_IGMP), NAMED(IPPROTO_IPIP),
    NAMED(IPPROTO_TCP),  NAMED(IPPROTO_EGP),     NAMED(IPPROTO_PUP),  NAMED(IPPROTO_UDP),
    NAMED(IPPROTO_IDP),  NAMED(IPPROTO_DCCP),    NAMED(IPPROTO_IPV6), NAMED(IPPROTO_RSVP),
    NAMED(IPPROTO_GRE),  NAMED(IPPROTO_ESP),     NAMED(IPPROTO_AH),   NAMED(IPPROTO_ICMPV6),
    NAMED(IPPROTO_SCTP), NAMED(IPPROTO_UDPLITE), NAMED(IPPROTO_RAW),  NAMED(IPPROTO_MPTCP)};
constexpr Name names_of_netlink_protocols[] = {
    NAMED(NETLINK_ROUTE),          NAMED(NETLINK_USERSOCK),  NAMED(NETLINK_SOCK_DIAG),
    NAMED(NETLINK_NFLOG),          NAMED(NETLINK_XFRM),      NAMED(NETLINK_SELINUX),
    NAMED(NETLINK_AUDIT),          NAMED(NETLINK_CONNECTOR), NAMED(NETLINK_NETFILTER),
    NAMED(NETLINK_KOBJECT_UEVENT), NAMED(NETLINK_GENERIC),   NAMED(NETLINK_CRYPTO)};
constexpr Name names_of_message_flags[] = {
    NAMED(MSG_OOB),         NAMED(MSG_PEEK),     NAMED(MSG_DONTROUTE), NAMED(MSG_CTRUNC),
    NAMED(MSG_PROXY),       NAMED(MSG_TRUNC),    NAMED(MSG_DONTWAIT),  NAMED(MSG_EOR),
    NAMED(MSG_WAITALL),     NAMED(MSG_FIN),      NAMED(MSG_SYN),       NAMED(MSG_CONFIRM),
    NAMED(MSG_RST),         NAMED(MSG_ERRQUEUE), NAMED(MSG_NOSIGNAL),  NAMED(MSG_MORE),
    NAMED(MSG_WAITFORONE),  NAMED(MSG_BATCH),    NAMED(MSG_ZEROCOPY),  NAMED(MSG_FASTOPEN),
    NAMED(MSG_CMSG_CLOEXEC)};
constexpr Name names_of_shutdown_how[] = {NAMED(SHUT_RD), NAMED(SHUT_WR), NAMED(SHUT_RDWR)};
constexpr Name names_of_option_levels[] = {
    NAMED(SOL_SOCKET), NAMED(SOL_IP),  NAMED(SOL_TCP),    {17, "SOL_UDP"},    NAMED(SOL_IPV6),
    NAMED(SOL_ICMPV6), NAMED(SOL_RAW), NAMED(SOL_PACKET), NAMED(SOL_NETLINK), NAMED(SOL_ALG)};
constexpr Name names_of_socket_options[] = {
    NAMED(SO_DEBUG),        NAMED(SO_REUSEADDR),        NAMED(SO_TYPE),          NAMED(SO_ERROR),
    NAMED(SO_DONTROUTE),    NAMED(SO_BROADCAST),        NAMED(SO_SNDBUF),        NAMED(SO_RCVBUF),
    NAMED(SO_KEEPALIVE),    NAMED(SO_OOBINLINE),        NAMED(SO_NO_CHECK),      NAMED(SO_PRIORITY),
    NAMED(SO_LINGER),       NAMED(SO_BSDCOMPAT),        NAMED(SO_REUSEPORT),     NAMED(SO_PASSCRED),
    NAMED(SO_PEERCRED),     NAMED(SO_RCVLOWAT),         NAMED(SO_SNDLOWAT),      NAMED(SO_RCVTIMEO_OLD),
    NAMED(SO_SNDTIMEO_OLD), NAMED(SO_BINDTODEVICE),     NAMED(SO_ATTACH_FILTER), NAMED(SO_DETACH_FILTER),
    NAMED(SO_PEERNAME),     NAMED(SO_TIMESTAMP_OLD),    NAMED(SO_ACCEPTCONN),    NAMED(SO_PEERSEC),
    NAMED(SO_SNDBUFFORCE),  NAMED(SO_RCVBUFFORCE),      NAMED(SO_PASSSEC),       NAMED(SO_TIMESTAMPNS_OLD),
    NAMED(SO_MARK),         NAMED(SO_TIMESTAMPING_OLD), NAMED(SO_PROTOCOL),      NAMED(SO_DOMAIN),
    NAMED(SO_RXQ_OVFL),     NAMED(SO_PEEK_OFF),         NAMED(SO_LOCK_FILTER),   NAMED(SO_SELECT_ERR_QUEUE),
    NAMED(SO_BUSY_POLL),    NAMED(SO_MAX_PACING_RATE),  NAMED(SO_INCOMING_CPU),  NAMED(SO_ATTACH_BPF),
    NAMED(SO_COOKIE),       NAMED(SO_PEERGROUPS),       NAMED(SO_ZEROCOPY)};
constexpr Name names_of_ip_options[] = {NAMED(IP_TOS),
                                        NAMED(IP_TTL),
                                        NAMED(IP_HDRINCL),
                                        NAMED(IP_OPTIONS),
                                        NAMED(IP_RECVOPTS),
                                        NAMED(IP_PKTINFO),
                                        NAMED(IP_MTU_DISCOVER),
                                        NAMED(IP_RECVERR),
                                        NAMED(IP_RECVTTL),
                                        NAMED(IP_RECVTOS),
                                        NAMED(IP_MTU),
                                        NAMED(IP_FREEBIND),
                                        NAMED(IP_TRANSPARENT),
                                        NAMED(IP_MULTICAST_IF),
                                        NAMED(IP_MULTICAST_TTL),
                                        NAMED(IP_MULTICAST_LOOP),
                                        NAMED(IP_ADD_MEMBERSHIP),
                                        NAMED(IP_DROP_MEMBERSHIP),
                                        NAMED(IP_BIND_ADDRESS_NO_PORT)};
constexpr Name names_of_ipv6_options[] = {
    NAMED(IPV6_ADDRFORM),        NAMED(IPV6_UNICAST_HOPS),   NAMED(IPV6_MULTICAST_IF),
    NAMED(IPV6_MULTICAST_HOPS),  NAMED(IPV6_MULTICAST_LOOP), NAMED(IPV6_ADD_MEMBERSHIP),
    NAMED(IPV6_DROP_MEMBERSHIP), NAMED(IPV6_MTU_DISCOVER),   NAMED(IPV6_MTU),
    NAMED(IPV6_RECVERR),         NAMED(IPV6_V6ONLY),         NAMED(IPV6_RECVPKTINFO),
    NAMED(IPV6_PKTINFO),         NAMED(IPV6_RECVHOPLIMIT),   NAMED(IPV6_HOPLIMIT),
    NAMED(IPV6_RECVTCLASS),      NAMED(IPV6_TCLASS)};
constexpr Name names_of_tcp_options[] = {NAMED(TCP_NODELAY),
                                         NAMED(TCP_MAXSEG),
                                         NAMED(TCP_CORK),
                                         NAMED(TCP_KEEPIDLE),
                                         NAMED(TCP_KEEPINTVL),
                                         NAMED(TCP_KEEPCNT),
                                         NAMED(TCP_SYNCNT),
                                         NAMED(TCP_LINGER2),
                                         NAMED(TCP_DEFER_ACCEPT),
                                         NAMED(TCP_WINDOW_CLAMP),
                                         NAMED(TCP_INFO),
                                         NAMED(TCP_QUICKACK),
                                         NAMED(TCP_CONGESTION),
                                         NAMED(TCP_MD5SIG),
                                         NAMED(TCP_THIN_LINEAR_TIMEOUTS),
                                         NAMED(TCP_THIN_DUPACK),
                                         NAMED(TCP_USER_TIMEOUT),
                                         NAMED(TCP_REPAIR),
                                         NAMED(TCP_FASTOPEN),
                                         NAMED(TCP_TIMESTAMP),
                                         NAMED(TCP_NOTSENT_LOWAT),
                                         NAMED(TCP_SAVE_SYN),
                                         NAMED(TCP_FASTOPEN_CONNECT),
                                         NAMED(TCP_ULP)};
constexpr Name names_of_netlink_options[] = {NAMED(NETLINK_ADD_MEMBERSHIP),   NAMED(NETLINK_DROP_MEMBERSHIP),
                                             NAMED(NETLINK_PKTINFO),          NAMED(NETLINK_BROADCAST_ERROR),
                                             NAMED(NETLINK_NO_ENOBUFS),       NAMED(NETLINK_LISTEN_ALL_NSID),
                                             NAMED(NETLINK_LIST_MEMBERSHIPS), NAMED(NETLINK_CAP_ACK),
                                             NAMED(NETLINK_EXT_ACK),          NAMED(NETLINK_GET_STRICT_CHK)};
constexpr Name names_of_control_types[] = {NAMED(SCM_RIGHTS), NAMED(SCM_CREDENTIALS), {3, "SCM_SECURITY"}};

}  // namespace

constinit const Names address_families{names_of_address_families, "AF_?\??"};
constinit const Names socket_types{names_of_socket_types, "SOCK_?\??"};
constinit const Names socket_flags{names_of_socket_flags, "SOCK_?\??"};
constinit const Names ip_protocols{names_of_ip_protocols, "IPPROTO_?\??"};
constinit const Names netlink_protocols{names_of_netlink_protocols, "NETLINK_?\??"};
constinit const Names message_flags{names_of_message_flags, "MSG_?\??"};
constinit const Names shutdown_how{names_of_shutdown_how, "SHUT_?\??"};
constinit const Names option_levels{names_of_option_levels, "SOL_?\??"};
constinit const Names socket_options{names_of_socket_options, "SO_?\??"};
constinit const Names ip_options{names_of_ip_options, "IP_?\??"};
constinit const Names ipv6_options{names_of_ipv6_options, "IPV6_?\??"};
constinit const Names tcp_options{names_of_tcp_options, "TCP_?\??"};
constinit const Names netlink_options{names_of_netlink_options, "NETLINK_?\??"};
constinit const Names control_types{names_of_control_types, "SCM_?\??"};

}  // namespace cotrace::engines::syscall_log
