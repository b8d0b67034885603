#include "datasets/decode/decode.h"
#include "experiments/prediction.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/datasets_support.h"
#include "tests/support/noise.h"
#include "tests/support/saved_classifier.h"
#include "tests/support/tiny_encoder.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <sstream>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

using Row = std::map<std::string, std::string>;

/// The rows of a CSV whose fields hold no comma, by their first field without folders.
std::map<std::string, Row> rows_of_csv(const fs::path& file) {
    const auto cells = [](const std::string& line) {
        std::vector<std::string> result(1);
        for (const char c : line) c == ',' ? result.emplace_back() : result.back() += c;
        return result;
    };
    std::istringstream in(read_text(file));
    std::string line;
    std::getline(in, line);
    const auto heads = cells(line);
    std::map<std::string, Row> rows;
    while (std::getline(in, line)) {
        const auto values = cells(line);
        for (std::size_t i = 0; i < std::min(heads.size(), values.size()); ++i)
            rows[fs::path(values[0]).filename().string()][heads[i]] = values[i];
    }
    return rows;
}

/// The largest difference between the stored test scores and those of the prediction.
double largest_difference(const TempFolder& folder) {
    const auto stored = rows_of_csv(folder / "evaluated.csv");
    std::map<std::string, Row> predicted;
    for (auto& [name, row] : rows_of_csv(folder / "p.csv")) predicted[fs::path(name).stem().string()] = row;
    REQUIRE(stored.size() > 10);
    double largest = 0;
    std::size_t scores = 0;
    for (const auto& [id, row] : stored)
        for (const auto& [name, value] : row)
            if (name.ends_with(" score")) {
                const auto& found = predicted.at(fs::path(id).stem().string()).at(name);
                largest = std::max(largest, std::abs(std::stod(value) - std::stod(found)));
                ++scores;
            }
    REQUIRE(scores >= stored.size());
    return largest;
}

} // namespace

TEST_CASE("predict: scores of PNG and DICOM files are those that the evaluation stored, up to rounding", "[slow]") {
    struct Case {
        const char *dataset, *protocol, *window, *images;
    };
    for (const auto& [dataset, protocol, window, images] :
         {Case{"nih", "frozen", "auto", "raw/images"}, Case{"nih", "finetuned", "auto", "raw/images"},
          Case{"vinbig", "frozen", "full", "raw/train"}, Case{"rsna", "finetuned", "auto", "raw"}}) {
        INFO(dataset << " " << protocol);
        const Trained trained(dataset, protocol, window);
        CHECK(contains(trained.out, "model.safetensors: the classifier, not for clinical use"));
        const Ran ran = ran_well(trained.folder, {"predict", "--model", "model.safetensors", "--out", "p.csv", images});
        CHECK(contains(ran.out, "p.csv: 90 images scored, 0 files not read; not for clinical use"));
        // Images in the same order pass in the same batches; in another order, convolutions may round differently, and
        // a probe enlarges that of features which hardly vary.
        const bool same_order = std::string(dataset) == "nih" && std::string(protocol) == "frozen";
        CHECK(largest_difference(trained.folder) <= (same_order ? 1e-6 : 1e-4));
    }
}

TEST_CASE("predict: a row per file; a class counts as positive from its threshold on, which validation chose",
          "[unit]") {
    const TempFolder folder;
    const auto model = (nih() / "model.safetensors").string(), images = (nih() / "raw/images").string();
    ran_well(folder, {"predict", "--model", model, "--out", "p.csv", images});
    const auto facts = load_model(model).facts;
    CHECK(facts.classes.size() == 14);
    CHECK(facts.protocol == "frozen");
    CHECK(facts.prepared_size == 48);
    CHECK(facts.image_size == 64);
    CHECK(facts.chosen_on == "validation");
    CHECK(facts.train_images > 20);
    const auto rows = rows_of_csv(folder / "p.csv");
    CHECK(rows.size() == 90);
    std::size_t known = 0;
    for (std::size_t c = 0; c < facts.classes.size(); ++c) {
        const auto& of = facts.thresholds[c];
        known += of.known;
        if (of.known) CHECK(of.specificity >= 0.9);
        for (const auto& [name, row] : rows) {
            // As a float: a threshold is the score of a validation image, which may be among these.
            const float score = std::stof(row.at(facts.classes[c] + " score"));
            CHECK((score >= 0 && score <= 1));
            CHECK(row.at(facts.classes[c] + " positive") == (!of.known ? "" : score >= of.threshold ? "1" : "0"));
            CHECK(row.at("notice") == "not for clinical use");
            CHECK(row.at("error").empty());
        }
    }
    CHECK(known > 0);
}

