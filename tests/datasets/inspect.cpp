#include "tests/support/datasets_support.h"

#include "core/utf8.h"
#include "datasets/importers/manifest.h"
#include "datasets/inspect.h"
#include "datasets/prepare.h"

#include <opencv2/imgproc.hpp>

#include <sstream>

using namespace mlvicx;

namespace {

struct ManifestSource : SourceOptions, ManifestOptions {};
DatasetIndex read_manifest(const ManifestSource& options) {
    return read_manifest(options, options);
}

/// The words of the line that begins with `name`, without separators.
std::vector<std::string> line(const std::string& text, const std::string& name) {
    std::istringstream in(text);
    for (std::string row; std::getline(in, row);) {
        if (!row.starts_with(name)) continue;
        std::istringstream words(row.substr(name.size()));
        std::vector<std::string> result;
        for (std::string word; words >> word;)
            if (word != "|") result.push_back(word);
        return result;
    }
    return {};
}

using Words = std::vector<std::string>;

} // namespace

TEST_CASE("inspect: counts per class and split, patients, size and provenance are printed", "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 10);
    index.provenance["importer"] = "test";
    index.provenance["published"] = {"10 images, as published"};
    const auto report = prepare(index, {16, 1, false}, folder / "out");
    const std::string text = describe(PreparedDataset(folder / "out"));
    CHECK(line(text, "Images  ") == Words{"10", "of", "16", "x", "16", "pixels"});
    CHECK(line(text, "Fingerprint") == Words{report.fingerprint});
    CHECK(line(text, "Published") == Words{"10", "images,", "as", "published"});
    // Images 0, 1, 6, 7 train; 2, 3, 8, 9 validation; 4, 5 test. Mass is i mod 3 - 1, Nodule i mod 2.
    CHECK(line(text, "Images     |") == Words{"4", "4", "2"});
    CHECK(line(text, "Patients   |") == Words{"2", "2", "1"});
    CHECK(line(text, "Mass ") == Words{"0", "2", "2", "2", "0", "2", "1", "1", "0"});
    CHECK(line(text, "Nodule ") == Words{"2", "2", "0", "2", "2", "0", "1", "1", "0"});
    CHECK(line(text, "No finding ") == Words{"0", "0", "1"}); // image 4: both known and absent
    CHECK(contains(text, "\"importer\": \"test\""));
}

TEST_CASE("summary: shows what a manifest's columns became and what decoding counted", "[unit]") {
    const TempFolder folder;
    std::string text = "path,PatientID,Age,Weight,Mass\n";
    for (int i = 0; i < 4; ++i) {
        write_image(folder / (std::to_string(i) + ".png"), test_image(40, 40, i));
        text += std::to_string(i) + ".png,P" + std::to_string(i / 2) + ",6" + std::to_string(i) + ",7" +
                std::to_string(i) +
                (i == 3   ? ",NA\n"
                 : i == 0 ? ",True\n"
                          : ",False\n");
    }
    put(folder / "m.csv", text);
    ManifestSource options;
    options.file = folder / "m.csv";
    options.split.kind = "patient";
    auto index = read_manifest(options);
    prepare(index, {16, 1, false}, folder / "out");
    const std::string told = summary(PreparedDataset(folder / "out"));
    CHECK(contains(told, "Patients     2, by column \"PatientID\"\n"));
    CHECK(contains(told, "Splits       by a hash of the patient\n"));
    CHECK(
        contains(told, "Labels       read \"False\" as absent (2), \"NA\" as unknown (1), \"True\" as present (1)\n"));
    CHECK(contains(told, "Left out     column \"Weight\": 4 of its 4 cells are not labels, first \"70\"\n"));
    CHECK(contains(told, "Attribute    age: column \"Age\"\n"));
    CHECK(contains(told, "\nage 60-79"));
    CHECK(contains(told, "Pixels       4 images: image, 8 bits unchanged\n"));
    CHECK(contains(describe(PreparedDataset(folder / "out")), told));
}

