#include "core/json.h"
#include "experiments/plan_text.h"
#include "methods/weights.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/own_images.h"
#include "tests/support/quick_protocols.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace fs = std::filesystem;

namespace {

/// In the order in which their command lines run: start.md makes the files that others use.
std::vector<std::string> all_documents() {
    std::vector<std::string> documents = {"README.md", "docs/start.md"};
    for (const auto& entry : fs::directory_iterator(fs::path(MLVICX_SOURCE) / "docs"))
        if (entry.path().extension() == ".md" && entry.path().filename() != "start.md")
            documents.push_back("docs/" + entry.path().filename().string());
    std::sort(documents.begin() + 2, documents.end());
    documents.push_back("CONTRIBUTING.md");
    documents.push_back("experiments/plans/README.md");
    documents.push_back("experiments/plans/published/README.md");
    return documents;
}

// ---- substitutions -------------------------------------------------------------------------------------------------

/// Parts of the documents' command lines that would need real data, a GPU or hours, and what the test replaces them
/// with. "@" is the test's folder.
const std::vector<std::pair<std::string, std::string>> substitutions = {
    {"/data/", "@/data/"},  // drawn in the datasets' layouts beforehand
    {" --device cuda", ""}, //
    {" --devices 0,1,2,3", " --devices cpu,cpu"},
    {" --size 224", " --size 32"}, // of prepared images
    {" --images 200", " --images 20"},
    {" --size 256", " --size 64"}, // of phantom
    {" --phantom-images 500", " --phantom-images 60"},
    {" --size 64 ", " --size 32 "},
    {" --epochs 100", ""},
    {"before.db after.db", "nih.db nih.db"},
    {"before.json now.json", "now.json now.json"},
};

/// Every command of the program that a document may show, with arguments that make it end soon. A command that is not
/// listed here makes the test fail: add a line, and what the command needs to `prepare_folder`.
const std::map<std::string, std::string> additions = {
    {"audit", ""}, //
    {"bench", " --seconds 0.2"},
    {"clean", ""},
    {"compare", ""},
    {"completion", ""},
    {"doctor", ""},
    {"evaluate", " --image-size 64 --set finetuned.epochs=1 --set segmentation.epochs=1"},
    {"export", ""},
    {"heatmaps", " --image-size 64 --images 2"},
    {"inspect", ""},
    {"merge", ""},
    {"phantom", ""},
    {"plan", ""}, // of the same small plans as run
    {"predict", ""},
    {"prepare", ""},
    {"pretrain", " --epochs 1 --batch-size 16 --image-size 32 --set hidden=64"},
    {"report", ""},
    {"run", ""}, // its plans are small ones of the same names and datasets: small_plan
    {"slurm", ""},
    {"status", ""},
    {"subsets", ""},
    {"verify", ""},
    {"views", " --images 2"},
};

/// A plan with the same datasets, one method that trains and the random control, and few small synthetic images.
json::value small_plan(json::value plan) {
    json::object& root = plan.as_object();
    root.erase("grid");
    for (auto& item : root.at("datasets").as_object()) {
        json::object& dataset = item.value().as_object();
        if (dataset.contains("importer")) dataset["size"] = 32;
        if (dataset.contains("phantom")) {
            dataset["phantom"].as_object()["images"] = 120;
            dataset["phantom"].as_object()["size"] = 64;
        }
    }
    json::object& pretrain =
        root["pretrain"].is_object() ? root["pretrain"].as_object() : root["pretrain"].emplace_object();
    pretrain["epochs"] = 1;
    pretrain["batch_size"] = 16;
    pretrain["image_size"] = 32;
    root["methods"] = json::parse(R"([{"name": "simclr", "hidden": 64, "output": 64}, "random"])");
    root["seeds"] = json::array{0};
    json::object& evaluate = root.at("evaluate").as_object();
    evaluate["image_size"] = 32;
    evaluate["fractions"] = json::array{1};
    evaluate.erase("draws");
    one_epoch_each(evaluate);
    return plan;
}

/// What the documents assume: the datasets' folders, the user's own CSV and features, the plans and the program.
void prepare_folder(const TempFolder& folder) {
    for (const std::string layout : {"nih", "rsna", "siim", "vinbig", "kermany", "chexpert", "mimic"}) {
        const Ran ran = run_bench(folder, {"phantom", "--layout", layout, "--out", (folder / "data" / layout).string(),
                                           "--images", "150", "--size", "64"});
        INFO(ran.err);
        REQUIRE(ran.status == 0);
    }
    ::setenv("KERMANY_ROOT", (folder / "data/kermany").c_str(), 1); // exported by a line of its own in docs/kermany.md
    write_own_csv(folder / "my.csv", folder / "data/nih/images", 80);
    std::string names; // of images, for features that another program might have computed
    std::int64_t images = 0;
    for (const auto& entry : fs::directory_iterator(folder / "data/nih/images")) {
        names += entry.path().filename().string() + "\n";
        ++images;
    }
    save_tensors(folder / "rad-dino.safetensors", {{"features", torch::rand({images, 8})}}, {{"ids", names}});
    for (const auto& entry : fs::directory_iterator(fs::path(MLVICX_SOURCE) / "experiments/plans"))
        if (entry.path().extension() == ".json")
            write_text(folder / "experiments/plans" / entry.path().filename(),
                       pretty(small_plan(PlanText(entry.path()).merged())));
    write_text(folder / "experiments/plans/published/published.csv",
               read_text(fs::path(MLVICX_SOURCE) / "experiments/plans/published/published.csv"));
    fs::create_directories(folder / "build/release");
    fs::create_symlink(MLVICX_BENCH, folder / "build/release/mlvicx-bench");
}

// ---- the documents' command lines ----------------------------------------------------------------------------------

/// Joins lines that end in "\" with the next one.
std::vector<std::string> whole_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    bool open = false;
    for (std::string line; std::getline(in, line);) {
        const bool goes_on = line.ends_with('\\');
        if (goes_on) line.pop_back();
        if (open)
            lines.back() += line.substr(std::min(line.find_first_not_of(' '), line.size()));
        else
            lines.push_back(line);
        open = goes_on;
    }
    return lines;
}

