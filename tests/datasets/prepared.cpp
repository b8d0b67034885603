#include "tests/support/changed_tensors.h"
#include "tests/support/datasets_support.h"

#include "datasets/fingerprint.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"

#include <cstring>
#include <limits>

using namespace mlvicx;

namespace {

/// A valid prepared file, and copies of it with one thing changed.
struct Tampered : TempFolder {
    Tampered() {
        auto index = small_dataset(*this, 12, 20);
        index.mask_names = {"m"};
        for (ImageEntry& image : index.images) image.masks.resize(1);
        for (const std::size_t i : {2u, 7u, 8u}) index.images[i].masks[0].areas = {{0, 0, 10.0, 1.0 * i}};
        index.boxes = {{3, 1, 1, 1, 4, 4}};
        prepare(index, {16, 1, false}, path / "good");
    }
    /// The message of opening the changed copy.
    std::string message(const TensorChange& change) const {
        copy_changed(path / "good", path / "bad", change);
        return user_error_of([&] { const PreparedDataset dataset(path / "bad"); });
    }
    /// The message after a tensor's bytes were overwritten with `value` at element `at`.
    template <typename T> std::string value(const std::string& tensor, std::size_t at, T number) const {
        return message(
            [&](auto&, auto& data, auto&) { std::memcpy(data[tensor].data() + at * sizeof(T), &number, sizeof(T)); });
    }
    std::string metadata(const std::string& key, const std::string& text) const {
        return message([&](auto&, auto&, auto& entries) { entries[key] = text; });
    }
};

TensorInfo& named(std::vector<TensorInfo>& infos, const std::string& name) {
    return *std::find_if(infos.begin(), infos.end(), [&](const TensorInfo& info) { return info.name == name; });
}

} // namespace

TEST_CASE("prepared: impossible values are refused, each with its tensor or image", "[unit]") {
    const Tampered file;
    const PreparedDataset good(file / "good");
    CHECK(contains(file.value<std::int8_t>("labels", 5, 2), "image image2.png: label 2"));
    CHECK(contains(file.value<std::int8_t>("labels", 5, -2), "label -2"));
    CHECK(contains(file.value<std::uint8_t>("split", 1, 3), "image image1.png: split 3"));
    CHECK(contains(file.value<std::uint8_t>("split", 1, 1), "patient p0 has images in two splits"));
    CHECK(contains(file.value<std::int32_t>("patient", 4, 6), "image image4.png: patient 6 of 6"));
    CHECK(contains(file.value<std::int32_t>("patient", 4, -1), "patient -1"));
    CHECK(contains(file.value<char>("ids", 0, '\n'), "\"ids\": line 1"));
    CHECK(contains(file.value<char>("ids", 5, '1'), "\"ids\": line 2")); // image1.png twice
    CHECK(contains(file.value<char>("patient_ids", 1, '1'), "\"patient_ids\": line 2"));
    for (const float bad : {-1.0f, 12.0f, 2.5f, std::numeric_limits<float>::quiet_NaN()})
        CHECK(contains(file.value<float>("boxes", 0, bad), "box 0"));
    CHECK(contains(file.value<float>("boxes", 1, 2.0f), "box 0"));
    for (std::size_t k = 2; k < 6; ++k) {
        CHECK(contains(file.value<float>("boxes", k, 17.0f), "box 0"));
        CHECK(contains(file.value<float>("boxes", k, -1.0f), "box 0"));
        CHECK(contains(file.value<float>("boxes", k, std::numeric_limits<float>::quiet_NaN()), "box 0"));
    }
}

TEST_CASE("prepared: a missing tensor or a wrong shape or type is refused by name", "[unit]") {
    const Tampered file;
    for (const std::string name : {"images", "labels", "split", "patient", "boxes", "ids", "patient_ids", "masks"}) {
        CHECK(contains(file.message([&](auto& infos, auto&, auto&) {
            std::erase_if(infos, [&](const TensorInfo& info) { return info.name == name; });
        }),
                       "\"" + name + "\""));
        const auto message = file.message([&](auto& infos, auto& data, auto&) {
            named(infos, name).shape.push_back(2);
            data[name].resize(2 * data[name].size());
        });
        CHECK(contains(message, "\"" + name + "\""));
    }
    CHECK(contains(file.message([](auto& infos, auto& data, auto&) {
        named(infos, "images").shape = {12, 3, 16, 16};
        data["images"].resize(3 * data["images"].size());
    }),
                   "\"images\" is [12, 3, 16, 16], with several channels, expected grey images [N, S, S]"));
    CHECK(contains(file.message([](auto& infos, auto&, auto&) { named(infos, "labels").type = DType::u8; }),
                   "\"labels\" is U8"));
    CHECK(contains(file.message([](auto& infos, auto& data, auto&) {
        named(infos, "split").shape = {11};
        data["split"].resize(11);
    }),
                   "\"split\" is U8 [11], expected U8 [12]"));
    CHECK(contains(file.message([](auto& infos, auto& data, auto&) {
        named(infos, "ids").shape = {11}; // only "image0.png\n"
        data["ids"].resize(11);
    }),
                   "1 image ids for 12 images"));
}

