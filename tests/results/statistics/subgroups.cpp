#include "tests/support/catch.h"

#include "core/error.h"
#include "core/files.h"
#include "core/image_attribute.h"
#include "core/random.h"
#include "results/report/report.h"
#include "results/report/sections/subgroups_text.h"
#include "results/statistics/subgroups.h"
#include "tests/support/plain_statistics.h"
#include "tests/support/report_csv.h"
#include "tests/support/results_fixture.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

using namespace mlvicx;
using namespace results_test;
using plain::ends, plain::lines_by;

namespace {

constexpr int images = 160, patients = 50, seeds = 2;
const std::vector<std::string> classes = {"Mass", "Nodule", "Hernia"};

/// Test images whose sex is that of the patient and whose age and view differ from image to image; some are unknown.
/// Hernia occurs in men only, and one old image has no positive at all.
ScoredImages described_images() {
    ScoredImages scored{"f1n9e2", "test", {}, {}, classes, {}, {{"age", {}}, {"sex", {}}, {"view", {}}}};
    Random random(1, Purpose::bootstrap, 7);
    for (int image = 0; image < images; ++image) {
        const auto patient = random.below(patients);
        const bool male = patient % 2 == 0;
        scored.ids.push_back(fmt::format("{}.png", image));
        scored.patients.push_back(fmt::format("p{}", patient));
        scored.attributes[0].values.push_back(image == 0        ? "85"
                                              : image % 10 == 9 ? ""
                                                                : fmt::format("{}", 20 + image % 45));
        scored.attributes[1].values.push_back(patient == 3 ? "" : male ? "male" : "female");
        scored.attributes[2].values.emplace_back("PA");
        for (std::size_t c = 0; c < classes.size(); ++c) {
            const bool positive = image != 0 && random.chance(0.3) && (c != 2 || (male && patient != 3));
            scored.labels.push_back(random.chance(0.05) ? -1 : positive ? 1 : 0);
        }
    }
    return scored;
}

/// Better at images of women.
std::vector<float> scores_for(const ScoredImages& scored, int seed) {
    Random noise(2, Purpose::bootstrap, 8, static_cast<std::uint32_t>(seed));
    std::vector<float> scores;
    for (std::size_t i = 0; i < scored.labels.size(); ++i) {
        const bool woman = scored.attributes.size() > 1 && scored.attributes[1].values[i / classes.size()] == "female";
        const double skill = scored.labels[i] == 1 ? (woman ? 0.5 : 0.15) : 0;
        scores.push_back(static_cast<float>(std::floor((0.6 * noise.uniform() + skill) * 32) / 32)); // with ties
    }
    return scores;
}

/// By definition, over the images that `places` names (some of them twice) and `taken` takes.
double auc_of(const ScoredImages& scored, const std::vector<float>& scores, std::size_t c,
              const std::vector<std::size_t>& places, const std::vector<bool>& taken) {
    double wins = 0, pairs = 0;
    for (const auto i : places)
        for (const auto j : places) {
            if (!taken[i] || !taken[j]) continue;
            if (scored.labels[i * classes.size() + c] != 1 || scored.labels[j * classes.size() + c] != 0) continue;
            const float a = scores[i * classes.size() + c], b = scores[j * classes.size() + c];
            wins += a > b ? 1 : a == b ? 0.5 : 0;
            ++pairs;
        }
    return wins / pairs;
}

std::vector<bool> of_group(const ScoredImages& scored, std::size_t attribute, const std::string& group) {
    std::vector<bool> taken;
    for (const auto& value : scored.attributes[attribute].values)
        taken.push_back(subgroup_of(scored.attributes[attribute].name, value) == group);
    return taken;
}

std::vector<std::size_t> all_images() {
    std::vector<std::size_t> all(images);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    return all;
}

bool near(const std::string& text, double expected) {
    return std::isnan(expected) ? text.empty() : std::abs(std::stod(text) - expected) < 1e-9;
}

void write_experiment(Store& store, const ScoredImages& scored) {
    std::vector<JobKey> jobs;
    for (const double fraction : {0.1, 1.0})
        for (int seed = 0; seed < seeds; ++seed)
            jobs.push_back(job(fmt::format("m{}{}", fraction, seed), "mlvicx", fraction, seed));
    store.add_experiment("groups", json::object{{"name", "groups"}}, jobs);
    for (const auto& key : jobs) {
        JobResult r;
        r.dataset_fingerprint = scored.fingerprint;
        r.scores = scores_for(scored, static_cast<int>(key.seed));
        r.test = {auc_table(r.scores, scored.labels, classes)};
        for (auto& table : subgroup_metrics(scored, r.scores)) r.test.push_back(std::move(table));
        r.scored = scored;
        store.finish(key, r, provenance);
    }
}

struct Made {
    TempFolder folder;
    ScoredImages scored = described_images();
    std::string csv, seeds_csv, markdown, terminal;
    Made() {
        Store store(folder / "results.db");
        write_experiment(store, scored);
        const auto rows = grid(store);
        write_report(store, "", report_figures(store, "", rows), folder / "report");
        csv = read_text(folder / "report-subgroups.csv");
        seeds_csv = read_text(folder / "report-seeds.csv");
        markdown = read_text(folder / "report.md");
        terminal = subgroups_text(subgroups(store, rows));
    }
};
const Made& made() {
    static const Made once;
    return once;
}

} // namespace