/// The command lines of a document: indented ones, and those in the text that have an option.
std::vector<std::string> command_lines(const std::string& text) {
    std::vector<std::string> commands;
    const std::regex block(R"(^ {2,}((?:[A-Z_]+=\S+ )?(?:build/release/)?mlvicx-bench .*|\./run .*)$)");
    for (const auto& line : whole_lines(text))
        if (std::smatch found; std::regex_match(line, found, block)) commands.push_back(found[1]);
    const std::regex inside("`(mlvicx-bench [^`]* --[^`]*)`");
    for (auto found = std::sregex_iterator(text.begin(), text.end(), inside); found != std::sregex_iterator(); ++found)
        commands.push_back(std::regex_replace((*found)[1].str(), std::regex("\\s+"), " "));
    return commands;
}

/// The names in the list of commands on the program's help page.
std::vector<std::string> commands_of(const std::string& help) {
    std::vector<std::string> names;
    std::istringstream in(help.substr(help.find("Commands\n") + 9));
    for (std::string line; std::getline(in, line) && line.starts_with("  ");)
        if (line[2] != ' ') names.push_back(line.substr(2, line.find(' ', 2) - 2));
    return names;
}

std::string substituted(std::string line, const TempFolder& folder) {
    for (const auto& [from, to] : substitutions)
        for (std::size_t at = line.find(from); at != std::string::npos; at = line.find(from, at + to.size()))
            line.replace(at, from.size(), to);
    return std::regex_replace(line, std::regex("@"), folder.path.string());
}

