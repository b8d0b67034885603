#include "tests/support/datasets_support.h"

#include "datasets/decode/mask.h"
#include "datasets/decode/mask_file.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"

#include <opencv2/imgproc.hpp>

using namespace mlvicx;

namespace {

const fs::path made = fs::path(MLVICX_TEST_DATA) / "images";

/// A disc in 40 x 32 pixels, 0 or 1.
cv::Mat1b disc() {
    cv::Mat1b mask = cv::Mat1b::zeros(32, 40);
    cv::circle(mask, {17, 14}, 9, 1, cv::FILLED);
    return mask;
}

/// The disc with these values for background and mask.
cv::Mat disc_of(int type, double background, double mask) {
    cv::Mat result(disc().size(), type, cv::Scalar(background));
    result.setTo(mask, disc());
    return result;
}

cv::Mat merged(const std::vector<cv::Mat>& planes) {
    cv::Mat result;
    cv::merge(planes, result);
    return result;
}

struct Read {
    cv::Mat1b mask;
    Notes notes;

    explicit Read(const fs::path& file) { mask = read_mask(file, notes); }
    explicit Read(const std::vector<std::uint8_t>& bytes) {
        const TempFolder folder;
        write_bytes(folder / "mask", bytes);
        mask = read_mask(folder / "mask", notes);
    }
    explicit Read(const cv::Mat& pixels) : Read(encoded(pixels, ".png")) {}
    bool is(const cv::Mat1b& expected) const {
        return mask.size() == expected.size() && cv::countNonZero(mask != (expected > 0)) == 0;
    }
    bool says(const std::string& kind) const { return notes.size() == 1 && contains(notes[0].kind, kind); }
};

} // namespace

TEST_CASE("mask file: with two values, everything that is not 0 is mask, at any depth", "[unit]") {
    for (const double value : {1.0, 2.0, 127.0, 255.0}) {
        const Read read(disc_of(CV_8U, 0, value));
        CHECK(read.is(disc()));
        CHECK(read.notes.empty());
    }
    for (const double value : {1.0, 127.0, 256.0, 65535.0}) {
        const Read read(disc_of(CV_16U, 0, value));
        CHECK(read.is(disc()));
        CHECK(read.notes.empty());
    }
}

TEST_CASE("mask file: one colour is enough", "[unit]") {
    const cv::Mat none = cv::Mat1b::zeros(32, 40), one = disc();
    for (const auto& planes : {std::vector<cv::Mat>{one, none, none}, {none, one, none}, {none, none, one}}) {
        const Read read(merged(planes));
        CHECK(read.is(disc()));
        CHECK(read.notes.empty());
    }
    const Read deep(merged({cv::Mat(cv::Mat::zeros(32, 40, CV_16U)), disc_of(CV_16U, 0, 1), disc_of(CV_16U, 0, 0)}));
    CHECK(deep.is(disc()));
    // In red on blue, neither is the background.
    const cv::Mat red_on_blue = merged({disc_of(CV_8U, 255, 0), none, disc_of(CV_8U, 0, 255)});
    CHECK(contains(user_error_of([&] { Read{red_on_blue}; }), "equally bright colours, expected a black background"));
}

TEST_CASE("mask file: alpha is the mask if the colour is uniform, and it is reported if it is not used", "[unit]") {
    for (const double colour : {0.0, 255.0, 9.0}) {
        const cv::Mat plane(32, 40, CV_8U, cv::Scalar(colour));
        const Read read(merged({plane, plane, plane, disc_of(CV_8U, 0, 255)}));
        CHECK(read.is(disc()));
        CHECK(read.says("alpha channel because their colour is uniform"));
    }
    const cv::Mat white = disc_of(CV_8U, 0, 255), opaque(32, 40, CV_8U, cv::Scalar(255));
    CHECK(Read(merged({white, white, white, opaque})).notes.empty());
    CHECK(Read(merged({white, white, white, white})).notes.empty()); // agrees
    const Read read(merged({white, white, white, disc_of(CV_8U, 255, 0)}));
    CHECK(read.is(disc()));
    CHECK(read.says("alpha channel differs from their colours"));
}