TEST_CASE("summary: a folder name in any encoding still gives a readable file", "[unit]") {
    const TempFolder folder;
    const fs::path own = folder / "R\xf6ntgen"; // Latin-1
    fs::create_directory(own);
    write_image(own / "a.png", test_image(40, 40));
    put(own / "m.csv", "path,patient,Mass\na.png,p,1\n");
    ManifestSource options;
    options.file = own / "m.csv";
    options.root = own;
    options.split.kind = "patient";
    prepare(read_manifest(options), {16, 1, false}, folder / "out");
    CHECK_FALSE(invalid_utf8(Safetensors(folder / "out").meta("provenance")));
    const PreparedDataset dataset(folder / "out");
    CHECK(contains(dataset.provenance().at("file").as_string().c_str(), "R\\xF6ntgen/m.csv"));
}

TEST_CASE("inspect: a contact sheet shows images, boxes and mask outlines", "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 9);
    cv::Mat grey(40, 40, CV_8U, cv::Scalar(128));
    grey(cv::Rect(0, 0, 5, 5)).setTo(120); // an image of a single value would not be prepared
    for (const ImageEntry& image : index.images) write_image(image.file, grey);
    prepare(index, {32, 1, false}, folder / "plain");
    index.boxes = {{4, 0, 5, 5, 20, 20}};
    prepare(index, {32, 1, false}, folder / "boxes");
    index.boxes.clear();
    index.mask_names = {"Nodule"};
    cv::Mat mask(40, 40, CV_8U, cv::Scalar(0));
    cv::circle(mask, {20, 20}, 9, cv::Scalar(255), -1);
    write_image(folder / "mask.png", mask);
    for (ImageEntry& image : index.images) image.masks = {Mask{{folder / "mask.png"}, {}, {}}};
    prepare(index, {32, 1, false}, folder / "masks");
    const auto coloured = [&](const char* name) { // pixels that are not grey
        contact_sheet(PreparedDataset(folder / name), 9, folder / "sheet.png");
        const cv::Mat sheet = cv::imread((folder / "sheet.png").string(), cv::IMREAD_COLOR);
        REQUIRE(!sheet.empty());
        cv::Mat parts[3], low, high;
        cv::split(sheet, parts);
        cv::min(cv::min(parts[0], parts[1]), parts[2], low);
        cv::max(cv::max(parts[0], parts[1]), parts[2], high);
        return cv::countNonZero(high - low > 40);
    };
    const int plain = coloured("plain"); // finding names
    CHECK(plain > 0);
    CHECK(coloured("boxes") > plain + 300);
    CHECK(coloured("masks") > plain + 9 * 200);
    CHECK_THROWS_AS(contact_sheet(PreparedDataset(folder / "plain"), 0, folder / "none.png"), UserError);
}

TEST_CASE("inspect: a sheet of more images than exist shows each once", "[unit]") {
    const TempFolder folder;
    prepare(small_dataset(folder, 5), {16, 1, false}, folder / "out");
    contact_sheet(PreparedDataset(folder / "out"), 500, folder / "many.png");
    contact_sheet(PreparedDataset(folder / "out"), 5, folder / "five.png");
    CHECK(read_text(folder / "many.png") == read_text(folder / "five.png"));
}

TEST_CASE("inspect: a sheet reaches every image, whatever the number of classes", "[unit]") {
    const TempFolder folder;
    for (const std::size_t classes : {1, 2, 4, 7}) {
        auto index = small_dataset(folder, 9);
        index.classes.resize(classes);
        for (std::size_t c = 0; c < classes; ++c) index.classes[c] = "class " + std::to_string(c);
        for (ImageEntry& image : index.images) image.labels.resize(classes, 0);
        prepare(index, {16, 1, false}, folder / "out");
        contact_sheet(PreparedDataset(folder / "out"), 9, folder / "sheet.png"); // would not end if it missed one
        CHECK(!cv::imread((folder / "sheet.png").string()).empty());
    }
}

TEST_CASE("inspect: masks without a class have a colour each", "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 4);
    index.mask_names = {"heart", "lung"};
    for (ImageEntry& image : index.images) image.masks.resize(2);
    const auto sheet = [&](std::size_t mask) { // the same area under one name or the other
        DatasetIndex drawn = index;
        for (ImageEntry& image : drawn.images) image.masks[mask].areas = {{5, 5, 20, 20}};
        prepare(drawn, {32, 1, false}, folder / "out");
        contact_sheet(PreparedDataset(folder / "out"), 4, folder / "sheet.png");
        return read_text(folder / "sheet.png");
    };
    CHECK(sheet(0) != sheet(1));
    CHECK(sheet(0) == sheet(0));
}
