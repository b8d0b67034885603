#include "tests/support/datasets_support.h"

#include "datasets/decode/mask.h"
#include "datasets/importers/siim.h"

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

using namespace mlvicx;

namespace {

const std::string uid = "1.2.276.0.7230010.3.1.4.8323329.";
const std::string healthy = uid + "6904.1517875201.850819", blank = uid + "11028.1517875229.983789",
                  three = uid + "4298.1517875182.165414", two = uid + "4588.1517875183.632318",
                  one = uid + "31952.1517875157.662284";

/// The table with (unread) images in the original's nested folders.
struct SiimFolder : TempFolder {
    SiimFolder() {
        fs::copy(fs::path(MLVICX_TEST_DATA) / "siim" / "train-rle.csv", path / "train-rle.csv");
        for (const auto& id : {healthy, blank, three, two, one}) {
            const fs::path folder = path / "dicom-images-train" / (id + ".1") / (id + ".2");
            fs::create_directories(folder);
            put(folder / (id + ".dcm"), "x");
        }
    }
    fs::path table() const { return path / "train-rle.csv"; }
    SourceOptions options() const {
        SourceOptions o;
        o.root = path;
        o.split.kind = "patient";
        return o;
    }
    DatasetIndex read() const { return read_siim(options()); }
    std::string message() const {
        return user_error_of([&] { read(); });
    }
};

} // namespace

TEST_CASE("siim: rows become images, with the union of their codes as the mask", "[reference]") {
    const SiimFolder folder;
    const auto index = folder.read();
    REQUIRE(index.images.size() == 5);
    CHECK(index.classes == std::vector<std::string>{"Pneumothorax"});
    CHECK(index.mask_names == index.classes);
    for (const auto& id : {healthy, blank}) {
        CHECK(findings_of(index, id).empty());
        CHECK(image_of(index, id).masks[0].empty());
    }
    const auto check = [&](const std::string& id, int area, const cv::Rect& extent) {
        INFO(id);
        CHECK(findings_of(index, id).size() == 1);
        const ImageEntry& image = image_of(index, id);
        CHECK(image.patient == id);
        CHECK(image.file.filename() == id + ".dcm");
        const cv::Mat1b mask = draw_mask(image.masks[0], image.frame);
        CHECK(mask.size() == cv::Size(1024, 1024));
        CHECK(cv::countNonZero(mask) == area);
        CHECK(cv::boundingRect(mask) == extent);
    };
    check(one, 219, {849, 658, 10, 36});
    check(two, 1945, {471, 213, 164, 123});
    check(three, 4402, {193, 89, 262, 560});
}

TEST_CASE("siim: images are found at any depth or elsewhere, and two of one name are refused", "[unit]") {
    const SiimFolder folder;
    const TempFolder tables;
    fs::rename(folder.table(), tables / "stage_2_train.csv");
    auto options = folder.options();
    options.metadata = tables.path;
    CHECK(read_siim(options).images.size() == 5);
    fs::create_directories(folder / "png" / "masks");
    put(folder / "png" / (two + ".png"), "x");
    const auto text = user_error_of([&] { read_siim(options); });
    CHECK(contains(text, "image " + two + " exists twice, as "));
    CHECK(contains(text, "--images"));
    options.images = folder / "dicom-images-train";
    CHECK(read_siim(options).images.size() == 5);
    fs::remove_all(folder / "dicom-images-train" / (one + ".1"));
    CHECK(contains(user_error_of([&] { read_siim(options); }), "1 of 5 images are missing, first " + one));
    options.allow_missing = true;
    CHECK(read_siim(options).images.size() == 4);
}

TEST_CASE("siim: rows that contradict themselves are named with file and row", "[unit]") {
    {
        const SiimFolder folder;
        edit(folder.table(), blank + ", -1", blank + ",");
        CHECK(contains(folder.message(), "has no EncodedPixels"));
    }
    {
        const SiimFolder folder;
        put(folder.table(), read_text(folder.table()) + three + ", -1\n");
        CHECK(contains(folder.message(), "row 10: repeated image " + three));
    }
    {
        const SiimFolder folder;
        put(folder.table(), read_text(folder.table()) + healthy + ",5 1\n");
        CHECK(contains(folder.message(), "row 10: repeated image " + healthy));
    }
    {
        const SiimFolder folder;
        edit(folder.table(), ",221657 5 1011", ",1048577 5 1011");
        CHECK(contains(folder.message(), "train-rle.csv, row 4: run 1 (start 1048577"));
        edit(folder.table(), ",1048577 5 1011", ",5 1011");
        CHECK(contains(folder.message(), "row 4: the run-length code has "));
        edit(folder.table(), ",5 1011", ",-2 5 1011");
        CHECK(contains(folder.message(), "row 4: the run-length code contains \"-2\""));
    }
    {
        const SiimFolder folder;
        edit(folder.table(), "EncodedPixels", "Pixels");
        CHECK(contains(folder.message(), "has no column \"EncodedPixels\"; found: ImageId, Pixels"));
        put(folder.table(), "ImageId, EncodedPixels\n");
        CHECK(contains(folder.message(), "has no images"));
        fs::copy(folder.table(), folder / "stage_2_train.csv");
        CHECK(contains(folder.message(), "found train-rle.csv, stage_2_train.csv"));
    }
    const SiimFolder folder;
    auto options = folder.options();
    options.split.kind = "official";
    CHECK(contains(user_error_of([&] { read_siim(options); }), "SIIM's table of codes publishes no split"));
}

