#pragma once

// A user's own images: some of those in a folder, listed in a CSV as docs/own_images.md describes.

#include "core/files.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>

namespace mlvicx::testing {

/// Lists `count` of the files in the folder `images` in `csv`, each of its own patient: half for training, then
/// validation, test.
inline void write_own_csv(const std::filesystem::path& csv, const std::filesystem::path& images, int count) {
    std::string text = "path,patient,split,Nodule\n";
    int listed = 0;
    for (const auto& entry : std::filesystem::directory_iterator(images)) {
        if (listed == count) break;
        const char* split = listed < count / 2 ? "train" : listed < 3 * count / 4 ? "val" : "test";
        text += fmt::format("{},p{},{},{}\n", entry.path().string(), listed, split, listed % 2);
        ++listed;
    }
    ensure(listed == count, "the folder has too few images");
    write_text(csv, text);
}

} // namespace mlvicx::testing
