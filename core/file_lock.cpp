#include "core/file_lock.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/progress.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// True if the path still names the open file: its last holder may have removed it before we got the lock.
bool same_file(int fd, const fs::path& file) {
    struct stat open = {}, named = {};
    return ::fstat(fd, &open) == 0 && ::stat(file.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
           open.st_dev == named.st_dev;
}

} // namespace

FileLock::FileLock(const fs::path& file) : file_(file) {
    for (int tries = 0;; ++tries) {
        fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd_ < 0) user_error("{}: cannot be written: {}", file.string(), std::strerror(errno));
        if (::flock(fd_, LOCK_EX | LOCK_NB) == 0 && same_file(fd_, file)) return;
        ::close(fd_);
        if (interrupted()) throw Interrupted();
        if (tries == 10) say("waiting for another process working on {}", file.stem().string());
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

FileLock::~FileLock() {
    ::unlink(file_.c_str());
    ::close(fd_);
}

} // namespace mlvicx
