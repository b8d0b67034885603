#include "tests/support/datasets_support.h"

#include "core/config.h"
#include "datasets/fingerprint.h"
#include "datasets/import.h"
#include "datasets/importers/importer_table.h"
#include "datasets/importers/manifest.h"
#include "datasets/importers/mimic.h"
#include "datasets/importers/rsna.h"
#include "datasets/importers/vinbig/vinbig.h"
#include "datasets/phantom/phantom.h"
#include "datasets/prepared.h"

#include <set>

using namespace mlvicx;

namespace {

ImportOptions parsed(const std::string& text) {
    ImportOptions options;
    overlay(json::parse(text), "plan.json", "$.dataset", [&](Fields& f) { fields(f, options); });
    return options;
}

} // namespace

TEST_CASE("import: a plan's keys reach every option, and errors name their path", "[unit]") {
    const auto options = parsed(R"({"importer": "manifest", "manifest": "own.csv", "labels": ["Mass"], "size": 96,
        "split": {"kind": "patient", "seed": 4, "validation": 0.1, "test": 0.3}, "allow_missing": true,
        "view": "all", "uncertain": "present", "unmentioned": "unknown", "labeler": "negbio",
        "mimic_iv_patients": "patients.csv.gz", "readers": "any", "rsna_classes": "detailed", "mapping": "map.json", "nih_test": "nih",
        "phantom": {"images": 12, "layout": "siim"}})");
    CHECK(options.importer == "manifest");
    CHECK(options.own<ManifestOptions>().labels == std::vector<std::string>{"Mass"});
    CHECK(options.size == 96);
    CHECK(options.split.seed == 4);
    CHECK(options.split.test == 0.3);
    CHECK(options.allow_missing);
    CHECK_FALSE(options.skip_bad);
    CHECK(options.own<PhantomOptions>().images == 12);
    CHECK(options.own<PhantomOptions>().layout == "siim");
    CHECK(options.own<VinbigOptions>().readers == "any");
    CHECK(options.own<StudyLabelOptions>().view == "all");
    CHECK(options.own<StudyLabelOptions>().uncertain == "present");
    CHECK(options.own<StudyLabelOptions>().unmentioned == "unknown");
    CHECK(options.own<MimicOptions>().labeler == "negbio");
    CHECK(options.own<MimicOptions>().patients == "patients.csv.gz");
    CHECK(options.own<RsnaOptions>().classes == "detailed");
    CHECK(options.own<RsnaOptions>().mapping == "map.json");
    CHECK(options.own<RsnaOptions>().nih_test == "nih");
    CHECK(contains(user_error_of([] { parsed(R"({"readers": "most"})"); }), "$.dataset.readers"));
    for (const std::string key : {"view", "uncertain", "unmentioned", "labeler"})
        CHECK(contains(user_error_of([&] { parsed("{\"" + key + "\": \"some\"}"); }), "$.dataset." + key));
    CHECK(
        contains(user_error_of([] { parsed(R"({"phantom": {"layout": "padchest"}})"); }), "$.dataset.phantom.layout"));
    CHECK(contains(user_error_of([] { parsed(R"({"split": {"sead": 1}})"); }), "$.dataset.split.sead"));
    CHECK(contains(user_error_of([] { parsed(R"({"importer": "padchest"})"); }), "$.dataset.importer"));
    CHECK(contains(user_error_of([] { parsed(R"({"size": -4})"); }), "$.dataset.size"));
    CHECK(contains(user_error_of([] { parsed(R"({"split": {"test": 1.5}})"); }), "$.dataset.split.test"));
}

TEST_CASE("import: no two importers have an option of the same name", "[unit]") {
    ImportOptions options;
    std::set<std::string> names;
    const auto add = [&](const json::object& keys) {
        for (const auto& item : keys) CHECK(names.insert(std::string(item.key())).second);
    };
    add(resolved([&](Fields& f) { common_fields(f, options); }));
    for (const auto& entry : importer_table()) {
        std::any own = entry.own;
        add(resolved([&](Fields& f) { entry.fields(f, own); }));
    }
}

TEST_CASE("import: an importer that lacks an option says so, and nothing is written", "[unit]") {
    const TempFolder folder;
    for (const auto& importer : importers()) {
        ImportOptions options;
        options.importer = importer;
        const auto message = user_error_of([&] { prepare_dataset(options, folder / "out"); });
        CHECK(contains(message, importer == "manifest" ? "--manifest" : "--root"));
    }
    ImportOptions options;
    options.root = folder / "absent";
    CHECK(contains(user_error_of([&] { prepare_dataset(options, folder / "out"); }), "absent: no such folder"));
    put(folder / "file", "x");
    CHECK(contains(user_error_of([&] { prepare_dataset(options, folder / "file" / "out"); }), "file"));
    CHECK(folder.names() == std::vector<std::string>{"file"});
}

TEST_CASE("import: phantom images are made once if they are absent, and have boxes and masks", "[unit]") {
    const TempFolder folder;
    ImportOptions options;
    options.importer = "phantom";
    options.root = folder / "images";
    options.size = 64;
    options.own<PhantomOptions>().images = 40;
    options.own<PhantomOptions>().size = 128;
    const auto report = prepare_dataset(options, folder / "out");
    CHECK(report.images == 40);
    const auto written = fs::last_write_time(folder / "images");
    CHECK(prepare_dataset(options, folder / "again").fingerprint == report.fingerprint);
    CHECK(fs::last_write_time(folder / "images") == written);

    const PreparedDataset dataset(folder / "out");
    CHECK(dataset.dataset() == "phantom");
    CHECK_FALSE(dataset.images_of(Split::test).empty());
    REQUIRE_FALSE(dataset.mask_names().empty());
    REQUIRE_FALSE(dataset.boxes().empty());
    verify_fingerprint(folder / "out");
    // A box must enclose its finding's mask: they come from different files in different frames.
    int compared = 0;
    for (const Box& box : dataset.boxes()) {
        const auto& finding = dataset.classes()[box.label];
        const auto m =
            static_cast<std::size_t>(std::find(dataset.mask_names().begin(), dataset.mask_names().end(), finding) -
                                     dataset.mask_names().begin());
        if (m == dataset.mask_names().size()) continue;
        const cv::Mat1b mask = dataset.mask(static_cast<std::int64_t>(box.image), m);
        int inside = 0, all = 0;
        for (int y = 0; y < 64; ++y)
            for (int x = 0; x < 64; ++x) {
                if (mask(y, x) == 0) continue;
                ++all;
                inside += x + 1 >= box.x && x <= box.x + box.width && y + 1 >= box.y && y <= box.y + box.height;
            }
        if (all == 0) continue; // too small for this size
        CHECK(inside > 0);
        ++compared;
    }
    CHECK(compared > 0);
}
