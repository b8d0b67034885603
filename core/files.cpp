#include "core/files.h"

#include "core/error.h"
#include "core/lost_pages.h"
#include "core/process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

namespace mlvicx {

namespace fs = std::filesystem;

std::string read_text(const fs::path& file) {
    std::error_code error;
    if (fs::is_directory(file, error)) user_error("{}: is a folder, expected a file", file.string());
    std::ifstream in(file, std::ios::binary);
    if (!in) user_error("{}: cannot be read: {}", file.string(), std::strerror(errno));
    std::ostringstream text;
    text << in.rdbuf();
    if (in.bad()) user_error("{}: cannot be read: {}", file.string(), std::strerror(errno));
    return std::move(text).str();
}

void write_text(const fs::path& file, std::string_view text) {
    std::error_code error;
    if (file.has_parent_path()) fs::create_directories(file.parent_path(), error);
    const fs::path partial = partial_name(file);
    const int fd = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) user_error("{}: cannot be written: {}", file.string(), std::strerror(errno));
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t count = ::write(fd, text.data() + done, text.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) break;
        done += static_cast<std::size_t>(count);
    }
    const bool good = done == text.size() && ::fsync(fd) == 0;
    const int reason = errno;
    ::close(fd);
    if (!good || ::rename(partial.c_str(), file.c_str()) != 0) {
        const int why = good ? errno : reason;
        ::unlink(partial.c_str());
        user_error("{}: cannot be written: {}", file.string(), std::strerror(why));
    }
}

fs::path partial_name(const fs::path& file) {
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    remove_left_behind(folder);
    return folder / fmt::format("{}.partial-{}@{}", file.filename().string(), ::getpid(), host_name());
}

void require_writable_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (!fs::is_directory(folder))
        user_error("{}: expected a folder that can be created: {}", folder.string(),
                   error ? error.message() : "a file of that name exists");
    // Trying tells more than permission bits do: read-only mounts, full disks, root.
    const fs::path probe = partial_name(folder / ".writable");
    const int fd = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) user_error("{}: the folder is not writable: {}", folder.string(), std::strerror(errno));
    ::close(fd);
    ::unlink(probe.c_str());
}

MappedFile::MappedFile(const fs::path& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe would wait for a writer
    if (fd < 0) user_error("{}: cannot be read: {}", file.string(), std::strerror(errno));
    struct stat info = {};
    if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        ::close(fd);
        user_error("{}: is not a regular file", file.string());
    }
    size_ = static_cast<std::size_t>(info.st_size);
    if (size_ == 0) {
        ::close(fd);
        user_error("{}: is empty", file.string());
    }
    void* data = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
    const int reason = errno;
    ::close(fd);
    if (data == MAP_FAILED) user_error("{}: cannot be mapped into memory: {}", file.string(), std::strerror(reason));
    data_ = static_cast<const std::byte*>(data);
    remember_mapping(data_, size_, file);
}

MappedFile::~MappedFile() {
    forget_mapping(data_);
    ::munmap(const_cast<std::byte*>(data_), size_);
}

} // namespace mlvicx
