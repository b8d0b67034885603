#include "tests/support/datasets_support.h"

#include "datasets/import.h"
#include "datasets/importers/manifest.h"
#include "datasets/importers/published.h"
#include "datasets/phantom/phantom.h"
#include "datasets/source_record.h"

#include <fmt/format.h>

using namespace mlvicx;

namespace {

/// Six images of 32 pixels with a mask for the first one, as manifest m.csv; returns the options to import it.
ImportOptions small_manifest(const TempFolder& folder) {
    std::string csv = "path,Mass,mask\n";
    for (int i = 0; i < 6; ++i) {
        write_image(folder / fmt::format("{}.png", i), test_image(32, 32, i));
        csv += fmt::format("{}.png,{},{}\n", i, i % 2, i == 0 ? "mask.png" : "");
    }
    cv::Mat mask(32, 32, CV_8U, cv::Scalar(0));
    mask(cv::Rect(4, 4, 9, 9)) = 255;
    write_image(folder / "mask.png", mask);
    put(folder / "m.csv", csv);
    ImportOptions options;
    options.importer = "manifest";
    options.own<ManifestOptions>().file = (folder / "m.csv").string();
    options.split.kind = "patient";
    options.size = 32;
    return options;
}

void touch(const fs::path& file) {
    fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(7));
}

} // namespace

TEST_CASE("sources: a changed table, image or mask is noticed and named", "[unit]") {
    const TempFolder folder;
    const auto options = small_manifest(folder);
    const fs::path file = folder / "p.safetensors";
    const auto fingerprint = prepare_dataset(options, file, 1).fingerprint;
    const auto changed = [&] { return changed_sources(PreparedDataset(file), options, 1); };
    CHECK(changed().empty());
    CHECK(changed_tables(PreparedDataset(file)).empty());

    touch(folder / "3.png");
    CHECK(changed() == "images or masks changed");
    CHECK(prepare_dataset(options, file, 1).fingerprint == fingerprint); // times are not part of it
    CHECK(changed().empty());
    touch(folder / "mask.png");
    CHECK(changed() == "images or masks changed");
    prepare_dataset(options, file, 1);

    edit(folder / "m.csv", "2.png,0", "2.png,1");
    CHECK(changed() == "m.csv changed");
    CHECK(changed_tables(PreparedDataset(file)) == (folder / "m.csv").string() + " changed");
    put(folder / "5.png", "shorter");
    CHECK(changed() == "m.csv and images or masks changed");
    edit(folder / "m.csv", "2.png,1", "2.png,0"); // the old text again
    CHECK(changed() == "images or masks changed");
}

TEST_CASE("sources: what no longer exists counts as unchanged; what exists but cannot be read is an error", "[unit]") {
    const TempFolder folder;
    const auto options = small_manifest(folder);
    const fs::path file = folder / "p.safetensors";
    prepare_dataset(options, file, 1);
    const auto changed = [&] { return changed_sources(PreparedDataset(file), options, 1); };
    fs::remove(folder / "4.png"); // one of six was deleted
    const auto message = user_error_of(changed);
    CHECK(contains(message, "4.png"));
    CHECK(contains(message, "--trust-prepared"));
    for (int i = 0; i < 6; ++i) fs::remove(folder / fmt::format("{}.png", i));
    CHECK(changed().empty());
    fs::remove(folder / "m.csv");
    CHECK(changed().empty());
    CHECK(changed_tables(PreparedDataset(file)).empty());
}

TEST_CASE("sources: a phantom's are compared like those of its layout, without drawing it again", "[unit]") {
    const TempFolder folder;
    ImportOptions options;
    options.importer = "phantom";
    options.root = (folder / "root").string();
    options.own<PhantomOptions>().images = 12;
    options.own<PhantomOptions>().size = options.size = 32;
    const fs::path file = folder / "p.safetensors";
    prepare_dataset(options, file, 1);
    const auto changed = [&] { return changed_sources(PreparedDataset(file), options, 1); };
    CHECK(changed().empty());
    put(folder / "root/test_list.txt", read_text(folder / "root/test_list.txt") + "\n");
    CHECK(changed() == "test_list.txt changed");
    fs::remove_all(folder / "root");
    CHECK(changed().empty());
    CHECK_FALSE(fs::exists(folder / "root"));
}

TEST_CASE("published: counts of synthetic images in a dataset's layout are not compared with the dataset's", "[unit]") {
    const TempFolder folder;
    DatasetIndex index;
    index.dataset = "nih";
    index.provenance["root"] = folder.path.string();
    const std::vector<PublishedCount> counts = {{"images", 112120, 112120}, {"patients", 30805, 70077}};
    compare_with_published(index, counts);
    CHECK(index.provenance.at("published").as_array().at(1) == "70077 patients, but 30805 were published");
    put(folder / "phantom.json", "{}");
    compare_with_published(index, counts);
    CHECK(index.provenance.at("published") == json::value(json::array{"not compared: synthetic images"}));
}