namespace {

/// The layout of today's download, with readable images: four for training, two for test.
struct PngFolder : TempFolder {
    PngFolder() {
        fs::create_directories(path / "png_images");
        fs::create_directories(path / "png_masks");
        const std::string header = "new_filename,ImageId,has_pneumo\r\n";
        std::string train = header, test = header;
        for (int i = 0; i < 6; ++i) {
            const bool tested = i >= 4, present = i % 2 == 1;
            const std::string name = fmt::format("{}_{}_{}_.png", i, tested ? "test" : "train", present ? 1 : 0);
            write_image(path / "png_images" / name, test_image(32, 32, i));
            cv::Mat mask(32, 32, CV_8U, cv::Scalar(0));
            if (present) mask(cv::Rect(i, 2, 10, 8)).setTo(255);
            write_image(path / "png_masks" / name, mask);
            (tested ? test : train) += fmt::format("{},{}{},{}\r\n", name, uid, i, present ? 1 : 0);
        }
        put(path / "stage_1_train_images.csv", train);
        put(path / "stage_1_test_images.csv", test);
    }
    SourceOptions options(const std::string& kind = "official") const {
        SourceOptions o;
        o.root = path;
        o.split.kind = kind;
        o.split.validation = 0;
        return o;
    }
    std::string message(const std::string& kind = "official") const {
        return user_error_of([&] { read_siim(options(kind)); });
    }
};

} // namespace

TEST_CASE("siim: today's download gives images by ImageId, masks from files and its own test split", "[unit]") {
    const PngFolder folder;
    const auto index = read_siim(folder.options());
    REQUIRE(index.images.size() == 6);
    for (int i = 0; i < 6; ++i) {
        const std::string id = uid + std::to_string(i);
        const ImageEntry& image = image_of(index, id);
        CHECK(image.split == (i < 4 ? Split::train : Split::test));
        CHECK(image.labels[0] == i % 2);
        CHECK(image.file.parent_path() == folder / "png_images");
        const cv::Mat1b mask = draw_mask(image.masks[0], {32, 32});
        CHECK(cv::countNonZero(mask) == (i % 2 == 1 ? 80 : 0));
        if (i % 2 == 1) CHECK(cv::boundingRect(mask) == cv::Rect(i, 2, 10, 8));
    }
    CHECK(read_siim(folder.options("patient")).images.size() == 6);
    // In the archive's own folder, or with images elsewhere.
    const TempFolder above;
    fs::create_directory(above / "siim-acr-pneumothorax");
    for (const auto& name : {"png_images", "png_masks", "stage_1_train_images.csv", "stage_1_test_images.csv"})
        fs::rename(folder / name, above / "siim-acr-pneumothorax" / name);
    auto options = folder.options();
    options.root = above.path;
    CHECK(read_siim(options).images.size() == 6);
    options.images = above / "siim-acr-pneumothorax" / "png_images" / "";
    CHECK(read_siim(options).images.size() == 6);
}

TEST_CASE("siim: gaps and contradictions in today's download are named", "[unit]") {
    {
        const PngFolder folder;
        fs::remove(folder / "stage_1_test_images.csv");
        CHECK(contains(folder.message(), "has no stage_1_test_images.csv"));
        CHECK(contains(folder.message(), "--split patient"));
        CHECK(read_siim(folder.options("patient")).images.size() == 4);
    }
    {
        const PngFolder folder;
        fs::remove(folder / "png_masks" / "1_train_1_.png");
        fs::remove(folder / "png_masks" / "2_train_0_.png"); // an image without pneumothorax needs none
        CHECK(contains(folder.message(), "1 of 5 masks are missing, first of " + uid + "1; tried "));
        CHECK(contains(folder.message(), (folder / "png_masks" / "1_train_1_.png").string()));
    }
    const PngFolder folder;
    edit(folder / "stage_1_train_images.csv", uid + "1,1", uid + "1,0");
    CHECK(contains(folder.message(), "stage_1_train_images.csv, row 3: 1_train_1_.png names another split or"));
    edit(folder / "stage_1_train_images.csv", uid + "1,0", uid + "1,yes");
    CHECK(contains(folder.message(), "row 3: has_pneumo is \"yes\", expected 0 or 1"));
    edit(folder / "stage_1_train_images.csv", uid + "1,yes", uid + "0,1");
    CHECK(contains(folder.message(), "duplicate image " + uid + "0"));
}
