// The plans of published protocols run on synthetic images in the layouts of their datasets, with lists of the same
// names.
#include "datasets/import.h"
#include "datasets/phantom/phantom.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/quick_protocols.h"

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <set>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace fs = std::filesystem;

namespace {

fs::path plans() {
    return fs::path(MLVICX_SOURCE) / "experiments/plans/published";
}

/// Draws a dataset in `layout` into `folder`/`layout`, and lists of its images into `lists`, as the publishers name
/// them.
void make(const TempFolder& folder, const std::string& layout, const fs::path& lists) {
    ImportOptions options;
    options.importer = "phantom";
    options.root = folder / layout;
    options.split.kind = "patient";
    options.split.validation = 0.15;
    options.split.test = 0.35;
    options.own<PhantomOptions>().layout = layout;
    options.own<PhantomOptions>().images = 120;
    options.own<PhantomOptions>().size = 64;
    std::map<Split, std::vector<std::string>> names;
    for (const ImageEntry& image : import_dataset(options).images)
        names[image.split].push_back(layout == "siim_png" ? image.file.stem().string() : image.id);
    const auto write = [&](const std::string& file, const std::vector<std::string>& of, std::size_t most) {
        std::string text;
        for (std::size_t i = 0; i < std::min(most, of.size()); ++i) text += of[i] + "\n";
        write_text(lists / (file + ".txt"), text);
    };
    for (const auto& [file, split, most] : {std::tuple("train", Split::train, 200),
                                            {"train_1", Split::train, 12},
                                            {"train_10", Split::train, 30},
                                            {"val", Split::validation, 200},
                                            {"test", Split::test, 200}})
        write(file, names[split], static_cast<std::size_t>(most));
}

/// CoBooM's lists: parts of the official training list, and the official test list.
void make_coboom(const fs::path& nih, const fs::path& lists) {
    const std::string train = read_text(nih / "train_val_list.txt");
    for (const auto& [file, count] : {std::pair("label_1", 12), {"label_5", 12}, {"label_10", 20}, {"label_30", 40}}) {
        std::size_t end = 0;
        for (int i = 0; i < count; ++i) end = train.find('\n', end) + 1;
        write_text(lists / (std::string(file) + ".txt"), train.substr(0, end));
    }
    write_text(lists / "test.txt", read_text(nih / "test_list.txt"));
}

/// The plan with tiny sizes, as one that extends it.
json::object tiny(const fs::path& plan, const std::set<std::string>& datasets) {
    json::object sizes;
    for (const auto& name : datasets) sizes[name] = json::object{{"size", 32}};
    json::object evaluate = {{"image_size", 32}, {"precision", "fp32"}};
    one_epoch_each(evaluate);
    return {{"extends", plan.string()},
            {"datasets", sizes},
            {"pretrain", {{"epochs", 1}, {"batch_size", 8}, {"image_size", 32}, {"precision", "fp32"}}},
            {"methods", json::array{json::object{{"name", "simclr"}, {"hidden", 16}, {"output", 8}}, "random"}},
            {"evaluate", evaluate},
            {"seeds", json::array{0}}};
}

/// The datasets of a plan and of those that it extends.
std::set<std::string> datasets_of(const fs::path& plan) {
    const json::object text = read_json(plan).as_object();
    std::set<std::string> names;
    if (const auto* base = text.if_contains("extends"))
        names = datasets_of(plan.parent_path() / base->as_string().c_str());
    if (const auto* own = text.if_contains("datasets"))
        for (const auto& item : own->as_object()) names.emplace(item.key());
    return names;
}

} // namespace

TEST_CASE("published plans: each runs end to end on its lists, and marks what it must", "[slow]") {
    const TempFolder folder;
    const fs::path lists = folder / "lists";
    for (const auto& [layout, name] :
         {std::pair("nih", "NIH_Chest_Xray"), {"rsna", "RSNA"}, {"siim_png", "SIIM"}, {"vinbig", "VinDr_CXR"}})
        make(folder, layout, lists / "benchx" / name);
    make_coboom(folder / "nih", lists / "coboom");
    for (const auto& [variable, value] : {std::pair("LISTS", "lists"),
                                          {"NIH_ROOT", "nih"},
                                          {"RSNA_ROOT", "rsna"},
                                          {"SIIM_ROOT", "siim_png"},
                                          {"VINBIG_ROOT", "vinbig"}})
        ::setenv(variable, (folder / value).c_str(), 1);
    int count = 0;
    for (const auto& entry : fs::directory_iterator(plans())) {
        if (entry.path().extension() != ".json") continue;
        ++count;
        const std::string name = entry.path().stem().string();
        INFO(name);
        write_text(folder / (name + ".json"), json::serialize(tiny(entry.path(), datasets_of(entry.path()))));
        const Ran ran = run_bench(folder, {"run", name + ".json", "--results", name + ".db"});
        INFO(ran.err);
        CHECK(ran.status == 0);
        CHECK(contains(ran.out, "§") == (name == "coboom"));
        if (name == "coboom") CHECK(contains(ran.err, "1 % and 5 % are the same 12 images"));
    }
    CHECK(count == 6);
}