TEST_CASE("mask file: a palette's colours are the mask, or its indices if all colours are the same", "[reference]") {
    // Written by Pillow (see the folder's README); 8 x 6 pixels, index 1 where (x + y) % 3 == 0, else 0.
    cv::Mat1b expected(6, 8);
    for (int y = 0; y < 6; ++y)
        for (int x = 0; x < 8; ++x) expected(y, x) = (x + y) % 3 == 0;
    const Read black(made / "palette_black.png");
    CHECK(black.is(expected));
    CHECK(black.says("palette indices"));
    const Read white_first(made / "palette_white_first.png"); // index 0 is white, 1 black
    CHECK(white_first.is(expected == 0));
    CHECK(white_first.notes.empty());
}

TEST_CASE("mask file: more than two values are thresholded at half the file's maximum", "[unit]") {
    const cv::Mat mask = disc_of(CV_8U, 0, 200);
    cv::Mat smooth;
    cv::GaussianBlur(mask, smooth, {0, 0}, 1.5);
    double highest = 0;
    cv::minMaxIdx(smooth, nullptr, &highest);
    const Read read(smooth);
    CHECK(read.is(smooth * 2 >= highest));
    CHECK(read.says("more than two values, thresholded at half the file's maximum"));
    CHECK(std::abs(cv::countNonZero(read.mask) - cv::countNonZero(disc())) < 10);
    for (const int quality : {60, 75, 95}) {
        std::vector<std::uint8_t> bytes;
        cv::imencode(".jpg", disc_of(CV_8U, 0, 255), bytes, {cv::IMWRITE_JPEG_QUALITY, quality});
        const Read lossy(bytes);
        CHECK(cv::countNonZero(lossy.mask != (disc() > 0)) <= 6); // of 253
        CHECK(lossy.says("more than two values"));
    }
    const cv::Mat labels = (cv::Mat_<std::uint8_t>(1, 4) << 0, 1, 2, 3);
    CHECK(Read(labels).is((cv::Mat_<std::uint8_t>(1, 4) << 0, 0, 1, 1)));
}

TEST_CASE("mask file: a grey background is not mask, and a file of a single value is all or nothing", "[unit]") {
    const Read grey(disc_of(CV_8U, 128, 255));
    CHECK(grey.is(disc()));
    CHECK(grey.says("background is not 0"));
    const cv::Mat1b all(32, 40, std::uint8_t{1});
    CHECK(Read(disc_of(CV_8U, 255, 255)).is(all));
    CHECK(Read(disc_of(CV_8U, 1, 1)).is(all));
    CHECK(Read(disc_of(CV_8U, 254, 255)).is(all)); // white after lossy coding
    CHECK(Read(disc_of(CV_8U, 0, 0)).is(all == 0));
}

TEST_CASE("mask file: EXIF rotates a mask as it rotates its image", "[unit]") {
    // orientation 6: a quarter turn clockwise
    const std::vector<std::uint8_t> exif = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0,
                                            3,   0,   0, 0,  1, 0, 6, 0, 0, 0, 0, 0,    0};
    cv::Mat turned;
    cv::rotate(disc(), turned, cv::ROTATE_90_CLOCKWISE);
    CHECK(Read(with_chunk(encoded(disc(), ".png"), "eXIf", exif)).is(turned));
}

