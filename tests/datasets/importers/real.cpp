#include "tests/support/datasets_support.h"

#include "datasets/fingerprint.h"
#include "datasets/importers/nih.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"

#include <chrono>
#include <cstdlib>
#include <set>

using namespace mlvicx;

namespace {

/// A folder with NIH's complete tables under their published names.
struct AllOfNih : TempFolder {
    explicit AllOfNih(const fs::path& data) {
        const fs::path from = data / "metadata" / "nih";
        for (const auto* name : {"Data_Entry_2017_v2020.csv", "BBox_List_2017.csv"}) fs::copy(from / name, path / name);
        for (const std::string name : {"train_val_list", "test_list"})
            fs::copy(from / (name + ".derived.txt"), path / (name + ".txt"));
    }
};

const char* real_data() {
    return std::getenv("MLVICX_REAL_DATA");
}

std::int64_t count(const DatasetIndex& index, Split split) {
    return std::count_if(index.images.begin(), index.images.end(),
                         [&](const ImageEntry& image) { return image.split == split; });
}

} // namespace

TEST_CASE("nih: the complete tables give the published numbers, in well under five seconds", "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const AllOfNih tables(real_data());
    fs::create_directory(tables / "images");
    {
        const std::string text = read_text(tables / "Data_Entry_2017_v2020.csv");
        for (auto at = text.find('\n'); at + 1 < text.size(); at = text.find('\n', at + 1))
            fs::create_symlink(tables / "BBox_List_2017.csv", tables / "images" / text.substr(at + 1, 16));
    }
    SourceOptions options;
    options.root = tables.path;
    options.split.validation = 0.125;
    const auto start = std::chrono::steady_clock::now();
    const auto index = read_nih(options);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    CHECK(seconds < 5);
    CHECK(index.images.size() == 112120);
    CHECK(index.boxes.size() == 984);
    CHECK(count(index, Split::test) == 25596);
    CHECK(count(index, Split::train) + count(index, Split::validation) == 86524);
    CHECK(std::abs(count(index, Split::validation) - 86524 / 8) < 1000);
    std::set<std::string> patients;
    std::vector<std::int64_t> present(14, 0);
    std::int64_t none = 0;
    for (const ImageEntry& image : index.images) {
        patients.insert(image.patient);
        bool any = false;
        for (std::size_t c = 0; c < 14; ++c) present[c] += image.labels[c] == 1, any |= image.labels[c] == 1;
        none += !any;
    }
    CHECK(patients.size() == 30805);
    CHECK(none == 60361);
    // Published counts, in the order of nih_classes().
    CHECK(present == std::vector<std::int64_t>{11559, 2776, 13317, 19894, 5782, 6331, 1431, 5302, 4667, 2303, 2516,
                                               1686, 3385, 227});
}

TEST_CASE("nih: the sample of 1000 images has its official splits and is prepared the same on one thread and on two",
          "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const fs::path data = real_data();
    const AllOfNih tables(data);
    SourceOptions options;
    options.root = data / "nih1000", options.metadata = tables.path, options.allow_missing = true;
    options.split.validation = 0;
    const auto index = read_nih(options);
    CHECK(index.images.size() == 1000);
    CHECK(count(index, Split::train) == 709 + 138);
    CHECK(count(index, Split::test) == 153);
    const auto one = prepare(index, {64, 1, false}, tables / "one");
    const auto two = prepare(index, {64, 2, false}, tables / "two");
    CHECK(one.fingerprint == two.fingerprint);
    verify_fingerprint(tables / "two");
}

TEST_CASE("nih: original images of 1024 pixels, four of them RGBA, are read with boxes inside", "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const fs::path data = real_data();
    const AllOfNih tables(data);
    SourceOptions options;
    options.root = data / "nih_native", options.metadata = tables.path, options.allow_missing = true;
    const auto index = read_nih(options);
    REQUIRE(index.images.size() == 78);
    prepare(index, {128, 0, false}, tables / "native");
    const PreparedDataset dataset(tables / "native");
    std::set<std::size_t> boxed;
    for (const Box& box : dataset.boxes()) boxed.insert(box.image);
    CHECK(boxed.size() == 44);
}
