#include "tests/support/datasets_support.h"

#include "datasets/decode/decode.h"
#include "datasets/fingerprint.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"

#include <array>

using namespace mlvicx;

namespace {

PrepareOptions options(int size, unsigned threads = 1, bool skip_bad = false) {
    return {size, threads, skip_bad};
}

void truncate(const fs::path& file) {
    const std::string text = read_text(file);
    put(file, text.substr(0, text.size() / 2));
}

using Boxes = std::vector<std::array<double, 6>>;

Boxes boxes_of(const PreparedDataset& dataset, std::int64_t i) {
    Boxes boxes;
    for (const Box& box : dataset.boxes(i))
        boxes.push_back(
            {static_cast<double>(box.image), static_cast<double>(box.label), box.x, box.y, box.width, box.height});
    return boxes;
}

} // namespace

TEST_CASE("prepare: the prepared file holds the index and the resized images", "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 12, 50);
    index.provenance["importer"] = "test";
    const auto report = prepare(index, options(24), folder / "out.safetensors");
    CHECK(report.images == 12);
    CHECK(report.bad.empty());
    const PreparedDataset dataset(folder / "out.safetensors");
    REQUIRE(dataset.size() == 12);
    CHECK(dataset.image_size() == 24);
    CHECK(dataset.dataset() == "small");
    CHECK(dataset.classes() == index.classes);
    CHECK(dataset.fingerprint() == report.fingerprint);
    CHECK(dataset.masks().empty());
    CHECK(dataset.provenance().at("importer") == "test");
    CHECK(dataset.provenance().at("prepared").at("size") == 24);
    for (std::int64_t i = 0; i < 12; ++i) {
        const ImageEntry& image = index.images[static_cast<std::size_t>(i)];
        CHECK(dataset.id(i) == image.id);
        CHECK(dataset.patient(i) == image.patient);
        CHECK(dataset.split(i) == image.split);
        const auto labels = dataset.labels(i);
        CHECK(std::equal(labels.begin(), labels.end(), image.labels.begin(), image.labels.end()));
        const cv::Mat small = resize_image(decode_image(image.file), 24);
        const cv::Mat1b pixels = dataset.image(i);
        CHECK(pixels.data == dataset.images().data() + i * 576);
        CHECK(std::equal(small.begin<std::uint8_t>(), small.end<std::uint8_t>(), pixels.begin(), pixels.end()));
    }
    CHECK(dataset.images_of(Split::validation) == std::vector<std::int64_t>{2, 3, 8, 9});
    verify_fingerprint(folder / "out.safetensors");
}

TEST_CASE("prepare: one thread and four write the same bytes", "[unit]") {
    const TempFolder folder;
    const auto index = small_dataset(folder, 40);
    const auto one = prepare(index, options(20, 1), folder / "one");
    const auto four = prepare(index, options(20, 4), folder / "four");
    CHECK(one.fingerprint == four.fingerprint);
    CHECK(read_text(folder / "one") == read_text(folder / "four"));
    CHECK(prepare(index, options(20, 4, true), folder / "all").fingerprint == one.fingerprint);
}

TEST_CASE("prepare: the fingerprint detects every kind of difference", "[unit]") {
    const TempFolder folder;
    const auto index = small_dataset(folder, 8);
    const auto fingerprint = [&](const DatasetIndex& changed, int size = 20) {
        return prepare(changed, options(size), folder / "out").fingerprint;
    };
    const std::string same = fingerprint(index);
    auto other = index;
    other.provenance["root"] = "elsewhere"; // the files' location is not part of the content
    CHECK(fingerprint(other) == same);
    CHECK(fingerprint(index, 21) != same);
    other = index, other.images[3].labels[1] = 0;
    CHECK(fingerprint(other) != same);
    other = index, other.images[0].id = "other";
    CHECK(fingerprint(other) != same);
    other = index, other.images[0].split = other.images[1].split = Split::test;
    CHECK(fingerprint(other) != same);
    other = index, other.images[1].patient = "other";
    CHECK(fingerprint(other) != same);
    other = index, other.classes[0] = "Edema";
    CHECK(fingerprint(other) != same);
    other = index, other.boxes = {{0, 0, 1, 1, 5, 5}};
    CHECK(fingerprint(other) != same);
    other = index, std::swap(other.images[0], other.images[1]);
    CHECK(fingerprint(other) != same);
    write_image(index.images[5].file, test_image(40, 40, 99));
    CHECK(fingerprint(index) != same);
}

