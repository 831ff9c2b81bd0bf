#pragma once

#include <arpa/inet.h>
#include <linux/openat2.h>
#include <microhttpd.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* epoll and eventfd, which drive libmicrohttpd, are not in the Glibc module. */

/* MHD_start_daemon, MHD_get_daemon_info, MHD_get_connection_info and MHD_upgrade_action are
   variadic: Swift cannot import them. */

typedef void *(*martlet_http_target)(void *context, const char *target,
                                     struct MHD_Connection *connection);

/* Targets are decoded by Martlet, which also refuses what libmicrohttpd would let pass. */
static inline size_t martlet_http_keep_escaped(void *context, struct MHD_Connection *connection,
                                               char *text) {
    (void)context;
    (void)connection;
    size_t length = 0;
    while (text[length] != '\0') length++;
    return length;
}

/* A daemon without a thread and without a listening socket: the caller runs it and hands it
   accepted sockets. Time-outs are the caller's too, and what is malformed: not being strict passes
   on more of it, and libmicrohttpd's own refusals can come out garbled. SIGPIPE is blocked on the caller's thread,
   which is what lets libmicrohttpd use sendfile(2). */
static inline struct MHD_Daemon *martlet_http_start(
    size_t connection_memory, unsigned int connections_max, void *context,
    MHD_AccessHandlerCallback handle, MHD_RequestCompletedCallback completed,
    MHD_NotifyConnectionCallback connection, martlet_http_target target) {
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE
            | MHD_USE_TURBO,
        0, NULL, NULL, handle, context,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory,
        MHD_OPTION_CONNECTION_LIMIT, connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_STRICT_FOR_CLIENT, 0,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, &martlet_http_keep_escaped, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, target, context,
        MHD_OPTION_NOTIFY_COMPLETED, completed, context,
        MHD_OPTION_NOTIFY_CONNECTION, connection, context,
        MHD_OPTION_END);
}

static inline int martlet_http_epoll(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info == NULL ? -1 : info->epoll_fd;
}

static inline void *martlet_http_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

static inline size_t martlet_http_head_size(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info == NULL ? 0 : info->header_size;
}

/* Keeps libmicrohttpd from cutting the query of a target into arguments: each would take memory of
   the connection, and when there is none left the connection stays for good. The target lies in
   libmicrohttpd's own buffer and is read on behind the question mark after the call-back that this
   is called in. */
static inline void martlet_http_drop_query(const char *target) {
    char *mark = strchr((char *)target, '?');
    if (mark != NULL) mark[1] = '\0';
}

/* In seconds; the connection closes when nothing has moved for so long. */
static inline void martlet_http_set_timeout(struct MHD_Connection *connection,
                                            unsigned int seconds) {
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

static inline void martlet_http_end_upgrade(struct MHD_UpgradeResponseHandle *handle) {
    MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}

/* accept4(2) is a GNU extension that the Glibc module does not show. */
int accept4(int socket, struct sockaddr *restrict address, socklen_t *restrict length, int flags);

/* The fields of Internet addresses: SwiftNIO's C modules declare them, too, and in optimised builds
   Swift may take those for the ones meant, which these files do not import. */
static inline socklen_t martlet_address_make(struct sockaddr_storage *storage, const char *ip,
                                             uint16_t port) {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memset(storage, 0, sizeof *storage);
    memset(&v4, 0, sizeof v4);
    memset(&v6, 0, sizeof v6);
    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        memcpy(storage, &v4, sizeof v4);
        return sizeof v4;
    }
    if (inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        memcpy(storage, &v6, sizeof v6);
        return sizeof v6;
    }
    return 0;
}

/* Fills in the 4 or 16 bytes of the address; returns how many there are, 0 for no such address. */
static inline int martlet_address_read(const struct sockaddr_storage *storage, uint8_t *bytes,
                                       uint16_t *port) {
    if (storage->ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, storage, sizeof v4);
        memcpy(bytes, &v4.sin_addr, 4);
        *port = ntohs(v4.sin_port);
        return 4;
    }
    if (storage->ss_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, storage, sizeof v6);
        memcpy(bytes, &v6.sin6_addr, 16);
        *port = ntohs(v6.sin6_port);
        return 16;
    }
    return 0;
}

/* openat2(2) has no wrapper in glibc 2.36. Opens what `path` names below `folder`, and nothing that
   a link or `..` takes out of it. */
long syscall(long number, ...);
static inline int martlet_open_beneath(int folder, const char *path, int flags) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = (uint64_t)flags;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}
