// Recomputes every figure of the localisation report from the database alone and by definition; resamples are written
// out image by image. Uses nothing of results/ but the SQLite wrapper.
#include "tests/support/catch.h"

#include "core/files.h"
#include "core/random.h"
#include "results/report/report.h"
#include "results/report/sections/localisation_text.h"
#include "tests/support/plain_statistics.h"
#include "tests/support/report_csv.h"
#include "tests/support/results_fixture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

using namespace mlvicx;
using namespace results_test;
using plain::deviation, plain::ends, plain::mean;

namespace {

constexpr int images = 60, patients = 25, seeds = 2;
const std::vector<std::string> classes = {"Mass", "Nodule", "Effusion"}, methods = {"mlvicx", "random"};
const float none = std::nanf("");

/// Simulated figures: half of the images have a box of a class; mlvicx is above the centre prior, random below.
JobResult simulated(const std::string& method, int seed) {
    JobResult r = result();
    ImageMetrics metrics;
    metrics.images = {"f1n9e2", "test", {}, {}, classes, {}};
    Random boxes(3, Purpose::bootstrap, 9);
    Random noise(4, Purpose::bootstrap, 10, static_cast<std::uint32_t>(seed), method == "mlvicx" ? 1 : 0);
    metrics.metrics.push_back({area_metric, {}});
    for (const auto& metric : localisation_metrics) {
        metrics.metrics.push_back({metric.name, {}});
        metrics.metrics.push_back({centre_prefix + metric.name, {}});
    }
    for (int image = 0; image < images; ++image) {
        metrics.images.ids.push_back(std::to_string(image));
        metrics.images.patients.push_back("p" + std::to_string(boxes.below(patients)));
        for (std::size_t c = 0; c < classes.size(); ++c) {
            const bool has = boxes.chance(0.5);
            const double prior = boxes.uniform(0.2, 0.6);
            metrics.images.labels.push_back(has);
            std::size_t m = 0;
            const auto put = [&](double value) {
                metrics.metrics[m++].values.push_back(has ? static_cast<float>(value) : none);
            };
            put(boxes.uniform(0.05, 0.3));
            for (std::size_t k = 0; k < std::size(localisation_metrics); ++k) {
                put(prior + (method == "mlvicx" ? 0.2 : -0.2) * noise.uniform());
                put(prior);
            }
        }
    }
    for (auto& table : localisation_tables(metrics)) r.test.push_back(std::move(table));
    r.image_metrics.push_back(std::move(metrics));
    return r;
}

void make_experiment(Store& store) {
    std::vector<JobKey> jobs;
    for (const auto& method : methods)
        for (int seed = 0; seed < seeds; ++seed) jobs.push_back(job(method + std::to_string(seed), method, 0.1, seed));
    store.add_experiment("boxes", json::object{}, jobs);
    for (const auto& key : jobs) store.finish(key, simulated(key.method, static_cast<int>(key.seed)), provenance);
}

using Row = std::vector<double>; ///< by image, NaN without a box

/// A method's metric in the database: by class and image, mean over seeds.
std::vector<Row> read(Sqlite& db, const std::string& method, const std::string& metric) {
    Statement query(db, "SELECT v.image_values FROM image_values v JOIN jobs c ON c.id = v.job_id "
                        "WHERE c.method = ? AND v.metric = ?");
    query.bind(1, method).bind(2, metric);
    std::vector<Row> rows(classes.size(), Row(images, 0));
    while (query.step()) {
        std::vector<float> values(images * classes.size());
        REQUIRE(query.blob(0).size() == 4 * values.size());
        std::memcpy(values.data(), query.blob(0).data(), 4 * values.size());
        for (std::size_t i = 0; i < values.size(); ++i)
            rows[i % classes.size()][i / classes.size()] += values[i] / double{seeds};
    }
    return rows;
}

std::vector<std::string> read_patients(Sqlite& db) {
    Statement query(db, "SELECT DISTINCT s.position, s.patient FROM image_values v JOIN scored_images s "
                        "ON s.set_id = v.set_id ORDER BY s.position");
    std::vector<std::string> result;
    while (query.step()) result.push_back(query.text(1));
    return result;
}

/// The figure in each draw: for class `c`, or the mean over classes if `c` is past the last.
Row resampled(const std::vector<Row>& rows, std::size_t c, const std::vector<std::vector<std::size_t>>& drawn) {
    Row result;
    for (const auto& draw : drawn) {
        Row of_class;
        for (std::size_t k = 0; k < rows.size(); ++k) {
            if (c < rows.size() && k != c) continue;
            Row values;
            for (const auto image : draw) values.push_back(rows[k][image]);
            of_class.push_back(mean(values));
        }
        result.push_back(mean(of_class));
    }
    return result;
}

} // namespace