TEST_CASE("prepare: boxes are scaled from each image's pixels or from the nominal frame, and clipped", "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 4, 40);
    write_image(index.images[2].file, test_image(80, 20));
    index.boxes = {{2, 1, 40, 5, 20, 10}, {0, 0, 30, 30, 20, 20}};
    prepare(index, options(16), folder / "out");
    {
        const PreparedDataset dataset(folder / "out");
        CHECK(boxes_of(dataset, 2) == Boxes{{2, 1, 8, 4, 4, 8}});
        CHECK(boxes_of(dataset, 0) == Boxes{{0, 0, 12, 12, 4, 4}});
        CHECK(boxes_of(dataset, 1).empty());
        CHECK(dataset.boxes().size() == 2);
    }
    for (ImageEntry& image : index.images) image.frame = {1024, 1024};
    index.boxes = {{2, 1, 512, 256, 128, 64}};
    prepare(index, options(16), folder / "out");
    const PreparedDataset dataset(folder / "out");
    CHECK(boxes_of(dataset, 2) == Boxes{{2, 1, 8, 4, 2, 1}});
}

TEST_CASE("prepare: masks become 0 or 255 where at least half of a pixel is covered", "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 6, 32);
    index.mask_names = {"heart", "lung"};
    cv::Mat mask(32, 32, CV_8U, cv::Scalar(0));
    mask(cv::Rect(0, 0, 18, 7)).setTo(1); // any value but zero counts
    write_image(folder / "mask.png", mask);
    for (ImageEntry& image : index.images) image.masks.resize(2);
    index.images[4].masks[1].files = {folder / "mask.png"};
    const auto report = prepare(index, options(8), folder / "out"); // 4 x 4 pixels become one
    const PreparedDataset dataset(folder / "out");
    for (int i = 0; i < 6 * 2 * 64; ++i) {
        const int plane = i / 64, y = i % 64 / 8, x = i % 8;
        // Columns to 18: four full pixels, then half of one. Rows to 7: one full, then three quarters.
        const bool inside = plane == 4 * 2 + 1 && x < 5 && y < 2 && !(x == 4 && y == 1);
        CHECK(dataset.mask(plane / 2, static_cast<std::size_t>(plane % 2))(y, x) == (inside ? 255 : 0));
    }
    verify_fingerprint(folder / "out");
    index.images[4].masks[1] = {};
    CHECK(prepare(index, options(8), folder / "out").fingerprint != report.fingerprint);
}

TEST_CASE("prepare: only masks that are not empty take room", "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 9, 32);
    index.mask_names = {"heart", "lung"};
    cv::Mat mask(32, 32, CV_8U, cv::Scalar(0));
    write_image(folder / "empty.png", mask);
    mask(cv::Rect(0, 0, 18, 7)).setTo(255);
    write_image(folder / "mask.png", mask);
    for (ImageEntry& image : index.images) image.masks.resize(2);
    for (const std::size_t i : {1u, 4u, 8u}) index.images[i].masks[i % 2].files = {folder / "mask.png"};
    index.images[5].masks[0].files = {folder / "empty.png"};
    for (const unsigned threads : {1u, 3u}) {
        prepare(index, options(16, threads), folder / "out");
        const PreparedDataset dataset(folder / "out");
        REQUIRE(dataset.masks().size() == 3 * 256);
        std::int64_t row = 0;
        for (std::int64_t i = 0; i < 9; ++i) {
            const bool has = i == 1 || i == 4 || i == 8;
            REQUIRE(dataset.masks(i).size() == 2 * 256);
            for (std::size_t m = 0; m < 2; ++m) {
                const bool here = has && m == static_cast<std::size_t>(i % 2);
                CHECK(dataset.mask_row(i, m) == (here ? row++ : -1));
                CHECK(cv::countNonZero(dataset.mask(i, m)) == (here ? 36 : 0));
            }
        }
        verify_fingerprint(folder / "out");
    }
    for (ImageEntry& image : index.images) image.masks.assign(2, {});
    prepare(index, options(16), folder / "out");
    const PreparedDataset without(folder / "out");
    CHECK(without.masks().empty());
    CHECK(cv::countNonZero(without.mask(8, 1)) == 0);
    verify_fingerprint(folder / "out");
}