TEST_CASE("masks: a shape other than the image's is refused with both sizes, rounding of a resized copy is not",
          "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 2);
    index.mask_names = {"heart"};
    for (ImageEntry& image : index.images) image.masks.resize(1);
    index.images[1].masks[0].files = {folder / "mask.png"};
    const auto fits = [&](cv::Size image, cv::Size mask) {
        write_image(index.images[1].file, test_image(image.width, image.height));
        write_image(folder / "mask.png", test_image(mask.width, mask.height) > 99);
        try {
            prepare(index, {16, 1, false}, folder / "out");
            return true;
        } catch (const UserError& error) {
            CHECK(contains(error.what(), fmt::format("mask.png: the mask has {} x {} pixels, the image {} x {}",
                                                     mask.width, mask.height, image.width, image.height)));
            return false;
        }
    };
    CHECK(fits({64, 64}, {64, 64}));
    CHECK(fits({64, 64}, {256, 256}));
    CHECK(fits({200, 167}, {100, 84})); // 83.5, rounded up
    CHECK(fits({200, 167}, {100, 83}));
    CHECK(fits({101, 85}, {303, 253}));
    CHECK_FALSE(fits({64, 64}, {48, 64}));
    CHECK_FALSE(fits({200, 160}, {160, 200}));
    CHECK_FALSE(fits({200, 167}, {100, 100}));
    CHECK_FALSE(fits({100, 100}, {200, 167}));
}

TEST_CASE("masks: disagreement of mask and label, and masks lost at the prepared size, are counted", "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 5);
    index.classes = {"Nodule", "Mass"};
    index.mask_names = {"nodule", "lung"}; // the first belongs to the class Nodule
    cv::Mat1b small = cv::Mat1b::zeros(40, 40), large(40, 40, std::uint8_t{0});
    write_image(folder / "none.png", small);
    small(3, 3) = 255;
    large(cv::Rect(5, 5, 20, 20)).setTo(255);
    write_image(folder / "small.png", small);
    write_image(folder / "large.png", large);
    write_image(folder / "all.png", cv::Mat1b(40, 40, std::uint8_t{1}));
    const auto set = [&](std::size_t i, int label, const char* nodule, const char* lung) {
        index.images[i].labels = {static_cast<std::int8_t>(label), 0};
        index.images[i].masks.assign(2, {});
        if (*nodule != 0) index.images[i].masks[0].files = {folder / nodule};
        if (*lung != 0) index.images[i].masks[1].files = {folder / lung};
    };
    set(0, 1, "large.png", "large.png");
    set(1, 1, "", "all.png");
    set(2, 1, "none.png", "none.png");
    set(3, 0, "large.png", "");
    set(4, 0, "none.png", "small.png");
    prepare(index, {10, 1, false}, folder / "out");
    const auto notes = PreparedDataset(folder / "out").provenance().at("prepared").at("notes");
    const auto only = [](const char* id) { return json::value({{"count", 1}, {"first", {id}}}); };
    CHECK(notes.as_object().size() == 6);
    CHECK(notes.at("masks that cover the whole image") == only("image1.png"));
    CHECK(notes.at("images without a mask although the label is 1") == only("image1.png"));
    CHECK(notes.at("empty masks although the label is 1") == only("image2.png"));
    CHECK(notes.at("empty masks") == only("image2.png"));
    CHECK(notes.at("non-empty masks although the label is 0") == only("image3.png"));
    CHECK(notes.at("masks too small for 10 x 10 pixels, empty there") == only("image4.png"));
}

TEST_CASE("masks: a mask belongs to the class of its name, or the only mask to the only class", "[unit]") {
    DatasetIndex index;
    using Places = std::vector<std::optional<std::size_t>>;
    index.classes = {"Mass", "mass", "Lung"};
    index.mask_names = {"mass", "LUNG", "heart", "mask"};
    CHECK(classes_of_masks(index) == Places{1, 2, std::nullopt, std::nullopt});
    index.mask_names = {"mask"};
    CHECK(classes_of_masks(index) == Places{std::nullopt}); // ambiguous: there are three
    index.classes = {"Pneumothorax"};
    CHECK(classes_of_masks(index) == Places{0});
}
