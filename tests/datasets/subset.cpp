#include "tests/support/datasets_support.h"

#include "core/stored_names.h"
#include "datasets/prepare.h"
#include "datasets/subset_file.h"

#include <algorithm>
#include <set>

using namespace mlvicx;

namespace {

/// 100 patients of one to three images in training, 20 in test; image 0 of the second patient is the only Nodule.
DatasetIndex cohort(const TempFolder& folder, int patients = 100) {
    write_image(folder / "image.png", test_image(8, 8));
    DatasetIndex index;
    index.dataset = "cohort";
    index.classes = {"Mass", "Nodule"};
    for (int p = 0; p < patients + 20; ++p)
        for (int visit = 0; visit <= p % 3; ++visit) {
            ImageEntry image;
            image.id = fmt::format("{}_{}", p, visit);
            image.patient = fmt::format("p{}", p);
            image.file = folder / "image.png";
            image.split = p < patients ? Split::train : Split::test;
            image.labels = {static_cast<std::int8_t>(p % 4 == 0 ? 1 : -1), static_cast<std::int8_t>(image.id == "1_0")};
            index.images.push_back(image);
        }
    return index;
}

PreparedDataset prepared(const TempFolder& folder, const DatasetIndex& index) {
    prepare(index, {8, 1, false}, folder / "out");
    return PreparedDataset(folder / "out");
}

std::set<std::string> ids(const PreparedDataset& dataset, const LabelSubset& subset) {
    std::set<std::string> result;
    for (const auto image : subset.images) result.insert(dataset.id(image));
    return result;
}

} // namespace

TEST_CASE("subset: smaller subsets are contained in larger ones, for fractions and counts", "[unit]") {
    const TempFolder folder;
    const auto dataset = prepared(folder, cohort(folder));
    const auto all = dataset.images_of(Split::train).size();
    std::vector<std::int64_t> before;
    for (const double amount : {2.0, 0.05, 20.0, 0.3, 0.31, 100.0, 0.9, 1.0}) {
        const auto subset = label_subset(dataset, amount, 5);
        CHECK(std::includes(subset.images.begin(), subset.images.end(), before.begin(), before.end()));
        const auto wanted = amount > 1 ? amount : amount * static_cast<double>(all);
        CHECK(static_cast<double>(subset.images.size()) >= wanted);
        CHECK(static_cast<double>(subset.images.size()) < wanted + 3); // whole patients: at most two images too many
        before = subset.images;
    }
    CHECK(before == dataset.images_of(Split::train));
}

TEST_CASE("subset: images to pre-train on are whole patients, nested, and drawn apart from the labelled ones",
          "[unit]") {
    const TempFolder folder;
    const auto dataset = prepared(folder, cohort(folder));
    auto images = dataset.images_of(Split::train);
    images.erase(images.begin(), images.begin() + 9); // as if some were left out
    std::vector<std::int64_t> before;
    for (const double amount : {0.1, 40.0, 0.5, 1.0}) {
        const auto taken = pretraining_subset(dataset, images, amount, 5);
        CHECK(std::includes(taken.begin(), taken.end(), before.begin(), before.end()));
        CHECK(std::includes(images.begin(), images.end(), taken.begin(), taken.end()));
        const auto wanted = images_wanted(amount, std::ssize(images));
        CHECK(std::ssize(taken) >= wanted);
        CHECK(std::ssize(taken) < wanted + 3);
        std::set<std::size_t> patients;
        for (const auto image : taken) patients.insert(dataset.patient_index(image));
        CHECK(std::count_if(images.begin(), images.end(), [&](auto image) {
                  return patients.contains(dataset.patient_index(image));
              }) == std::ssize(taken));
        before = taken;
    }
    CHECK(before == images);
    const auto train = dataset.images_of(Split::train);
    CHECK(pretraining_subset(dataset, train, 0.5, 5) == pretraining_subset(dataset, train, 0.5, 5));
    CHECK(pretraining_subset(dataset, train, 0.5, 5) != pretraining_subset(dataset, train, 0.5, 6));
    CHECK(pretraining_subset(dataset, train, 0.5, 5) != label_subset(dataset, 0.5, 5).images);
    CHECK(contains(user_error_of([&] { pretraining_subset(dataset, train, 5000, 5); }), "5000"));
}

