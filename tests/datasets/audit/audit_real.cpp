#include "tests/support/audit_support.h"

#include "core/parallel.h"
#include "datasets/decode/decode.h"

#include <cstdlib>
#include <set>

using namespace mlvicx;

namespace {

const char* real_data() {
    return std::getenv("MLVICX_REAL_DATA");
}

struct RealImages {
    std::vector<std::string> names;
    std::vector<cv::Mat> images;
    std::vector<ImageSketch> sketches;
};

ImageSketch sketch(const cv::Mat& image, int size) {
    const cv::Mat square = resize_image(image, size).clone();
    return sketch_image({square.data, square.total()}, size);
}

/// All images of a folder as in a dataset of `size` pixels.
RealImages images_of(const fs::path& folder, int size) {
    RealImages result;
    for (const auto& entry : fs::directory_iterator(folder)) result.names.push_back(entry.path().filename().string());
    std::sort(result.names.begin(), result.names.end());
    result.images.resize(result.names.size());
    result.sketches.resize(result.names.size());
    parallel_for(result.names.size(), 0, [&](std::size_t i) {
        result.images[i] = decode_image(folder / result.names[i]);
        result.sketches[i] = sketch(result.images[i], size);
    });
    return result;
}

using Names = std::set<std::pair<std::string, std::string>>;

} // namespace

TEST_CASE("audit: of 1000 NIH images every copy is found, and among themselves only one true duplicate", "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    for (const int size : {64, 224}) {
        const auto nih = images_of(fs::path(real_data()) / "nih1000/images", size);
        REQUIRE(nih.images.size() == 1000);
        Names repeats;
        for (const auto& pair : near_duplicates(nih.sketches, {}))
            repeats.emplace(nih.names[pair.first], nih.names[pair.second]);
        // One exposure that was published twice: the images are visually identical.
        CHECK(repeats == Names{{"00002658_001.png", "00002658_002.png"}});
        for (const auto& [name, change] : image_changes()) {
            std::vector<ImageSketch> copies(nih.images.size());
            parallel_for(copies.size(), 0,
                         [&, &make = change](std::size_t i) { copies[i] = sketch(make(nih.images[i]), size); });
            std::size_t right = 0;
            Names wrong;
            double least = 1;
            for (const auto& pair : near_duplicates(nih.sketches, copies)) {
                if (pair.first != pair.second)
                    wrong.emplace(nih.names[pair.first], nih.names[pair.second]);
                else
                    ++right, least = std::min(least, pair.correlation);
            }
            INFO(size << " pixels, " << name << ": lowest correlation " << least);
            CHECK(right == 1000);
            CHECK(wrong == Names{{"00002658_001.png", "00002658_002.png"}, {"00002658_002.png", "00002658_001.png"}});
        }
    }
}

TEST_CASE("audit: images as published and as resized elsewhere are the same, by name and by content", "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const auto native = images_of(fs::path(real_data()) / "nih_native", 224);
    const auto small = images_of(fs::path(real_data()) / "nih1000/images", 224);
    Names by_name, by_content;
    for (const auto& name : native.names)
        if (std::binary_search(small.names.begin(), small.names.end(), name)) by_name.emplace(name, name);
    for (const auto& pair : near_duplicates(native.sketches, small.sketches))
        by_content.emplace(native.names[pair.first], small.names[pair.second]);
    CHECK(by_content == by_name);
}

TEST_CASE("audit: the 247 images of JSRT are all distinct, and none is one of NIH's", "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const auto jsrt = images_of(fs::path(real_data()) / "jsrt/images", 224);
    const auto nih = images_of(fs::path(real_data()) / "nih1000/images", 224);
    REQUIRE(jsrt.images.size() == 247);
    CHECK(near_duplicates(jsrt.sketches, {}).empty());
    CHECK(near_duplicates(jsrt.sketches, nih.sketches).empty());
}