TEST_CASE("prepared: masks are those that are not empty; a file with the masks of all images opens too", "[unit]") {
    const Tampered file;
    const PreparedDataset good(file / "good");
    REQUIRE(good.masks().size() == 3 * 256);
    copy_changed(file / "good", file / "dense", [&](auto& infos, auto& data, auto&) { // as older versions wrote it
        auto& masks = data["masks"];
        masks.clear();
        for (std::int64_t i = 0; i < 12; ++i) {
            const auto all = good.masks(i);
            const auto bytes = std::as_bytes(std::span(all));
            masks.insert(masks.end(), bytes.begin(), bytes.end());
        }
        named(infos, "masks").shape = {12, 1, 16, 16};
        std::erase_if(infos, [](const TensorInfo& info) { return info.name == "masked"; });
    });
    const PreparedDataset dense(file / "dense");
    CHECK(dense.masks().size() == 12 * 256);
    CHECK(dense.fingerprint() == good.fingerprint());
    verify_fingerprint(file / "dense");
    for (std::int64_t i = 0; i < 12; ++i) {
        CHECK(dense.mask_row(i, 0) == i);
        CHECK(cv::countNonZero(dense.mask(i, 0)) ==
              (i == 2 || i == 7 || i == 8 ? cv::countNonZero(good.mask(i, 0)) : 0));
        CHECK(cv::countNonZero(dense.mask(i, 0) != good.mask(i, 0)) == 0);
    }
    CHECK(cv::countNonZero(good.mask(7, 0)) > cv::countNonZero(good.mask(2, 0)));
}

TEST_CASE("prepared: a wrong list of the images that have masks is refused", "[unit]") {
    const Tampered file;
    CHECK(contains(file.value<std::uint8_t>("masked", 3, 2), "image image3.png: masked 2, expected 0 or 1"));
    CHECK(contains(file.value<std::uint8_t>("masked", 3, 1), "\"masks\" is U8 [3, 16, 16], expected U8 [4, 16, 16]"));
    CHECK(contains(file.value<std::uint8_t>("masked", 2, 0), "\"masks\" is U8 [3, 16, 16], expected U8 [2, 16, 16]"));
    CHECK(contains(file.message([](auto& infos, auto& data, auto&) {
        named(infos, "masked").shape = {11, 1};
        data["masked"].resize(11);
    }),
                   "\"masked\" is U8 [11, 1], expected U8 [12, 1]"));
    CHECK(contains(file.message([](auto& infos, auto&, auto&) {
        std::erase_if(infos, [](const TensorInfo& info) { return info.name == "masked"; });
    }),
                   "\"masks\" is U8 [3, 16, 16], expected U8 [12, 1, 16, 16]"));
    CHECK(contains(file.message([](auto& infos, auto&, auto& entries) {
        std::erase_if(infos, [](const TensorInfo& info) { return info.name == "masks"; });
        entries["mask_names"] = "[]";
    }),
                   "\"masked\" has no mask names"));
    // Another image's masks: of the right size, but not of the content that the fingerprint names.
    copy_changed(file / "good", file / "bad",
                 [](auto&, auto& data, auto&) { std::swap(data["masked"][2], data["masked"][3]); });
    CHECK(contains(user_error_of([&] { verify_fingerprint(file / "bad"); }), "was changed or is damaged"));
}

TEST_CASE("prepared: metadata is checked", "[unit]") {
    const Tampered file;
    CHECK(contains(file.metadata("format", "mlvicx-bench prepared 99"), "is not a prepared dataset"));
    CHECK(contains(file.metadata("classes", "[\"a\"]"), "\"labels\" is I8 [12, 2], expected I8 [12, 1]"));
    CHECK(contains(file.metadata("classes", "[1, 2]"), "has an entry that is not a name"));
    CHECK(contains(file.metadata("classes", "{"), "not JSON"));
    CHECK(contains(file.metadata("mask_names", "[]"), "\"masks\" has no mask names"));
    CHECK(contains(file.metadata("provenance", "3"), "not an object"));
    CHECK(contains(file.metadata("fingerprint", "abc"), "64 hexadecimal digits"));
    CHECK(contains(file.message([](auto&, auto&, auto& entries) { entries.erase("dataset"); }), "\"dataset\""));
}

TEST_CASE("prepared: other files are refused, truncated ones too", "[unit]") {
    const Tampered file;
    const auto message = [&](const std::string& text) {
        put(file / "bad", text);
        return user_error_of([&] { const PreparedDataset dataset(file / "bad"); });
    };
    const std::string good = read_text(file / "good");
    for (const std::size_t length : {1ul, 7ul, 8ul, 100ul, good.size() / 2, good.size() - 1})
        CHECK(contains(message(good.substr(0, length)), "bad"));
    CHECK(contains(message("path,Mass\n"), "bad"));
    CHECK(contains(user_error_of([&] { const PreparedDataset dataset(file / "absent"); }), "absent"));
}

TEST_CASE("prepared: verifying the fingerprint detects changes that look valid", "[unit]") {
    const Tampered file;
    verify_fingerprint(file / "good");
    const auto changed = [&](const std::string& tensor, std::size_t at, std::byte value) {
        const Safetensors good(file / "good");
        std::vector<TensorInfo> infos;
        for (const auto& [name, view] : good.tensors()) infos.push_back(view);
        SafetensorsWriter writer(file / "bad", infos);
        for (const auto& [name, view] : good.tensors()) writer.write(name, 0, view.data);
        REQUIRE(good.at(tensor).data[at] != value);
        writer.write(tensor, at, {&value, 1});
        writer.commit(good.metadata());
        return user_error_of([&] { verify_fingerprint(file / "bad"); });
    };
    CHECK(contains(changed("images", 700, std::byte{1}), "was changed or is damaged"));
    CHECK(contains(changed("labels", 1, std::byte{1}), "was changed or is damaged"));
    CHECK(contains(changed("masks", 250, std::byte{255}), "was changed or is damaged"));
    CHECK(contains(changed("ids", 0, std::byte{'g'}), "was changed or is damaged"));
}