TEST_CASE("prepare: a corrupt image stops it by name and leaves nothing", "[unit]") {
    const TempFolder folder;
    const auto index = small_dataset(folder, 9);
    const auto before = folder.names().size();
    for (const bool empty : {false, true}) {
        empty ? put(index.images[6].file, "") : truncate(index.images[6].file);
        const auto message = user_error_of([&] { prepare(index, options(16, 2), folder / "out"); });
        CHECK(contains(message, "image6.png"));
        CHECK(contains(message, empty ? "is empty" : "truncated"));
        CHECK(contains(message, "--skip-bad"));
        CHECK(folder.names().size() == before);
    }
}

TEST_CASE("prepare: skip-bad leaves corrupt images out entirely and lists them", "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 11);
    index.mask_names = {"m"};
    write_image(folder / "mask.png", cv::Mat(40, 40, CV_8U, cv::Scalar(255)));
    for (std::size_t i = 0; i < 11; ++i)
        index.images[i].masks = {i % 3 == 0 ? Mask{{folder / "mask.png"}, {}, {}} : Mask()};
    index.boxes = {{0, 1, 1, 1, 9, 9}, {5, 0, 2, 2, 9, 9}, {9, 0, 3, 3, 9, 9}};
    DatasetIndex good = index;
    for (const std::size_t i : {8u, 5u, 0u}) good.images.erase(good.images.begin() + static_cast<std::ptrdiff_t>(i));
    good.boxes = {{6, 0, 3, 3, 9, 9}}; // image 9, once 0, 5 and 8 are removed
    const auto expected = prepare(good, options(16), folder / "good").fingerprint;
    for (const std::size_t i : {0u, 5u, 8u}) truncate(index.images[i].file);

    const auto before = folder.names().size();
    const auto report = prepare(index, options(16, 3, true), folder / "out");
    CHECK(folder.names().size() == before + 1); // no scratch file is left
    CHECK(report.images == 8);
    CHECK(report.fingerprint == expected);
    REQUIRE(report.bad.size() == 3);
    CHECK(contains(report.bad[0], "image0.png: "));
    CHECK(contains(report.bad[2], "image8.png: "));
    verify_fingerprint(folder / "out");
    const PreparedDataset dataset(folder / "out");
    CHECK(dataset.size() == 8);
    CHECK(dataset.provenance().at("prepared").at("bad").at("count") == 3);
    for (const ImageEntry& image : index.images) put(image.file, "");
    CHECK(contains(user_error_of([&] { prepare(index, options(16, 1, true), folder / "none"); }), "none of the 11"));
    CHECK_FALSE(fs::exists(folder / "none"));
}

TEST_CASE("prepare: what cannot work is refused before any image is decoded", "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 4);
    for (const ImageEntry& image : index.images) put(image.file, ""); // decoding would complain about these
    const auto message = [&](const DatasetIndex& what, int size, const fs::path& out) {
        return user_error_of([&] { prepare(what, options(size), out); });
    };
    DatasetIndex empty = index;
    empty.images.clear();
    CHECK(contains(message(empty, 16, folder / "out"), "has no images"));
    CHECK(contains(message(index, 0, folder / "out"), "size is 0"));
    CHECK(contains(message(index, 16, folder.path), "is a folder"));
    put(folder / "file", "x");
    CHECK(contains(message(index, 16, folder / "file" / "out"), "cannot be written"));
}
