#pragma once

#include "core/error.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// A test's own folder, which any user may enter; removed with its contents at the end.
struct TempFolder {
    TempFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "mlvicx-test-XXXXXX").string();
        ensure(::mkdtemp(name.data()) != nullptr, "a temporary folder could not be created");
        path = name;
        std::filesystem::permissions(path, std::filesystem::perms::all); // some tests drop root's rights
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::permissions(path, std::filesystem::perms::all, ignored);
        std::filesystem::remove_all(path, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    std::filesystem::path operator/(const std::filesystem::path& name) const { return path / name; }
    /// What is in it; half-written files must not stay.
    std::vector<std::string> names() const {
        std::vector<std::string> result;
        for (const auto& entry : std::filesystem::directory_iterator(path))
            result.push_back(entry.path().filename().string());
        std::sort(result.begin(), result.end());
        return result;
    }

    std::filesystem::path path;
};

/// The message of the UserError that `work` throws; empty if it throws none. Other exceptions pass.
template <typename Work> std::string message_of(Work&& work) {
    try {
        work();
    } catch (const UserError& error) {
        return error.what();
    }
    return "";
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace mlvicx