TEST_CASE("subgroups: an attribute that does not divide the images has none, the others leave the unknown out",
          "[unit]") {
    const auto scored = described_images();
    std::map<std::string, std::int64_t> found;
    for (const auto& group : subgroups_of(scored)) {
        found[group.attribute + "=" + group.group] = group.images;
        const auto taken = of_group(scored, group.attribute == "age" ? 0 : 1, group.group);
        for (std::size_t i = 0; i < group.labels.size(); ++i)
            CHECK(group.labels[i] == (taken[i / classes.size()] ? scored.labels[i] : -1));
    }
    CHECK(found.size() == 6); // no view
    CHECK(found.at("age=80+") == 1);
    CHECK(found.at("age=0-39") + found.at("age=40-59") + found.at("age=60-79") + 1 == images - 16);
    CHECK(found.at("sex=female") + found.at("sex=male") < images); // the third patient's is unknown
    auto plain = scored;
    plain.attributes.clear();
    CHECK(subgroups_of(plain).empty());
    CHECK(subgroup_metrics(plain, scores_for(scored, 0)).empty());
}

TEST_CASE("subgroups: the stored metrics are the AUCs of the images of the subgroup, under its name", "[unit]") {
    const auto& scored = made().scored;
    const auto lines = lines_by(made().seeds_csv, {"fraction", "seed", "metric", "class"});
    for (int seed = 0; seed < seeds; ++seed)
        for (const std::string sex : {"female", "male"}) {
            double sum = 0, defined = 0;
            for (std::size_t c = 0; c < classes.size(); ++c) {
                const double expected =
                    auc_of(scored, scores_for(scored, seed), c, all_images(), of_group(scored, 1, sex));
                CHECK(near(lines.at(fmt::format("1,{},auc/sex={},{}", seed, sex, classes[c])).at("value"), expected));
                if (std::isnan(expected)) continue;
                sum += expected;
                ++defined;
            }
            CHECK(near(lines.at(fmt::format("1,{},auc/sex={},", seed, sex)).at("value"), sum / defined));
        }
    CHECK(lines.at("1,0,auc/sex=female,Hernia").at("positives") == "0");
    CHECK(lines.at("1,0,auc/sex=female,").at("defined") == "2");
    CHECK(lines.contains("0.1,1,auc/age=60-79,"));
}

