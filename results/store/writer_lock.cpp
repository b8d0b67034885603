#include "results/store/writer_lock.h"

#include "core/error.h"
#include "core/files.h"
#include "results/store/owner.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// Not flock: GPFS keeps that to one host. 0, or the reason why there is no lock.
int try_lock(int fd) {
    struct flock whole = {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    return ::fcntl(fd, F_SETLK, &whole) == 0 ? 0 : errno;
}

/// True if the path still names the open file: its last holder may have removed it before we got the lock.
bool same_file(int fd, const fs::path& file) {
    struct stat open = {}, named = {};
    return ::fstat(fd, &open) == 0 && ::stat(file.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
           open.st_dev == named.st_dev;
}

std::string holder(int fd) {
    std::array<char, 300> text{};
    const auto size = ::pread(fd, text.data(), text.size(), 0);
    return size > 0 ? owner_text({text.data(), static_cast<std::size_t>(size)}) : "another process";
}

} // namespace

WriterLock::WriterLock(const fs::path& file, const std::string& network) {
    if (network.empty()) return;
    require_writable_folder(file.has_parent_path() ? file.parent_path() : fs::path("."));
    file_ = file.string() + ".writer";
    for (;;) {
        fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd_ < 0) user_error("{}: cannot be created: {}", file_.string(), std::strerror(errno));
        const int why = try_lock(fd_);
        if (why == 0 && same_file(fd_, file_)) break;
        const std::string other = holder(fd_);
        ::close(std::exchange(fd_, -1));
        if (why == EACCES || why == EAGAIN)
            user_error("{}: is on {}, where one process at a time may write to a results file, and {} does; give each "
                       "process a file of its own (run --shard 1/4 --results part-1.db) and join them with "
                       "mlvicx-bench merge",
                       file.string(), network, other);
        if (why != 0)
            user_error("{}: is on {}, which has no file locks here ({}); write to a local disk", file.string(), network,
                       std::strerror(why));
    }
    const std::string owner = process_owner();
    if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, owner.data(), owner.size(), 0) < 0)
        user_error("{}: cannot be written: {}", file_.string(), std::strerror(errno));
}

WriterLock::~WriterLock() {
    if (fd_ < 0) return;
    ::unlink(file_.c_str());
    ::close(fd_);
}

WriterLock::WriterLock(WriterLock&& other) noexcept
    : file_(std::move(other.file_)), fd_(std::exchange(other.fd_, -1)) {}

} // namespace mlvicx
