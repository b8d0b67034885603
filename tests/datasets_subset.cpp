#include "tests/datasets_support.h"

#include "datasets/prepare.h"
#include "datasets/subset.h"

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
            film.image = folder / "film.png";
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
    for (const auto film : subset.films) result.insert(dataset.ids()[static_cast<std::size_t>(film)]);
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
    std::set<std::int32_t> patients;
    for (const auto film : subset.films) {
        CHECK(dataset.splits()[static_cast<std::size_t>(film)] == 0);
        patients.insert(dataset.patients()[static_cast<std::size_t>(film)]);
    }
    std::int64_t films = 0, mass = 0;
    for (std::size_t i = 0; i < dataset.ids().size(); ++i) {
        if (!patients.contains(dataset.patients()[i])) continue;
        ++films;
        mass += dataset.labels_of(static_cast<std::int64_t>(i))[0] == 1;
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
        std::set<std::int32_t> patients;
        for (const auto film : label_subset(dataset, 0.25, static_cast<std::uint64_t>(seed)).films)
            patients.insert(dataset.patients()[static_cast<std::size_t>(film)]);
        for (const auto patient : patients) ++drawn[static_cast<std::size_t>(patient)];
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
