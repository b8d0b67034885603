#include "datasets/phantom/layouts.h"

#include "core/files.h"

#include <fmt/format.h>

namespace mlvicx::phantom {

namespace fs = std::filesystem;

namespace {

constexpr double test_share = 0.12;       ///< of the patients: 624 of 5,856 images in the original
constexpr double validation_share = 0.02; ///< more than in the original, whose val folder has 16 images

/// Pneumonia is consolidation; with edema, which is as diffuse as a viral pneumonia, it is viral.
Lines write_image(const ImageKey& key, const PhantomImage& image, const fs::path& root) {
    const double drawn = of_patient(key, Stream::split).uniform();
    const char* folder = drawn < test_share ? "test" : drawn < test_share + validation_share ? "val" : "train";
    const bool ill = image.severities.has(Finding::consolidation), viral = image.severities.has(Finding::edema);
    const std::string name =
        ill ? fmt::format("person{}_{}_{}", key.patient, viral ? "virus" : "bacteria", key.patient + key.follow_up)
            : fmt::format("{}IM-{:04}-{:04}", key.patient % 2 == 0 ? "NORMAL2-" : "", key.patient, key.follow_up + 1);
    write_jpeg(root / folder / (ill ? "PNEUMONIA" : "NORMAL") / (name + ".jpeg"), image.pixels);
    return {};
}

} // namespace

Layout kermany_layout() {
    return {{"train/NORMAL", "train/PNEUMONIA", "val/NORMAL", "val/PNEUMONIA", "test/NORMAL", "test/PNEUMONIA"},
            write_image,
            [](const std::vector<ImageKey>&, const std::vector<Lines>&, const fs::path&) {}};
}

} // namespace mlvicx::phantom
