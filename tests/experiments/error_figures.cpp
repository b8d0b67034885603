#include "core/files.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/report_csv.h"

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>

#include <set>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace fs = std::filesystem;

namespace {

Ran done(const TempFolder& folder, const std::vector<std::string>& arguments) {
    Ran ran = run_bench(folder, arguments);
    INFO(ran.err);
    CHECK(ran.status == 0);
    return ran;
}

/// Synthetic images of 48 pixels, prepared once.
const TempFolder& prepared() {
    static const TempFolder folder;
    static const bool made = [] {
        done(folder, {"phantom", "--out", "raw", "--images", "120", "--size", "64"});
        done(folder, {"prepare", "--dataset", "nih", "--root", "raw", "--size", "48", "--out", "data.safetensors"});
        return true;
    }();
    REQUIRE(made);
    return folder;
}

std::vector<std::string> evaluate(const std::vector<std::string>& more) {
    std::vector<std::string> words = {"evaluate", "--data", (prepared() / "data.safetensors").string(), "--encoder",
                                      "random"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

/// Names of the figures below `folder`.
std::set<std::string> figures_in(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".png") names.insert(entry.path().filename().string());
    return names;
}

} // namespace

TEST_CASE("error figures: a figure for each class with errors, and every error in the CSV", "[unit]") {
    const TempFolder folder;
    const auto ran = done(folder, evaluate({"--image-size", "64", "--out", "scores.csv", "--errors", "errors"}));
    CHECK(contains(ran.out, "false positives"));
    for (std::size_t at = 0, end = 0; at < ran.out.size(); at = end + 1) {
        end = std::min(ran.out.find('\n', at), ran.out.size());
        CHECK(end - at <= 80 + 10); // bytes
    }

    // Recomputed from the scores of all test images.
    const auto scores = plain::lines_by(read_text(folder / "scores.csv"), {"id"});
    const auto errors = plain::read_csv(read_text(folder / "errors" / "errors.csv"));
    std::set<std::string> figures;
    std::string last;
    double before = 0;
    for (const auto& line : errors) {
        const double score = plain::number(line, "score");
        const bool positive = line.at("error") == "false positive";
        CHECK(positive == (score >= plain::number(line, "threshold")));
        const auto& image = scores.at(line.at("id"));
        CHECK(image.at(line.at("class") + " label") == (positive ? "0" : "1"));
        CHECK(image.at(line.at("class") + " score") == line.at("score"));
        const std::string list = line.at("class") + line.at("error");
        if (list == last) CHECK((positive ? score <= before : score >= before));
        CHECK((list != last) == (line.at("rank") == "1"));
        CHECK((plain::number(line, "rank") <= 6) != line.at("figure").empty());
        if (!line.at("figure").empty()) figures.insert(line.at("figure"));
        last = list;
        before = score;
    }
    CHECK_FALSE(errors.empty());
    CHECK(figures_in(folder / "errors") == figures);
    CHECK(contains(ran.out, fmt::format("errors: {} figure", figures.size())));
    for (const auto& name : figures) CHECK_FALSE(cv::imread((folder / "errors" / name).string()).empty());
}

TEST_CASE("error figures: where there are no heatmaps, figures and text say why", "[unit]") {
    const TempFolder folder;
    CHECK(contains(done(folder, evaluate({"--image-size", "64", "--protocol", "knn", "--errors", "knn"})).out,
                   "without heatmaps: the protocol knn has no linear head"));
    CHECK(contains(done(folder, evaluate({"--image-size", "32", "--errors", "small"})).out,
                   "without heatmaps: map 5 of 32 pixels is a single pixel"));
    const auto heights = [&](const char* name) {
        std::set<int> found;
        for (const auto& file : figures_in(folder / name))
            found.insert(cv::imread((folder / name / file).string()).rows);
        return found;
    };
    CHECK_FALSE(heights("knn").empty());
    CHECK(*heights("knn").rbegin() < 2 * 2 * 224);
    CHECK(*heights("small").rbegin() < 2 * 2 * 224);
}

TEST_CASE("error figures: what cannot be drawn is refused before anything is computed", "[unit]") {
    const TempFolder folder;
    const auto refused = [&](const std::vector<std::string>& more) {
        const Ran ran = run_bench(folder, evaluate(more));
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        return ran.err;
    };
    CHECK(
        contains(refused({"--protocol", "segmentation_frozen", "--errors", "errors"}),
                 "--errors: the protocol segmentation_frozen predicts masks and has no scores of classes; expected "));
    CHECK_FALSE(fs::exists(folder / "errors"));
    fs::create_directories(folder / "used");
    write_text(folder / "used/notes.txt", "mine");
    CHECK(contains(refused({"--errors", "used"}), "--errors: used holds other files, expected a new or empty folder"));
    CHECK(
        contains(refused({"--errors", "used/notes.txt"}), "used/notes.txt is a file, expected a new or empty folder"));
    CHECK(names_below(folder) == std::vector<std::string>{"used", "used/notes.txt"});
}
