#include "datasets/image_files.h"

#include "core/error.h"
#include "datasets/text/text_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <string_view>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// "DICM" after a preamble of 128 bytes.
bool has_dicom_marker(const fs::path& file) {
    std::array<char, 132> head{};
    std::ifstream in(file, std::ios::binary);
    return in.read(head.data(), head.size()) && std::string_view(head.data() + 128, 4) == "DICM";
}

/// All files in a folder and its subfolders, by name.
std::vector<fs::path> files_below(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    constexpr auto links = fs::directory_options::follow_directory_symlink;
    for (fs::recursive_directory_iterator at(folder, links, error), end; !error && at != end; at.increment(error))
        if (!at->is_directory(error)) files.push_back(at->path());
    if (error) user_error("{}: cannot be read: {}", folder.string(), error.message());
    std::sort(files.begin(), files.end());
    return files;
}

} // namespace

bool has_image_suffix(const fs::path& file) {
    const std::string suffix = lower(file.extension().string());
    return suffix == ".dcm" || suffix == ".dicom" || suffix == ".png" || suffix == ".jpg" || suffix == ".jpeg";
}

ImageFiles image_files(const std::vector<fs::path>& given) {
    ImageFiles found;
    std::set<fs::path> known;
    const auto take = [&](const fs::path& file) {
        if (known.insert(file.lexically_normal()).second)
            found.files.push_back(file);
        else
            ++found.repeated;
    };
    for (const auto& path : given) {
        if (!fs::is_directory(path)) {
            take(path);
            continue;
        }
        for (const auto& file : files_below(path))
            if (has_image_suffix(file) || has_dicom_marker(file))
                take(file);
            else
                found.left_out.push_back(file);
    }
    if (found.files.empty()) {
        std::vector<std::string> names;
        for (const auto& path : given) names.push_back(path.string());
        user_error("{}: holds no image among {} files, expected PNG, JPEG or DICOM", fmt::join(names, ", "),
                   found.left_out.size());
    }
    return found;
}

} // namespace mlvicx
