#include "core/json.h"
#include "results/report/text.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <regex>
#include <sstream>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

/// bench on few small images, with heads that all methods have.
Ran run_small(const TempFolder& folder, std::vector<std::string> more) {
    std::vector<std::string> words{"bench",     "--batch", "8",     "--size",         "32",    "--device", "cpu",
                                   "--seconds", "0.1",     "--set", "precision=fp32", "--set", "output=16"};
    words.insert(words.end(), more.begin(), more.end());
    return run_bench(folder, words);
}

double number(const json::value& row, const char* key) {
    return row.at(key).to_number<double>();
}

} // namespace

TEST_CASE("bench: a record has each method's steps, and its text fits 80 columns", "[slow]") {
    const TempFolder folder;
    const Ran ran = run_small(folder, {"--method", "simclr", "--method", "byol", "--json", "a.json"});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        CHECK(text_width(line) <= 80);
    }
    std::string flat = ran.out; // a machine's name may be long
    std::replace(flat.begin(), flat.end(), '\n', ' ');
    for (const char* part :
         {"resnet18, 8 images of 32 pixels a step, fp32", "Steps: ", "Parts: ", "Against the device: "})
        CHECK(contains(flat, part));
    const auto record = read_json(folder / "a.json");
    CHECK(record.at("kind") == "bench");
    CHECK(record.at("setting").at("image_size") == 32);
    CHECK(record.at("machine").at("matrix_gflops").to_number<double>() > 0);
    const auto& rows = record.at("rows").as_array();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].at("method") == "simclr");
    for (const auto& row : rows) {
        CHECK(number(row, "images_per_second") > 0);
        CHECK(number(row, "lowest") <= number(row, "images_per_second"));
        CHECK(number(row, "highest") >= number(row, "images_per_second"));
        CHECK(number(row, "milliseconds_per_step") * number(row, "images_per_second") == Approx(8000).epsilon(0.01));
        double sum = 0;
        for (const auto& part : row.at("shares").as_object()) sum += part.value().to_number<double>();
        CHECK(sum > 0.3);
        CHECK(sum < 1.001);
        CHECK(number(row, "peak_gb") > 0.04); // ResNet-18's weights alone
        CHECK(number(row, "gflop_per_step") > 1);
    }
    const Ran ratios = run_bench(folder, {"bench", "--compare", "a.json", "a.json"});
    INFO(ratios.err);
    CHECK(ratios.status == 0);
    CHECK(std::regex_search(ratios.out, std::regex("byol +\\S+ +\\S+ +1\\.00 ")));
    CHECK(names_below(folder) == std::vector<std::string>{"a.json"});
}

TEST_CASE("bench: records of other kinds or settings are refused", "[unit]") {
    const TempFolder folder;
    const std::string row = R"({"method": "simclr", "options": {}, "images_per_second": 10, "lowest": 9, "highest": 11,
        "peak_gb": 1})";
    const auto record = [&](const std::string& kind, int size, const std::string& rows) {
        return fmt::format(R"({{"kind": "{}", "date": "2026-01-01", "program": {{"commit": "c"}}, "libtorch": "2.6",
            "machine": {{"device": "d", "threads": 2}}, "setting": {{"encoder": "resnet18", "image_size": {},
            "batch_size": 16, "precision": "fp32"}}, "rows": [{}]}})",
                           kind, size, rows);
    };
    write_text(folder / "a.json", record("bench", 64, row));
    write_text(folder / "kind.json", record("pytorch", 64, row));
    write_text(folder / "size.json", record("bench", 224, row));
    write_text(folder / "rows.json", record("bench", 64, R"({"method": "byol", "options": {}})"));
    write_text(folder / "rate.json", record("bench", 64, R"({"method": "simclr", "options": {}})"));
    write_text(folder / "none.json", "[1, 2]");
    const auto refused = [&](const std::string& other) {
        const Ran ran = run_bench(folder, {"bench", "--compare", "a.json", other});
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        return ran.err;
    };
    CHECK(
        contains(refused("kind.json"), "kind.json: its kind is \"pytorch\", expected a record of mlvicx-bench bench"));
    CHECK(contains(refused("none.json"), "none.json: has no kind, expected a record"));
    CHECK(contains(refused("size.json"), "image_size is 64 in a.json and 224 in size.json"));
    CHECK(contains(refused("rows.json"), "have no method in common"));
    CHECK(contains(refused("rate.json"), "rate.json: $.images_per_second is missing"));
    CHECK(contains(refused("nowhere.json"), "nowhere.json"));
}

TEST_CASE("bench: mistakes end with exit status 2 and leave no file", "[unit]") {
    const TempFolder folder;
    const auto refused = [&](const std::vector<std::string>& more) {
        const Ran ran = run_small(folder, more);
        CHECK(ran.status == 2);
        CHECK(names_below(folder).empty());
        return ran.err;
    };
    CHECK(contains(refused({}), "bench needs --method or --compare"));
    CHECK(contains(refused({"--method", "simclr", "--method", "simclr"}), "--method has simclr twice"));
    CHECK(contains(refused({"--method", "all", "--step", "s.safetensors"}), "--step writes the step of one method"));
    CHECK(contains(refused({"--method", "simclr", "--data", "nowhere.safetensors"}), "nowhere.safetensors"));
    CHECK(contains(refused({"--method", "byol", "--set", "temperature=1", "--json", "a.json"}), "temperature"));
}