/// Runs a document's line as a shell does; returns its output if it fails.
std::string failure_of(const std::string& line, const TempFolder& folder) {
    std::smatch found;
    if (line.starts_with("./run")) { // it builds, so only check that `run` knows the command
        const std::string known = read_text(fs::path(MLVICX_SOURCE) / "run");
        std::regex_search(line, found, std::regex(R"(\./run (\w+))"));
        return contains(known, "./run " + found[1].str() + " ") ? "" : "./run help does not list it";
    }
    if (!std::regex_search(line, found, std::regex(R"(mlvicx-bench (--\w+|\w+))"))) return "it contains no command";
    const std::string name = found[1];
    if (!name.starts_with("--") && !additions.contains(name)) return "the test does not know the command " + name;
    const std::string added = name.starts_with("--") ? "" : additions.at(name);
    const std::string command = substituted(line, folder) + added;
    write_text(folder / "line.sh",
               "export PATH=build/release:$PATH MLVICX_PLANS=experiments/plans\n" + command + " > stdout 2> stderr\n");
    const int state = std::system(fmt::format("cd {} && bash line.sh", folder.path.string()).c_str());
    if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return "";
    return command + "\n" + read_text(folder / "stdout") + read_text(folder / "stderr");
}

} // namespace

TEST_CASE("readme: every command line of the documents and of the help pages runs, one after the other", "[slow]") {
    const TempFolder folder;
    prepare_folder(folder);
    std::vector<std::string> lines;
    std::set<std::string> shown; // a line that several documents show runs once
    const auto show = [&](const std::string& text) {
        for (const auto& line : command_lines(text))
            if (shown.insert(line).second) lines.push_back(line);
    };
    for (const auto& document : all_documents()) show(read_text(fs::path(MLVICX_SOURCE) / document));
    CHECK(lines.size() > 20);
    for (const auto& name : commands_of(run_bench(folder, {"--help"}).out)) {
        const Ran help = run_bench(folder, {name, "--help"});
        CHECK(help.status == 0);
        const std::size_t examples = help.out.find("\nExamples\n");
        if (name == "doctor") continue; // takes nothing
        INFO(name);
        CHECK(examples != std::string::npos);
        if (examples == std::string::npos) continue;
        show(help.out.substr(examples));
    }
    for (const auto& line : lines) {
        INFO(line);
        CHECK(failure_of(line, folder) == "");
    }
}

TEST_CASE("help: pages are narrower than 100 columns, and group their options", "[unit]") {
    const TempFolder folder;
    const Ran program = run_bench(folder, {"--help"});
    auto names = commands_of(program.out);
    CHECK(names.size() >= 14);
    names.emplace_back("");
    for (const auto& name : names) {
        const Ran help = run_bench(folder, name.empty() ? std::vector<std::string>{"--help"}
                                                        : std::vector<std::string>{name, "--help"});
        INFO(help.out);
        CHECK(help.status == 0);
        CHECK(help.err.empty());
        CHECK(contains(help.out, "Usage: mlvicx-bench"));
        CHECK(contains(help.out, "--quiet"));
        std::istringstream lines(help.out);
        for (std::string line; std::getline(lines, line);) CHECK(line.size() < 100);
    }
    const std::string common = run_bench(folder, {"prepare", "--help"}).out;
    CHECK(contains(common, "vinbig: VinBig-CXR"));
    CHECK(contains(common, "\nSplit\n  --split NAME"));
    CHECK_FALSE(contains(common, "--readers"));
    const std::string own = run_bench(folder, {"prepare", "--help", "--dataset", "vinbig"}).out;
    CHECK(contains(own, "\nOnly for vinbig\n  --readers NAME"));
    CHECK_FALSE(contains(own, "--mapping"));
    const Ran version = run_bench(folder, {"--version"});
    CHECK(version.status == 0);
    CHECK(std::regex_search(version.out, std::regex(R"(^mlvicx-bench \d+\.\d+\.\d+, commit \w+)")));
}
