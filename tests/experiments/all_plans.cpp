#include "core/files.h"
#include "datasets/phantom/image.h"
#include "datasets/phantom/layouts.h"
#include "datasets/phantom/phantom.h"
#include "experiments/encoder_table.h"
#include "experiments/plan.h"
#include "experiments/plan_text.h"
#include "experiments/runner/jobs.h"
#include "experiments/runner/runner.h"
#include "results/store/sqlite.h"
#include "tests/support/catch.h"
#include "tests/support/quick_protocols.h"
#include "tests/support/temporary.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>

using namespace mlvicx;

namespace fs = std::filesystem;

namespace {

const fs::path plans = fs::path(MLVICX_SOURCE) / "experiments/plans";

std::vector<fs::path> all_plans() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(plans))
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

constexpr int images = 120, pixels = 32;

/// The folders and files that plans name by environment variables, with few and small synthetic images.
class Originals {
public:
    Originals() {
        std::uint64_t seed = 0;
        for (const std::string layout : {"nih", "rsna", "siim", "vinbig", "kermany"}) {
            PhantomOptions options;
            options.layout = layout;
            options.images = images;
            options.size = pixels;
            options.seed = ++seed;
            write_phantom(options, folder / layout);
        }
        draw_jsrt();
        for (const char* network : {"resnet18", "resnet50"})
            save_encoder(folder / (network + std::string(".safetensors")), *make_encoder(network));
        set("NIH_ROOT", "nih");
        set("NIH_METADATA", "nih");
        set("RSNA_ROOT", "rsna");
        set("SIIM_ROOT", "siim");
        set("VINBIG_ROOT", "vinbig");
        set("KERMANY_ROOT", "kermany");
        set("JSRT_ROOT", "jsrt");
        set("IMAGENET_RESNET18", "resnet18.safetensors");
        set("IMAGENET_RESNET50", "resnet50.safetensors");
    }
    ~Originals() {
        for (const auto& name : names_) ::unsetenv(name.c_str());
    }
    TempFolder folder;

private:
    void set(const char* name, const std::string& file) {
        ::setenv(name, (folder / file).c_str(), 1);
        names_.emplace_back(name);
    }
    /// The files that JSRT's table lists; what is brighter than some grey stands for an organ.
    void draw_jsrt() const {
        std::ifstream table(plans / "jsrt.csv");
        std::string line;
        std::getline(table, line);
        for (std::uint32_t number = 0; std::getline(table, line); ++number) {
            const cv::Mat1b image = phantom::draw_image({9, number, 0}, pixels).pixels;
            double grey = 60;
            for (std::size_t at = line.find(",images/") + 1; at != 0; at = line.find(",masks/", at) + 1) {
                const fs::path file = folder / "jsrt" / line.substr(at, line.find(',', at) - at);
                if (number == 0) fs::create_directories(file.parent_path());
                phantom::write_png(file, line.compare(at, 6, "masks/") == 0 ? cv::Mat1b(image > (grey += 20)) : image);
            }
        }
    }
    std::vector<std::string> names_;
};

std::int64_t smaller(std::int64_t value, std::int64_t divisor, std::int64_t least) {
    return std::max(least, value / divisor);
}

/// 32 pixels for 224, and 16 for half of that.
std::int64_t smaller_side(std::int64_t side) {
    return (side / 7 + 15) / 16 * 16;
}

/// The method's entry with all its options, for a training of seconds. What tells it from other entries stays.
json::object tiny_entry(const Plan& plan, const PlanMethod& method) {
    MethodOptions own = method.own;
    PretrainOptions training = method.pretrain;
    json::object entry = resolved([&](Fields& f) { method.entry->fields(f, own); });
    for (const char* width : {"hidden", "output", "level_channels"})
        if (auto* value = entry.if_contains(width)) *value = smaller(value->to_number<std::int64_t>(), 64, 8);
    entry["name"] = method.entry->name;
    entry["label"] = method.label;
    if (method.entry->trains) {
        training.epochs = training.epochs > 300 ? 2 : 1;
        training.batch_size = std::min<std::int64_t>(24, smaller(training.batch_size, 16, 8));
        training.image_size = smaller_side(training.image_size);
        if (training.images > 0) training.images = std::max(training.images, 0.3); // at least a batch
        training.schedule.warmup_epochs = 0;
        for (const auto& item : resolved([&](Fields& f) { fields(f, training); })) entry[item.key()] = item.value();
    }
    if (method.encoder != plan.encoder) entry["encoder"] = method.encoder;
    json::object evaluate;
    if (method.features != plan.evaluate.features) evaluate["features"] = method.features;
    if (method.image_size != plan.evaluate.image_size) evaluate["image_size"] = smaller_side(method.image_size);
    if (!evaluate.empty()) entry["evaluate"] = evaluate;
    return entry;
}

/// The last control and the last method that trains, and the first one if that is the same method: the ends of a grid.
json::array tiny_methods(const Plan& plan) {
    const PlanMethod *control = nullptr, *first = nullptr, *last = nullptr;
    for (const auto& method : plan.methods) {
        if (!method.entry->trains) {
            control = &method;
            continue;
        }
        if (first == nullptr) first = &method;
        last = &method;
    }
    if (first == last || first->entry != last->entry) first = nullptr;
    json::array entries;
    for (const auto* method : {control, first, last})
        if (method != nullptr) entries.push_back(tiny_entry(plan, *method));
    return entries;
}

