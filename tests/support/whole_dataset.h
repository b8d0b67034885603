#pragma once

#include "tests/support/datasets_support.h"

#include <cstdlib>
#include <set>
#include <string>

namespace mlvicx {

/// The complete tables of a dataset, and the same small file under the name of every image.
struct WholeDataset : TempFolder {
    WholeDataset(const fs::path& tables, const std::string& table, const std::string& extension) {
        for (const auto& entry : fs::directory_iterator(tables)) fs::copy(entry.path(), path / entry.path().filename());
        write_image(path / "image.png", test_image(64, 64));
        const std::string text = read_text(path / table);
        std::set<std::string> ids;
        for (auto at = text.find('\n'); at + 1 < text.size(); at = text.find('\n', at + 1))
            ids.insert(text.substr(at + 1, text.find(',', at) - at - 1));
        fs::create_directory(path / "images");
        for (const auto& id : ids) fs::create_symlink(path / "image.png", path / "images" / (id + extension));
    }
    fs::path images() const { return path / "images"; }
};

/// A folder of the real data; empty if the environment variable MLVICX_REAL_DATA does not name any.
inline fs::path real_data(const fs::path& folder) {
    const char* data = std::getenv("MLVICX_REAL_DATA");
    return data ? fs::path(data) / folder : fs::path();
}

} // namespace mlvicx
