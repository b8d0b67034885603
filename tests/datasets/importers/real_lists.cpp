#include "tests/support/whole_dataset.h"

#include "datasets/import.h"
#include "datasets/importers/rsna.h"
#include "datasets/importers/vinbig/vinbig.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"
#include "datasets/text/text_file.h"

#include <fmt/ranges.h>

#include <array>

using namespace mlvicx;

namespace {

using Counts = std::array<std::int64_t, 3>; ///< training, validation, test

Counts counts_of(const DatasetIndex& index) {
    Counts counts{};
    for (const ImageEntry& image : index.images) ++counts[static_cast<std::size_t>(image.split)];
    return counts;
}

fs::path benchx(const std::string& dataset) {
    return real_data("published_lists/benchx") / dataset;
}

ImportOptions with_lists(const std::string& importer, const fs::path& root, const fs::path& lists) {
    ImportOptions options;
    options.importer = importer;
    options.root = root;
    options.size = 8;
    options.split.kind = "lists";
    options.split.train_list = lists / "train.txt";
    options.split.validation_list = lists / "val.txt";
    options.split.test_list = lists / "test.txt";
    return options;
}

void write_lines(const fs::path& file, std::string text, const std::vector<std::string>& names,
                 const std::string& rest) {
    for (const auto& name : names) text += name + rest + '\n';
    put(file, text);
}

} // namespace

TEST_CASE("lists: BenchX's and CoBooM's split the complete NIH tables into the published numbers", "[real]") {
    if (real_data("published_lists").empty()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const WholeDataset data(real_data("metadata/nih"), "Data_Entry_2017_v2020.csv", "");
    auto options = with_lists("nih", data.path, benchx("NIH_Chest_Xray"));
    options.images = data.images();
    CHECK(counts_of(import_dataset(options)) == Counts{78468, 11219, 22433});
    const fs::path coboom = real_data("published_lists/coboom");
    options.split.train_list = data / "train_val_list.derived.txt";
    options.split.validation_list.clear();
    options.split.validation = 0;
    options.split.test_list = coboom / "test.txt";
    CHECK(counts_of(import_dataset(options)) == Counts{86524, 0, 25596});
    options.split.train_list = coboom / "label_1.txt";
    CHECK(counts_of(import_dataset(options)) == Counts{865, 0, 25596});
    // The lists that are named official there leak when they are combined with the official test list.
    options.split.train_list = coboom / "pretrain_named_official_train.txt";
    CHECK(contains(user_error_of([&] { import_dataset(options); }), "17920 images are in both"));
    options.split.test_list = coboom / "pretrain_named_official_test.txt";
    options.split.validation_list = coboom / "pretrain_named_official_val.txt";
    CHECK(contains(user_error_of([&] { import_dataset(options); }), "list the same 11219 images for validation and"));
    options.split.validation_list.clear();
    CHECK(counts_of(import_dataset(options)) == Counts{78468, 0, 11219});
}

TEST_CASE("lists: BenchX's split the complete RSNA tables into the published numbers", "[real]") {
    if (real_data("published_lists").empty()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const WholeDataset data(real_data("metadata/rsna"), "stage_2_train_labels.csv", ".png");
    auto options = with_lists("rsna", data.path, benchx("RSNA"));
    options.images = data.images();
    CHECK(counts_of(import_dataset(options)) == Counts{18678, 4003, 4003});
}

TEST_CASE("lists: BenchX's split SIIM's PNG copy by its file names into the published numbers", "[real]") {
    if (real_data("published_lists").empty()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const TempFolder folder; // the names hold split and label: the tables follow from them
    fs::create_directories(folder / "png_images");
    fs::create_directories(folder / "png_masks");
    write_image(folder / "image.png", test_image(64, 64));
    std::string train = "new_filename,ImageId,has_pneumo\n", test = train;
    for (const std::string list : {"train", "val", "test"})
        for (const auto& name : read_names(benchx("SIIM") / (list + ".txt"))) {
            const bool positive = name.ends_with("_1_");
            (list == "test" ? test : train) += fmt::format("{0}.png,1.2.{1}.{2},{3}\n", name, list == "test",
                                                           name.substr(0, name.find('_')), positive ? 1 : 0);
            fs::create_symlink(folder / "image.png", folder / "png_images" / (name + ".png"));
            if (positive) fs::create_symlink(folder / "image.png", folder / "png_masks" / (name + ".png"));
        }
    put(folder / "stage_1_train_images.csv", train);
    put(folder / "stage_1_test_images.csv", test);
    CHECK(counts_of(import_dataset(with_lists("siim", folder.path, benchx("SIIM")))) == Counts{9303, 1372, 1372});
}

TEST_CASE("lists: BenchX's split VinBig's images by PhysioNet's ids into the published numbers", "[real]") {
    if (real_data("published_lists").empty()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const WholeDataset kaggle(real_data("metadata/vinbig"), "train.csv", ".png");
    auto options = with_lists("vinbig", kaggle.path, benchx("VinDr_CXR"));
    options.images = kaggle.images();
    CHECK(contains(user_error_of([&] { import_dataset(options); }), "3000 of 3000 listed images are not in"));
    // PhysioNet's tables: Kaggle's training images, and labels for the test images.
    const TempFolder folder;
    std::set<std::string> ids;
    const std::string table = read_text(kaggle / "train.csv");
    for (auto at = table.find('\n'); at + 1 < table.size(); at = table.find('\n', at + 1))
        ids.insert(table.substr(at + 1, 32));
    CHECK(ids.size() == 15000);
    write_lines(folder / "image_labels_train.csv", "image_id,rad_id,Mass,No finding\n", {ids.begin(), ids.end()},
                ",R1,0,1");
    const auto tested = read_names(benchx("VinDr_CXR") / "test.txt");
    write_lines(folder / "image_labels_test.csv", "image_id,Mass,No finding\n", tested, ",0,1");
    fs::create_directory(folder / "images");
    for (const auto& id : ids) fs::create_symlink(kaggle / "image.png", folder / "images" / (id + ".png"));
    for (const auto& id : tested) fs::create_symlink(kaggle / "image.png", folder / "images" / (id + ".png"));
    options.root = folder.path;
    options.images.clear();
    CHECK(counts_of(import_dataset(options)) == Counts{12000, 3000, 3000});
}