TEST_CASE("subgroups: every reported figure and interval follows from scores, patients and attributes", "[unit]") {
    const auto& scored = made().scored;
    const auto lines = lines_by(made().csv, {"attribute", "figure", "group", "class"});
    const auto resampled = plain::resampled_images(scored.patients);
    // By group, of each class: the mean over seeds, then in each resample.
    std::map<std::string, std::vector<std::vector<double>>> found;
    for (const std::string sex : {"female", "male"}) {
        const auto taken = of_group(scored, 1, sex);
        auto& of_classes = found[sex];
        for (std::size_t c = 0; c < classes.size(); ++c) {
            std::vector<double> values;
            for (std::size_t r = 0; r <= resampled.size(); ++r) {
                double sum = 0;
                for (int seed = 0; seed < seeds; ++seed)
                    sum += auc_of(scored, scores_for(scored, seed), c, r == 0 ? all_images() : resampled[r - 1], taken);
                values.push_back(sum / seeds);
            }
            of_classes.push_back(values);
            const auto& line = lines.at(fmt::format("sex,auc,{},{}", sex, classes[c]));
            CHECK(near(line.at("value"), values[0]));
            if (std::isnan(values[0])) {
                CHECK(line.at("low").empty());
                continue;
            }
            const auto [low, high] = ends({values.begin() + 1, values.end()});
            CHECK(near(line.at("low"), low));
            CHECK(near(line.at("high"), high));
        }
        // The mean over the classes that are defined.
        std::vector<double> means;
        for (std::size_t r = 0; r <= resampled.size(); ++r) {
            std::vector<double> of_resample;
            for (const auto& values : of_classes) of_resample.push_back(values[r]);
            means.push_back(plain::mean(of_resample));
        }
        const auto& line = lines.at(fmt::format("sex,auc,{},", sex));
        CHECK(near(line.at("value"), means[0]));
        CHECK(near(line.at("low"), ends({means.begin() + 1, means.end()}).first));
        CHECK(near(line.at("high"), ends({means.begin() + 1, means.end()}).second));
        CHECK(line.at("defined_classes") == (sex == "male" ? "3" : "2"));
    }
    // The gap is over Mass and Nodule: Hernia is undefined in women.
    std::vector<double> gaps;
    for (std::size_t r = 0; r <= resampled.size(); ++r) {
        std::vector<double> differences;
        for (std::size_t c = 0; c < 2; ++c) differences.push_back(found["female"][c][r] - found["male"][c][r]);
        gaps.push_back(plain::mean(differences));
    }
    const auto& gap = lines.at("sex,largest_gap,female,");
    CHECK(gap.at("minus") == "male");
    CHECK(gap.at("defined_classes") == "2");
    CHECK(near(gap.at("value"), gaps[0]));
    CHECK(near(gap.at("low"), ends({gaps.begin() + 1, gaps.end()}).first));
    CHECK(near(gap.at("high"), ends({gaps.begin() + 1, gaps.end()}).second));
    CHECK(lines.contains("sex,largest_gap,female,Mass"));
    CHECK_FALSE(lines.contains("sex,largest_gap,female,Hernia"));
    CHECK_FALSE(lines.contains("sex,largest_gap,male,Hernia"));
}

TEST_CASE("subgroups: one too small for an AUC is shown as such, and its images and the unknown are counted",
          "[unit]") {
    const auto lines = lines_by(made().csv, {"attribute", "figure", "group", "class"});
    const auto& old = lines.at("age,auc,80+,");
    CHECK(old.at("value").empty());
    CHECK(old.at("images") == "1");
    CHECK(old.at("patients") == "1");
    CHECK(old.at("defined_classes") == "0");
    CHECK(old.at("unknown_images") == "16");
    CHECK(contains(made().terminal, "too few"));
    CHECK(contains(made().terminal, "16 of 160 test images unknown"));
    CHECK(contains(made().markdown, "## Subgroups"));
    CHECK(contains(made().markdown, "nih, frozen (linear probe), sex"));
    std::istringstream terminal(made().terminal);
    for (std::string line; std::getline(terminal, line);)
        if (line.starts_with("  ")) CHECK(line.size() <= 80);
}

TEST_CASE("subgroups: one of few patients has its AUC, but no part in the largest gap", "[unit]") {
    const auto aucs = lines_by(made().csv, {"attribute", "figure", "group", "class"});
    CHECK(std::stoi(aucs.at("age,auc,60-79,").at("patients")) < fewest_patients_of_gap);
    CHECK_FALSE(aucs.at("age,auc,60-79,").at("value").empty());
    int gaps = 0;
    for (const auto& [key, line] : aucs) {
        if (line.at("figure") != "largest_gap") continue;
        ++gaps;
        for (const char* group : {"group", "minus"}) {
            const auto& auc = aucs.at(fmt::format("{},auc,{},", line.at("attribute"), line.at(group)));
            CHECK(std::stoi(auc.at("patients")) >= fewest_patients_of_gap);
        }
    }
    CHECK(gaps >= 4); // of sex and of age, of the mean and of classes
}

TEST_CASE("subgroups: a file without attributes has no section, and damaged attributes are an error", "[unit]") {
    const TempFolder folder;
    auto scored = described_images();
    scored.attributes.clear();
    {
        Store store(folder / "results.db");
        write_experiment(store, scored);
        const auto rows = grid(store);
        CHECK(subgroups(store, rows).empty());
        CHECK(subgroups_text({}).empty());
        CHECK(subgroup_tables(store, "").empty());
        for (const auto& file : write_report(store, "", report_figures(store, "", rows), folder / "report"))
            CHECK_FALSE(contains(file.string(), "subgroups"));
        CHECK_FALSE(contains(read_text(folder / "report.md"), "Subgroups"));
        store.db().run("INSERT INTO image_attributes VALUES (1, 'sex', '[\"female\"]')");
    }
    Store store(folder / "results.db", true);
    CHECK_THROWS_AS(grid(store), UserError);
}