/// A plan that extends the file: the same datasets, protocols and kinds of methods, with little to compute.
json::object tiny_plan(const Plan& plan) {
    json::object datasets, evaluate;
    for (const auto& dataset : plan.datasets) {
        json::object smaller_images{{"size", pixels}};
        if (dataset.import.importer == "phantom") smaller_images["phantom"] = {{"images", images}, {"size", pixels}};
        datasets[dataset.name] = smaller_images;
    }
    const std::int64_t least = plan.evaluate.heatmaps.on ? 32 : 16; // heatmaps of one pixel are refused
    evaluate["image_size"] = std::max(least, smaller_side(plan.evaluate.image_size));
    evaluate["fractions"] = plan.evaluate.draws.empty() ? json::array{1} : json::array{0.5, 1};
    if (plan.evaluate.draws.size() > 2) evaluate["draws"] = json::array{plan.evaluate.draws[0], plan.evaluate.draws[1]};
    testing::one_epoch_each(evaluate);
    json::object text{{"extends", plan.file.string()},
                      {"datasets", datasets},
                      {"methods", tiny_methods(plan)},
                      {"evaluate", evaluate},
                      {"seeds", json::array{plan.seeds.front()}}};
    if (PlanText(plan.file).merged().contains("grid")) text["grid"] = nullptr;
    return text;
}

/// Keeps what a run prints out of the tests' output.
class Silence {
public:
    Silence() : out_(::dup(1)), err_(::dup(2)) {
        std::fflush(nullptr);
        const int nothing = ::open("/dev/null", O_WRONLY);
        ::dup2(nothing, 1);
        ::dup2(nothing, 2);
        ::close(nothing);
    }
    ~Silence() {
        std::fflush(nullptr);
        for (const auto& [kept, number] : {std::pair(out_, 1), {err_, 2}}) {
            ::dup2(kept, number);
            ::close(kept);
        }
    }

private:
    int out_, err_;
};

std::string run_quietly(const fs::path& plan, const fs::path& results) {
    const Silence silence;
    return message_of([&] {
        RunOptions options;
        options.plan = plan;
        options.results = results;
        options.device = "cpu";
        run_plan(options);
    });
}

Jobs jobs_of(const Plan& plan) {
    JobInputs inputs;
    for (const auto& dataset : plan.datasets) inputs.fingerprints[dataset.name] = "of " + dataset.name;
    return expand_jobs(plan, inputs);
}

} // namespace

TEST_CASE("plans: every plan has a purpose and a name of its own, and expands into jobs", "[unit]") {
    std::set<std::string> names;
    for (const auto& file : all_plans()) {
        INFO(file.string());
        std::vector<UnsetVariable> unset; // the folders of the original files
        const Plan plan = read_plan(file, {}, &unset);
        CHECK(plan.name == file.stem().string());
        CHECK(names.insert(plan.name).second);
        CHECK(plan.about.size() > 50);
        if (std::any_of(plan.methods.begin(), plan.methods.end(),
                        [](const PlanMethod& method) { return !method.own.weights.file.empty(); }))
            continue; // the content of weights is part of a job's identity
        const Jobs jobs = jobs_of(plan);
        CHECK_FALSE(jobs.evaluate.empty());
        std::set<std::string> hashes;
        for (const auto& job : jobs.evaluate) CHECK(hashes.insert(job.key.hash).second);
    }
    CHECK(names.size() > 20);
}

TEST_CASE("plans: every plan runs from original files to a table, with little of everything", "[slow]") {
    const Originals originals;
    const fs::path results = originals.folder / "all.db"; // in one file, so that plans share prepared files and jobs
    for (const auto& file : all_plans()) {
        INFO(file.string());
        std::vector<UnsetVariable> unset;
        const Plan plan = read_plan(file, {}, &unset);
        if (std::any_of(unset.begin(), unset.end(), [](const auto& variable) { return variable.name == "LISTS"; }))
            continue; // published_plans.cpp makes such lists, and runs these plans
        REQUIRE(unset.empty());
        const fs::path tiny = originals.folder / "plan.json";
        write_text(tiny, pretty(tiny_plan(plan)));
        CHECK(run_quietly(tiny, results).empty());
        Sqlite db(results, true);
        Statement open(db, "SELECT count(*) FROM jobs WHERE state != 'done'");
        REQUIRE(open.step());
        CHECK(open.integer(0) == 0);
        Statement evaluated(db, "SELECT count(*) FROM experiments WHERE name = '" + plan.name + "'");
        REQUIRE(evaluated.step());
        CHECK(evaluated.integer(0) == 1);
    }
}

TEST_CASE("plans: the table of the paper's plans has every file, with its jobs", "[unit]") {
    const TempFolder folder;
    for (const char* network : {"resnet18", "resnet50"})
        write_text(folder / network, network); // only its content counts here
    ::setenv("IMAGENET_RESNET18", (folder / "resnet18").c_str(), 1);
    ::setenv("IMAGENET_RESNET50", (folder / "resnet50").c_str(), 1);
    const std::string table = read_text(plans / "paper/README.md");
    for (const auto& file : all_plans()) {
        if (file.parent_path().filename() != "paper") continue;
        std::vector<UnsetVariable> unset;
        const Jobs jobs = jobs_of(read_plan(file, {}, &unset));
        const std::string row =
            fmt::format("| `{}` | {} + {} |", file.filename().string(), jobs.pretrain.size(), jobs.evaluate.size());
        INFO(row);
        CHECK(contains(table, row));
    }
    ::unsetenv("IMAGENET_RESNET18");
    ::unsetenv("IMAGENET_RESNET50");
}