TEST_CASE("predict: a file that cannot be read keeps its row with the reason, and the others are scored", "[unit]") {
    const TempFolder folder;
    const auto model = (nih() / "model.safetensors").string();
    const auto good = *fs::directory_iterator(nih() / "raw/images");
    fs::copy_file(good, folder / "good.png");
    put(folder / "cut.png", read_text(good).substr(0, 500));
    put(folder / "text.png", "no image");
    cv::Mat black(60, 60, CV_8U, cv::Scalar(0));
    write_image(folder / "black.png", black);
    const Ran ran = run_bench(folder, {"predict", "--model", model, "--out", "p.csv", "cut.png", "none.png", "text.png",
                                       "black.png", "good.png"});
    INFO(ran.err);
    CHECK(ran.status == 2);
    CHECK(contains(ran.err, "4 of 5 files could not be read and have no score, first cut.png: "));
    CHECK(contains(ran.out, "p.csv: 1 images scored, 4 files not read"));
    const auto rows = rows_of_csv(folder / "p.csv");
    CHECK(rows.size() == 5);
    for (const auto& [name, row] : rows) {
        INFO(name);
        CHECK(row.at("error").empty() == (name == "good.png"));
        CHECK(row.at("Mass score").empty() == (name != "good.png"));
        CHECK(contains(ran.err, name + ": ") == (name != "good.png"));
    }
    CHECK(contains(read_text(folder / "p.csv"), "expected a picture"));
}

TEST_CASE("predict: an output never replaces an input", "[unit]") {
    const TempFolder folder;
    const auto model = (nih() / "model.safetensors").string();
    put(folder / "a.png", "x");
    for (const std::string option : {"--out", "--sheet"}) {
        std::vector<std::string> arguments = {"predict", "--model", model, "a.png", option, "a.png"};
        if (option == "--sheet") arguments.insert(arguments.end(), {"--out", "p.csv"});
        const Ran ran = run_bench(folder, arguments);
        CHECK(ran.status == 2);
        CHECK(contains(ran.err, option + " a.png: is one of the files to read"));
        CHECK(read_text(folder / "a.png") == "x");
    }
}

TEST_CASE("predict: the sheet has a row per image, and the notice", "[unit]") {
    const TempFolder folder;
    const auto model = (nih() / "model.safetensors").string(), images = (nih() / "raw/images").string();
    ran_well(folder, {"predict", "--model", model, "--out", "p.csv", "--sheet", "s.png", "--images", "3", images});
    const auto sheet = cv::imread((folder / "s.png").string());
    CHECK(sheet.cols == 10 + 4 * 266); // the image and three classes
    CHECK(sheet.rows == 62 + 3 * (256 + 44));
}

TEST_CASE("predict: many files pass in parts, in order, each with its own score or fault", "[unit]") {
    const TempFolder folder;
    SavedModel model;
    model.facts.classes = {"a", "b"};
    model.facts.prepared_size = model.facts.image_size = 32;
    model.encoder = std::make_shared<TinyEncoder>();
    model.encoder->eval();
    model.head = {noise({2, 16}, 5).to(torch::kFloat32), torch::zeros({2}), torch::full({16}, 0.1f),
                  torch::full({16}, 2.0f)};
    for (int k = 0; k < 3; ++k) write_image(folder / fmt::format("{}.png", k), test_image(40, 40, k));
    std::vector<fs::path> files;
    for (int i = 0; i < 2100; ++i) files.push_back(folder / (i % 7 == 6 ? "none.png" : fmt::format("{}.png", i % 3)));
    std::vector<std::string> scores;
    std::size_t parts = 0;
    predict_files(model, files, {32, torch::kCPU, Precision::fp32}, [&](const PredictedFiles& part) {
        ++parts;
        for (std::size_t i = 0; i < part.files.size(); ++i) {
            CHECK(part.files[i] == files[scores.size()]);
            const auto own = part.scores[static_cast<std::int64_t>(i)];
            scores.push_back(part.faults[i].empty() ? fmt::format("{} {}", own[0].item<float>(), own[1].item<float>())
                                                    : "");
        }
    });
    CHECK(parts == 3);
    REQUIRE(scores.size() == files.size());
    for (std::size_t i = 0; i < scores.size(); ++i) CHECK(scores[i] == (i % 7 == 6 ? "" : scores[i % 3]));
    CHECK(scores[0] != scores[1]);
}
