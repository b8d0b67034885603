#pragma once

#include "core/error.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace mlvicx {

/// A folder of its own for one test, removed with all in it at the end.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "mlvicx-test-XXXXXX").string();
        ensure(::mkdtemp(name.data()) != nullptr, "a temporary folder could not be made");
        path_ = name;
    }
    ~TemporaryFolder() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
    /// How many entries it has: half-written files must not stay.
    std::ptrdiff_t entries() const {
        return std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator());
    }

private:
    std::filesystem::path path_;
};

/// The message of the UserError that `work` throws; empty where it throws none. Other exceptions pass.
template <typename Work> std::string message_of(Work&& work) {
    try {
        work();
    } catch (const UserError& error) {
        return error.what();
    }
    return "";
}

inline bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace mlvicx
