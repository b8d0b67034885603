#include "tests/support/whole_dataset.h"

#include "datasets/decode/mask.h"
#include "datasets/importers/nih.h"
#include "datasets/importers/rsna.h"
#include "datasets/importers/siim.h"
#include "datasets/importers/vinbig/vinbig.h"
#include "datasets/inspect.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"

#include <chrono>
#include <functional>

using namespace mlvicx;

namespace {

struct RsnaSource : SourceOptions, RsnaOptions {};
DatasetIndex read_rsna(const RsnaSource& options) {
    return read_rsna(options, options);
}

struct VinbigSource : SourceOptions, VinbigOptions {};
DatasetIndex read_vinbig(const VinbigSource& options) {
    return read_vinbig(options, options);
}

template <typename Options> Options options_of(const WholeDataset& data) {
    Options options;
    options.root = data.path;
    options.images = data.images();
    options.split.kind = "patient";
    return options;
}

double seconds_of(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The output of `inspect` for the index prepared with phantom pixels; every sentence must be there.
void check_inspection(const DatasetIndex& index, const TempFolder& folder, const std::vector<std::string>& sentences) {
    prepare(index, {8, 0, false}, folder / "out");
    const PreparedDataset dataset(folder / "out");
    const std::string text = describe(dataset);
    for (const auto& sentence : sentences) {
        INFO(sentence << " in\n" << text);
        CHECK(contains(text, sentence));
    }
}

fs::path metadata(const std::string& dataset) {
    return real_data(fs::path("metadata") / dataset);
}

std::int64_t count(const DatasetIndex& index, Split split) {
    return std::count_if(index.images.begin(), index.images.end(),
                         [&](const ImageEntry& image) { return image.split == split; });
}

} // namespace

TEST_CASE("nih: inspect finds the published numbers in the complete tables", "[real]") {
    if (metadata("nih").empty()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const WholeDataset data(metadata("nih"), "Data_Entry_2017_v2020.csv", "");
    for (const std::string name : {"train_val_list", "test_list"})
        fs::rename(data / (name + ".derived.txt"), data / (name + ".txt"));
    SourceOptions options;
    options.root = data.path;
    options.images = data.images();
    check_inspection(read_nih(options), data,
                     {"112120 of 8 x 8 pixels", "112120 images, as published", "30805 patients, as published"});
}

TEST_CASE("rsna: inspect finds the published numbers in the complete tables", "[real]") {
    if (metadata("rsna").empty()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const WholeDataset data(metadata("rsna"), "stage_2_train_labels.csv", ".png");
    auto options = options_of<RsnaSource>(data);
    const auto index = read_rsna(options);
    CHECK(index.boxes.size() == 9555); // rows of positive images: 30,227 minus the 20,672 negative ones
    CHECK(std::abs(static_cast<double>(count(index, Split::test)) - 0.2 * 26684) < 400);
    check_inspection(index, data, {"26684 images, as published", "6012 positive images, as published"});
    options.classes = "detailed";
    const auto detailed = read_rsna(options);
    std::vector<std::int64_t> images(3);
    for (const ImageEntry& image : detailed.images)
        for (std::size_t c = 0; c < 3; ++c) images[c] += image.labels[c] == 1;
    CHECK(images == std::vector<std::int64_t>{8851, 11821, 6012}); // published
}

TEST_CASE("siim: inspect finds the published numbers, and every mask is inside its image", "[real]") {
    if (metadata("siim").empty()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const WholeDataset data(metadata("siim"), "siim-pneumothorax-train-rle.csv", ".png");
    const auto index = read_siim(options_of<SourceOptions>(data)); // refuses codes that exceed the image
    std::uint32_t largest = 0;
    for (const ImageEntry& image : index.images)
        for (const Run& run : image.masks[0].runs) largest = std::max(largest, run.first + run.length);
    CHECK(largest == 1021949); // counted by an independent script
    check_inspection(index, data,
                     {"12047 images, as published", "2669 positive images, as published",
                      "624 images with more than one mask, as published", "Masks        Pneumothorax"});
    for (const ImageEntry& image : index.images)
        if (!image.masks[0].empty() || image.labels[0] == 1)
            CHECK((cv::countNonZero(draw_mask(image.masks[0], image.frame)) > 0) == (image.labels[0] == 1));
}

TEST_CASE("vinbig: inspect finds the published numbers by any, the majority and all readers", "[real]") {
    if (metadata("vinbig").empty()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const WholeDataset data(metadata("vinbig"), "train.csv", ".png");
    auto options = options_of<VinbigSource>(data);
    const auto images_with = [](const DatasetIndex& index) {
        std::vector<std::int64_t> images(index.classes.size() + 1); // the last one: none
        for (const ImageEntry& image : index.images) {
            bool any = false;
            for (std::size_t c = 0; c < image.labels.size(); ++c)
                images[c] += image.labels[c] == 1, any |= image.labels[c] == 1;
            images.back() += !any;
        }
        return images;
    };
    // Counted from the table by a short script; Atelectasis, Pneumothorax and Aortic enlargement are published.
    using Images = std::vector<std::int64_t>;
    options.readers = "any";
    CHECK(images_with(read_vinbig(options)) ==
          Images{3067, 186, 452, 2300, 353, 386, 613, 1322, 826, 1134, 1032, 1981, 96, 1617, 10606});
    options.readers = "majority"; // leaves 42 abnormal images without a finding
    CHECK(images_with(read_vinbig(options)) ==
          Images{2346, 62, 177, 1817, 121, 152, 245, 547, 405, 362, 634, 882, 58, 1017, 10606 + 42});
    options.readers = "unanimous";
    const auto index = read_vinbig(options);
    const auto all = images_with(index);
    CHECK(Images(all.begin(), all.end() - 1) ==
          Images{1744, 18, 57, 1297, 31, 71, 91, 167, 181, 127, 439, 365, 45, 633});
    std::string sizes = "image_id,dim0,dim1\n"; // the originals' sizes are not in the table
    for (const ImageEntry& image : index.images) sizes += image.id + ",4000,4000\n";
    put(data / "train_meta.csv", sizes);
    check_inspection(read_vinbig(options), data,
                     {"15000 images, as published", "18 images with Atelectasis, as published",
                      "45 images with Pneumothorax, as published",
                      "1744 images with Aortic enlargement, as published"});
}

TEST_CASE("rsna, siim, vinbig: the complete tables are read and split within seconds", "[real]") {
    if (metadata("rsna").empty()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const WholeDataset rsna(metadata("rsna"), "stage_2_train_labels.csv", ".dcm");
    const WholeDataset siim(metadata("siim"), "siim-pneumothorax-train-rle.csv", ".dcm");
    const WholeDataset vinbig(metadata("vinbig"), "train.csv", ".dicom");
    const double seconds = seconds_of([&] {
        read_rsna(options_of<RsnaSource>(rsna));
        read_siim(options_of<SourceOptions>(siim));
        read_vinbig(options_of<VinbigSource>(vinbig));
    });
    CHECK(seconds < 5);
}

TEST_CASE("a modified complete table is reported with what was expected and found", "[real]") {
    if (metadata("siim").empty()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const WholeDataset data(metadata("siim"), "siim-pneumothorax-train-rle.csv", ".png");
    edit(data / "siim-pneumothorax-train-rle.csv", "1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819,-1",
         "1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819,5 1");
    const auto index = read_siim(options_of<SourceOptions>(data));
    const auto& sentences = index.provenance.at("published").as_array();
    REQUIRE(sentences.size() == 3);
    CHECK(sentences[1] == "2670 positive images, but 2669 were published");
}