TEST_CASE("subset: patients are whole and only from training, and are counted with their positives", "[unit]") {
    const TempFolder folder;
    const auto dataset = prepared(folder, cohort(folder));
    const auto subset = label_subset(dataset, 0.4, 1);
    std::set<std::size_t> patients;
    for (const auto image : subset.images) {
        CHECK(dataset.split(image) == Split::train);
        patients.insert(dataset.patient_index(image));
    }
    std::int64_t images = 0, mass = 0;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        if (!patients.contains(dataset.patient_index(i))) continue;
        ++images;
        mass += dataset.labels(i)[0] == 1;
    }
    CHECK(images == static_cast<std::int64_t>(subset.images.size()));
    CHECK(subset.patients == static_cast<std::int64_t>(patients.size()));
    REQUIRE(subset.positives.size() == 2);
    CHECK(subset.positives[0] == mass);
    CHECK(label_subset(dataset, 1.0, 1).positives[1] == 1);
}

TEST_CASE("subset: only the seed decides, whatever the order of the images", "[unit]") {
    const TempFolder folder;
    auto index = cohort(folder);
    const auto dataset = prepared(folder, index);
    const auto first = ids(dataset, label_subset(dataset, 0.2, 9));
    CHECK(ids(dataset, label_subset(dataset, 0.2, 9)) == first);
    CHECK(ids(dataset, label_subset(dataset, 0.2, 10)) != first);
    std::reverse(index.images.begin(), index.images.end());
    prepare(index, {8, 1, false}, folder / "reversed");
    const PreparedDataset reversed(folder / "reversed");
    CHECK(ids(reversed, label_subset(reversed, 0.2, 9)) == first);
}

TEST_CASE("subset: every patient is drawn about equally often", "[unit]") {
    const TempFolder folder;
    const auto dataset = prepared(folder, cohort(folder));
    std::vector<int> drawn(dataset.patient_ids().size(), 0);
    constexpr int seeds = 400;
    for (int seed = 0; seed < seeds; ++seed) {
        std::set<std::size_t> patients;
        for (const auto image : label_subset(dataset, 0.25, static_cast<std::uint64_t>(seed)).images)
            patients.insert(dataset.patient_index(image));
        for (const auto patient : patients) ++drawn[patient];
    }
    for (std::size_t p = 0; p < 100; ++p) CHECK(std::abs(drawn[p] - seeds / 4) < 50); // 5.5 standard deviations
}

TEST_CASE("subset: impossible fractions and counts are refused", "[unit]") {
    const TempFolder folder;
    const auto dataset = prepared(folder, cohort(folder));
    for (const double amount : {0.0, -0.1, 1000.0, std::numeric_limits<double>::quiet_NaN()})
        CHECK(contains(user_error_of([&] { label_subset(dataset, amount, 0); }), "of training"));
    auto index = cohort(folder);
    for (ImageEntry& image : index.images) image.split = Split::test;
    const auto tests_only = prepared(folder, index);
    CHECK(contains(user_error_of([&] { label_subset(tests_only, 0.5, 0); }), "no training images"));
}