TEST_CASE("localisation: every reported figure follows from the database alone", "[unit]") {
    const TempFolder folder;
    Store store(folder / "r.db");
    make_experiment(store);
    const auto grid_rows = grid(store);
    const auto files = write_report(store, "boxes", report_figures(store, "boxes", grid_rows), folder / "report");
    const auto csv = read_text(folder / "report-localisation.csv"), markdown = read_text(folder / "report.md");
    CHECK(std::find(files.begin(), files.end(), folder / "report-localisation.csv") != files.end());
    CHECK(localisation_csv(localisation(store, grid_rows)) == csv);

    const auto patient_of = read_patients(store.db());
    const auto drawn = plain::resampled_images(patient_of);
    const auto lines = plain::read_csv(csv);
    std::size_t checked = 0;
    for (const auto& method : methods) {
        const auto area = read(store.db(), method, area_metric);
        for (const auto& metric : localisation_metrics) {
            const auto ours = read(store.db(), method, metric.name);
            const auto prior = read(store.db(), method, std::string("centre_") + metric.name);
            for (std::size_t k = 0; k <= classes.size(); ++k) {
                const std::size_t c = k == 0 ? classes.size() : k - 1;
                const auto value_of = [&](const std::vector<Row>& rows) {
                    if (c < classes.size()) return mean(rows[c]);
                    Row of_class;
                    for (const auto& row : rows) of_class.push_back(mean(row));
                    return mean(of_class);
                };
                const auto a = resampled(ours, c, drawn), b = resampled(prior, c, drawn);
                Row apart;
                for (std::size_t r = 0; r < a.size(); ++r) apart.push_back(a[r] - b[r]);
                std::vector<std::string> seen;
                int with_box = 0;
                for (std::size_t image = 0; image < images; ++image) {
                    bool has = false;
                    for (std::size_t i = 0; i < classes.size(); ++i)
                        has = has || ((i == c || c == classes.size()) && !std::isnan(ours[i][image]));
                    if (!has) continue;
                    ++with_box;
                    if (std::find(seen.begin(), seen.end(), patient_of[image]) == seen.end())
                        seen.push_back(patient_of[image]);
                }
                const double difference = value_of(ours) - value_of(prior);

                REQUIRE(checked < lines.size());
                const auto& line = lines[checked];
                INFO(method << " " << metric.name << " " << line.at("class"));
                CHECK(line.at("method") == method);
                CHECK(line.at("metric") == metric.name);
                CHECK(line.at("class") == (c < classes.size() ? classes[c] : ""));
                const std::map<std::string, double> expected = {
                    {"value", value_of(ours)},
                    {"low", ends(a).first},
                    {"high", ends(a).second},
                    {"centre_prior", value_of(prior)},
                    {"centre_low", ends(b).first},
                    {"centre_high", ends(b).second},
                    {"difference", difference},
                    {"difference_low", ends(apart).first},
                    {"difference_high", ends(apart).second},
                    {"p", std::erfc(std::abs(difference) / deviation(apart) / std::sqrt(2))},
                    {"box_area", value_of(area)},
                    {"evaluations", seeds},
                    {"images", with_box},
                    {"patients", static_cast<double>(seen.size())},
                    {"classes", c < classes.size() ? 1 : 3},
                    {"resamples", 1000}};
                for (const auto& [column, value] : expected) {
                    INFO(column);
                    CHECK(plain::number(line, column) == Approx(value).epsilon(1e-6).margin(1e-9));
                }
                ++checked;
                if (c < classes.size()) continue;
                const auto shown = [](double value, std::pair<double, double> interval) {
                    return fmt::format("{:.1f} ({:.1f}–{:.1f})", 100 * value, 100 * interval.first,
                                       100 * interval.second);
                };
                const auto sign = ends(apart).first > 0 ? " ▲" : ends(apart).second < 0 ? " ▼" : "";
                CHECK(std::string(sign) == (method == "mlvicx" ? " ▲" : " ▼"));
                for (const auto& text :
                     {markdown, plain::one_line(localisation_text(localisation(store, grid_rows)))}) {
                    CHECK(text.find(shown(value_of(ours), ends(a)) + sign) != std::string::npos);
                    CHECK(text.find(shown(value_of(prior), ends(b))) != std::string::npos);
                    CHECK(text.find(fmt::format("{} test images of {} patients", with_box, seen.size())) !=
                          std::string::npos);
                    CHECK(text.find(method + ", 10 %, n = 2") != std::string::npos);
                }
            }
        }
    }
    CHECK(checked == 2 * 4 * 4);
    CHECK(checked == lines.size());
}

TEST_CASE("localisation: the stored means are those of the stored images", "[unit]") {
    const TempFolder folder;
    Store store(folder / "r.db");
    make_experiment(store);
    Statement query(store.db(), "SELECT m.metric, m.class, m.value, m.positives, v.image_values, m.position "
                                "FROM metrics m JOIN image_values v ON v.job_id = m.job_id AND v.metric = m.metric "
                                "WHERE m.split = 'test' AND m.position > 0");
    int checked = 0;
    while (query.step()) {
        std::vector<float> values(images * classes.size());
        std::memcpy(values.data(), query.blob(4).data(), 4 * values.size());
        Row column;
        for (std::size_t i = static_cast<std::size_t>(query.integer(5) - 1); i < values.size(); i += classes.size())
            column.push_back(values[i]);
        CHECK(query.real(2) == Approx(mean(column)));
        CHECK(query.integer(3) == std::count_if(column.begin(), column.end(), [](double v) { return !std::isnan(v); }));
        ++checked;
    }
    CHECK(checked == 4 * 9 * 3);
}
