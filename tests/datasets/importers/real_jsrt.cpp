#include "tests/support/datasets_support.h"

#include "datasets/decode/decode.h"
#include "datasets/importers/manifest.h"
#include "datasets/inspect.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"

#include <array>
#include <cstdlib>
#include <set>

using namespace mlvicx;

namespace {

struct ManifestSource : SourceOptions, ManifestOptions {};
DatasetIndex read_manifest(const ManifestSource& options) {
    return read_manifest(options, options);
}

constexpr std::array organs = {"left_lung", "right_lung", "heart", "left_clavicle", "right_clavicle"};

/// A manifest of a folder with images/ and masks/ORGAN/; images named JPCLN have a nodule, those named JPCNN do not.
std::string manifest_of(const fs::path& data) {
    std::set<fs::path> images;
    for (const auto& entry : fs::directory_iterator(data / "images")) images.insert(entry.path());
    std::string text = "id,path,nodule";
    for (const auto* organ : organs) text += std::string(",mask_") + organ;
    for (const auto& image : images) {
        const std::string name = image.filename().string();
        text += "\n" + image.stem().string() + "," + image.string() + (name.starts_with("JPCLN") ? ",1" : ",0");
        for (const auto* organ : organs) text += "," + (data / "masks" / organ / name).string();
    }
    return text + "\n";
}

} // namespace

TEST_CASE("jsrt: the plan's manifest lists every image and mask", "[real]") {
    const char* data = std::getenv("MLVICX_REAL_DATA");
    if (!data) SKIP_TEST("MLVICX_REAL_DATA is not set");
    ManifestSource options;
    options.file = fs::path(MLVICX_SOURCE) / "experiments/plans/jsrt.csv";
    options.root = fs::path(data) / "jsrt";
    options.labels = {"nodule"};
    options.split.kind = "patient";
    const auto index = read_manifest(options); // a missing file would be an error
    CHECK(index.images.size() == 247);
    CHECK(index.mask_names == std::vector<std::string>(organs.begin(), organs.end()));
    for (const auto& image : index.images) {
        CHECK(image.labels.front() == (image.id.starts_with("JPCLN") ? 1 : 0));
        for (std::size_t m = 0; m < organs.size(); ++m)
            CHECK(image.masks[m].files.front().parent_path().filename() == organs[m]);
    }
}

TEST_CASE("jsrt: 247 images with five masks are prepared through a manifest and drawn with overlays", "[real]") {
    const char* data = std::getenv("MLVICX_REAL_DATA");
    if (!data) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const TempFolder folder;
    put(folder / "jsrt.csv", manifest_of(fs::path(data) / "jsrt"));
    ManifestSource options;
    options.file = folder / "jsrt.csv";
    options.split.kind = "patient";
    const auto index = read_manifest(options);
    REQUIRE(index.images.size() == 247);
    prepare(index, {128, 0, false}, folder / "jsrt.safetensors");
    const PreparedDataset dataset(folder / "jsrt.safetensors");
    REQUIRE(dataset.mask_names() == std::vector<std::string>(organs.begin(), organs.end()));
    CHECK(std::count(dataset.labels().begin(), dataset.labels().end(), 1) == 154); // published

    // Each mask covers the same fraction of the image as in its file, and is where its name says: on the patient's
    // left, which is the viewer's right, or in the middle.
    for (std::size_t image = 0; image < 247; image += 13)
        for (std::size_t m = 0; m < organs.size(); ++m) {
            INFO(dataset.ids()[image] << " " << organs[m]);
            const cv::Mat original = decode_image(index.images[image].masks[m].files.at(0)) > 0;
            const cv::Mat1b mask = dataset.mask(static_cast<std::int64_t>(image), m);
            double area = 0, across = 0;
            for (int y = 0; y < 128; ++y)
                for (int x = 0; x < 128; ++x)
                    if (mask(y, x) == 255) ++area, across += x;
            const double share = cv::countNonZero(original) / static_cast<double>(original.total());
            CHECK(area / (128 * 128) == Approx(share).margin(0.004));
            const std::string name = organs[m];
            if (name.starts_with("left")) CHECK(across / area > 64);
            if (name.starts_with("right")) CHECK(across / area < 64);
        }

    contact_sheet(dataset, 12, folder / "sheet.png");
    const cv::Mat drawn = cv::imread((folder / "sheet.png").string(), cv::IMREAD_COLOR);
    const auto pixels = [&] { // that are not grey: the tints of five organs cover much of the images
        cv::Mat parts[3], low, high;
        cv::split(drawn, parts);
        cv::min(cv::min(parts[0], parts[1]), parts[2], low);
        cv::max(cv::max(parts[0], parts[1]), parts[2], high);
        return cv::countNonZero(high - low > 12);
    };
    CHECK(pixels() > 12 * 256 * 256 / 4);
}
