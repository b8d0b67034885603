#include "tests/support/datasets_support.h"

#include "datasets/split.h"

#include <map>
#include <set>

using namespace mlvicx;

namespace {

/// `patients` patients with one to four images each, interleaved.
DatasetIndex images_of(int patients) {
    DatasetIndex index;
    index.dataset = "made";
    for (int visit = 0; visit < 4; ++visit)
        for (int p = 0; p < patients; ++p)
            if (visit <= p % 4) {
                ImageEntry image;
                image.patient = std::to_string(p);
                image.id = image.patient + "_" + std::to_string(visit);
                index.images.push_back(image);
            }
    return index;
}

std::map<std::string, Split> by_patient(const DatasetIndex& index) {
    std::map<std::string, Split> result;
    for (const ImageEntry& image : index.images) {
        const auto [place, is_new] = result.emplace(image.patient, image.split);
        CHECK(place->second == image.split); // one patient, one split
    }
    return result;
}

std::set<std::string> patients_in(const std::map<std::string, Split>& places, Split split) {
    std::set<std::string> result;
    for (const auto& [patient, where] : places)
        if (where == split) result.insert(patient);
    return result;
}

bool includes(const std::set<std::string>& outer, const std::set<std::string>& inner) {
    return std::includes(outer.begin(), outer.end(), inner.begin(), inner.end());
}

} // namespace

TEST_CASE("split: no patient is in two splits, and fractions come out as requested", "[unit]") {
    auto index = images_of(5000);
    split_by_patient(index, {"patient", 7, 0.1, 0.2});
    require_disjoint_patients(index);
    const auto places = by_patient(index);
    // Binomial: 5000 patients at 0.2 and 0.1 have standard deviations of 28 and 21.
    CHECK(std::abs(static_cast<int>(patients_in(places, Split::test).size()) - 1000) < 5 * 28);
    CHECK(std::abs(static_cast<int>(patients_in(places, Split::validation).size()) - 500) < 5 * 21);
}

TEST_CASE("split: neither other patients nor the order of images moves a patient", "[unit]") {
    auto few = images_of(300), many = images_of(3000);
    std::reverse(many.images.begin(), many.images.end());
    const SplitOptions options{"patient", 3, 0.15, 0.25};
    split_by_patient(few, options);
    split_by_patient(many, options);
    const auto places = by_patient(many);
    for (const auto& [patient, split] : by_patient(few)) CHECK(places.at(patient) == split);
}

TEST_CASE("split: a larger fraction only takes patients from training, another seed moves patients", "[unit]") {
    auto index = images_of(2000);
    split_by_patient(index, {"patient", 1, 0.1, 0.1});
    const auto small = by_patient(index);
    split_by_patient(index, {"patient", 1, 0.1, 0.3});
    const auto large = by_patient(index);
    CHECK(includes(patients_in(large, Split::test), patients_in(small, Split::test)));
    CHECK(patients_in(large, Split::validation) == patients_in(small, Split::validation));
    split_by_patient(index, {"patient", 2, 0.1, 0.1});
    CHECK(patients_in(by_patient(index), Split::test) != patients_in(small, Split::test));
}

TEST_CASE("split: validation is carved only from training, by patient", "[unit]") {
    auto index = images_of(1000);
    for (ImageEntry& image : index.images) image.split = std::stoi(image.patient) < 250 ? Split::test : Split::train;
    carve_validation(index, {"official", 0, 0.2, 0.2});
    const auto places = by_patient(index);
    for (const auto& [patient, split] : places) CHECK((split == Split::test) == (std::stoi(patient) < 250));
    CHECK(std::abs(static_cast<int>(patients_in(places, Split::validation).size()) - 150) < 60);
    auto none = images_of(50);
    carve_validation(none, {"official", 0, 0.0, 0.2});
    CHECK(patients_in(by_patient(none), Split::validation).empty());
}

TEST_CASE("split: a patient in two splits and fractions that leave no training are refused", "[unit]") {
    auto index = images_of(8);
    index.images.back().split = Split::test;
    const auto message = user_error_of([&] { require_disjoint_patients(index); });
    CHECK(contains(message, "patient 7"));
    CHECK(contains(message, "two splits"));
    CHECK(contains(user_error_of([&] { split_by_patient(index, {"patient", 0, 0.5, 0.5}); }), "below 1"));
    CHECK(contains(user_error_of([&] { carve_validation(index, {"official", 0, 1.0, 0.0}); }), "less than 1"));
}

TEST_CASE("split: names read back, unknown ones are refused", "[unit]") {
    for (const auto split : {Split::train, Split::validation, Split::test})
        CHECK(split_from(name_of(split), "x") == split);
    for (const char* word : {"val", "valid", "Validate", "VALIDATION", "dev", "Development"})
        CHECK(split_from(word, "x") == Split::validation);
    for (const char* word : {"TRAIN", "training"}) CHECK(split_from(word, "x") == Split::train);
    for (const char* word : {"Test", "testing"}) CHECK(split_from(word, "x") == Split::test);
    for (const char* word : {"holdout", "0", ""})
        CHECK(contains(user_error_of([&] { split_from(word, "m.csv, row 4"); }),
                       "m.csv, row 4: split is \"" + std::string(word) + "\""));
}
