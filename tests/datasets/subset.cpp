#include "tests/support/datasets_support.h"

#include "datasets/prepare.h"
#include "datasets/subset_file.h"

#include <algorithm>
#include <set>

using namespace mlvicx;

namespace {

/// 100 patients of one to three films in training, 20 in test; film 0 of the second patient is the only Nodule.
DatasetIndex cohort(const TempFolder& folder, int patients = 100) {
    write_image(folder / "film.png", test_film(8, 8));
    DatasetIndex index;
    index.dataset = "cohort";
    index.classes = {"Mass", "Nodule"};
    for (int p = 0; p < patients + 20; ++p)
        for (int visit = 0; visit <= p % 3; ++visit) {
            Film film;
            film.id = fmt::format("{}_{}", p, visit);
            film.patient = fmt::format("p{}", p);
            film.file = folder / "film.png";
            film.split = p < patients ? Split::train : Split::test;
            film.labels = {static_cast<std::int8_t>(p % 4 == 0 ? 1 : -1), static_cast<std::int8_t>(film.id == "1_0")};
            index.films.push_back(film);
        }
    return index;
}

PreparedDataset prepared(const TempFolder& folder, const DatasetIndex& index) {
    prepare(index, {8, 1, false}, folder / "out");
    return PreparedDataset(folder / "out");
}

std::set<std::string> ids(const PreparedDataset& dataset, const LabelSubset& subset) {
    std::set<std::string> result;
    for (const auto film : subset.films) result.insert(dataset.id(film));
    return result;
}

} // namespace

TEST_CASE("subset: smaller amounts lie inside larger ones, fractions and counts alike", "[unit]") {
    const TempFolder folder;
    const auto dataset = prepared(folder, cohort(folder));
    const auto all = dataset.films_of(Split::train).size();
    std::vector<std::int64_t> before;
    for (const double amount : {2.0, 0.05, 20.0, 0.3, 0.31, 100.0, 0.9, 1.0}) {
        const auto subset = label_subset(dataset, amount, 5);
        CHECK(std::includes(subset.films.begin(), subset.films.end(), before.begin(), before.end()));
        const auto wanted = amount > 1 ? amount : amount * static_cast<double>(all);
        CHECK(static_cast<double>(subset.films.size()) >= wanted);
        CHECK(static_cast<double>(subset.films.size()) < wanted + 3); // whole patients: two films too many at most
        before = subset.films;
    }
    CHECK(before == dataset.films_of(Split::train));
}

TEST_CASE("subset: patients come whole and from training alone, and are counted with their positives", "[unit]") {
    const TempFolder folder;
    const auto dataset = prepared(folder, cohort(folder));
    const auto subset = label_subset(dataset, 0.4, 1);
    std::set<std::size_t> patients;
    for (const auto film : subset.films) {
        CHECK(dataset.split(film) == Split::train);
        patients.insert(dataset.patient_index(film));
    }
    std::int64_t films = 0, mass = 0;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        if (!patients.contains(dataset.patient_index(i))) continue;
        ++films;
        mass += dataset.labels(i)[0] == 1;
    }
    CHECK(films == static_cast<std::int64_t>(subset.films.size()));
    CHECK(subset.patients == static_cast<std::int64_t>(patients.size()));
    REQUIRE(subset.positives.size() == 2);
    CHECK(subset.positives[0] == mass);
    CHECK(label_subset(dataset, 1.0, 1).positives[1] == 1);
}

TEST_CASE("subset: the seed alone decides, whatever the order of the films", "[unit]") {
    const TempFolder folder;
    auto index = cohort(folder);
    const auto dataset = prepared(folder, index);
    const auto first = ids(dataset, label_subset(dataset, 0.2, 9));
    CHECK(ids(dataset, label_subset(dataset, 0.2, 9)) == first);
    CHECK(ids(dataset, label_subset(dataset, 0.2, 10)) != first);
    std::reverse(index.films.begin(), index.films.end());
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
        for (const auto film : label_subset(dataset, 0.25, static_cast<std::uint64_t>(seed)).films)
            patients.insert(dataset.patient_index(film));
        for (const auto patient : patients) ++drawn[patient];
    }
    for (std::size_t p = 0; p < 100; ++p) CHECK(std::abs(drawn[p] - seeds / 4) < 50); // 5.5 deviations
}

TEST_CASE("subset: amounts that cannot be are refused", "[unit]") {
    const TempFolder folder;
    const auto dataset = prepared(folder, cohort(folder));
    for (const double amount : {0.0, -0.1, 1000.0, std::numeric_limits<double>::quiet_NaN()})
        CHECK(contains(user_error_of([&] { label_subset(dataset, amount, 0); }), "of training"));
    auto index = cohort(folder);
    for (Film& film : index.films) film.split = Split::test;
    const auto tests_only = prepared(folder, index);
    CHECK(contains(user_error_of([&] { label_subset(tests_only, 0.5, 0); }), "no training films"));
}

TEST_CASE("subset file: what is written is imported as the same films, also into a copy of another size", "[unit]") {
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
            CHECK(taken.subset.films == made.films);
            CHECK(taken.subset.positives == made.positives);
            CHECK(taken.subset.patients == made.patients);
            digests.insert(taken.digest);
        }
    }
    CHECK(digests.size() == 2); // of the films, not of the file or the dataset's size
}

TEST_CASE("subset file: what does not fit the dataset is refused with the file, the subset and the film", "[unit]") {
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
    wrong.films.push_back("nobody");
    CHECK(contains(complaint({wrong}), "amount 0.1, seed 3 of cohort: film \"nobody\" is not in"));
    wrong = good;
    wrong.films.push_back("101_0");
    CHECK(contains(complaint({wrong}), "film \"101_0\" is in the test split"));
    wrong = good;
    wrong.films.push_back(wrong.films.front());
    CHECK(contains(complaint({wrong}), "stands there twice"));
    wrong = good;
    wrong.classes = {"Nodule", "Mass"};
    CHECK(contains(complaint({wrong}), "is for the classes Nodule, Mass"));
    wrong = good;
    ++wrong.positives[0];
    CHECK(contains(complaint({wrong}), "films with Mass, but by the labels"));
    wrong = good;
    wrong.positives.pop_back();
    CHECK(contains(complaint({wrong}), "$.subsets[0].positives has 1 numbers for 2 classes"));
    wrong = good;
    wrong.dataset = "other", wrong.fingerprint = "0";
    CHECK(contains(complaint({wrong}), "has no subset of"));
    wrong = good;
    wrong.films.clear();
    CHECK(contains(complaint({wrong}), "$.subsets[0].films is missing or empty"));
    CHECK(contains(complaint({good, good}), "stands there twice"));
    put(folder / "subsets.json", "{\"format\": \"something\"}");
    CHECK(contains(user_error_of([&] { read_subsets(folder / "subsets.json"); }), "is no file of label subsets"));
    put(folder / "subsets.json", R"({"format": "mlvicx-bench label subsets 1", "subsets": [{"film": []}]})");
    CHECK(contains(user_error_of([&] { read_subsets(folder / "subsets.json"); }), "$.subsets[0].film: unknown key"));
}