TEST_CASE("subset file: what is written is imported as the same images, also into a copy of another size", "[unit]") {
    const TempFolder folder;
    const auto index = cohort(folder);
    const auto dataset = prepared(folder, index);
    write_subsets(folder / "subsets.json", {named_subset(dataset, 0.1, 3), named_subset(dataset, 50, 4)});
    prepare(index, {16, 1, false}, folder / "larger");
    const PreparedDataset larger(folder / "larger");
    REQUIRE(larger.fingerprint() != dataset.fingerprint());
    std::set<std::string> digests;
    for (const auto* target : {&dataset, static_cast<const PreparedDataset*>(&larger)}) {
        const auto imported = import_subsets(folder / "subsets.json", *target);
        REQUIRE(imported.size() == 2);
        for (const auto& [key, taken] : imported) {
            const auto made = label_subset(*target, key.first, static_cast<std::uint64_t>(key.second));
            CHECK(taken.subset.images == made.images);
            CHECK(taken.subset.positives == made.positives);
            CHECK(taken.subset.patients == made.patients);
            digests.insert(taken.digest);
        }
    }
    CHECK(digests.size() == 2); // digests of the images, not of the file or the image size
}

TEST_CASE("subset file: a file of format 1 is imported unchanged", "[unit]") {
    const TempFolder folder;
    const auto dataset = prepared(folder, cohort(folder));
    write_subsets(folder / "subsets.json", {named_subset(dataset, 0.1, 3)});
    std::string text = read_text(folder / "subsets.json");
    const auto replace = [&](const std::string& now, const std::string& then) {
        text.replace(text.find(now), now.size(), then);
    };
    replace("\"images\"", fmt::format("\"{}\"", stored::images));
    replace("label subsets 2", "label subsets 1");
    put(folder / "earlier.json", text);
    const auto now = import_subsets(folder / "subsets.json", dataset);
    const auto then = import_subsets(folder / "earlier.json", dataset);
    REQUIRE(then.size() == 1);
    CHECK(then.begin()->second.subset.images == now.begin()->second.subset.images);
    CHECK(then.begin()->second.digest == now.begin()->second.digest);
}

TEST_CASE("subset file: what does not fit the dataset is refused with the file, the subset and the image", "[unit]") {
    const TempFolder folder;
    const auto dataset = prepared(folder, cohort(folder));
    const NamedSubset good = named_subset(dataset, 0.1, 3);
    const auto complaint = [&](const std::vector<NamedSubset>& subsets) {
        write_subsets(folder / "subsets.json", subsets);
        const auto message = user_error_of([&] { import_subsets(folder / "subsets.json", dataset); });
        CHECK(contains(message, "subsets.json"));
        return message;
    };
    NamedSubset wrong = good;
    wrong.images.push_back("nobody");
    CHECK(contains(complaint({wrong}), "amount 0.1, seed 3 of cohort: image \"nobody\" is not in"));
    wrong = good;
    wrong.images.push_back("101_0");
    CHECK(contains(complaint({wrong}), "image \"101_0\" is in the test split"));
    wrong = good;
    wrong.images.push_back(wrong.images.front());
    CHECK(contains(complaint({wrong}), "duplicate image"));
    wrong = good;
    wrong.classes = {"Nodule", "Mass"};
    CHECK(contains(complaint({wrong}), "is for the classes Nodule, Mass"));
    wrong = good;
    ++wrong.positives[0];
    CHECK(contains(complaint({wrong}), "images with Mass, but by the labels"));
    wrong = good;
    wrong.positives.pop_back();
    CHECK(contains(complaint({wrong}), "$.subsets[0].positives has 1 numbers for 2 classes"));
    wrong = good;
    wrong.dataset = "other", wrong.fingerprint = "0";
    CHECK(contains(complaint({wrong}), "has no subset of"));
    wrong = good;
    wrong.images.clear();
    CHECK(contains(complaint({wrong}), "$.subsets[0].images is missing or empty"));
    CHECK(contains(complaint({good, good}), "duplicate entry"));
    put(folder / "subsets.json", "{\"format\": \"something\"}");
    CHECK(contains(user_error_of([&] { read_subsets(folder / "subsets.json"); }), "is not a file of label subsets"));
    put(folder / "subsets.json", R"({"format": "mlvicx-bench label subsets 2", "subsets": [{"image": []}]})");
    CHECK(contains(user_error_of([&] { read_subsets(folder / "subsets.json"); }), "$.subsets[0].image: unknown key"));
}
