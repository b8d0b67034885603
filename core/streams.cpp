#include "core/streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace mlvicx {

void secure_streams() {
    for (int stream = 0; stream <= 2; ++stream)
        if (::fcntl(stream, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) < 0) return; // takes the lowest free descriptor
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

std::string lost_output() {
    const bool failed_before = std::ferror(stdout) != 0;
    errno = 0;
    const bool fails_now = std::fflush(stdout) != 0;
    if (!failed_before && !fails_now) return {};
    const int reason = errno;
    pollfd pipe{STDOUT_FILENO, POLLOUT, 0};
    if (reason == EPIPE || (::poll(&pipe, 1, 0) > 0 && (pipe.revents & POLLERR) != 0)) return {};
    return reason != 0 ? std::strerror(reason) : "an earlier line could not be written";
}

} // namespace mlvicx
