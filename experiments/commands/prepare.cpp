#include "core/progress.h"
#include "datasets/import.h"
#include "datasets/importers/importer_table.h"
#include "datasets/inspect.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/commands/field_options.h"

#include <fmt/format.h>

#include <map>
#include <memory>

namespace mlvicx {

namespace {

struct PrepareCommand {
    ImportOptions import;
    std::string out;
    unsigned threads = 0;
};

void prepare_command(const PrepareCommand& command) {
    const PrepareReport report = prepare_dataset(command.import, command.out, command.threads);
    for (const auto& bad : report.bad) say("left out {}", bad);
    fmt::print("{}\n{}: {} images of {} x {} pixels in {}{}\nfingerprint {}\n", summary(PreparedDataset(command.out)),
               command.out, report.images, command.import.size, command.import.size, duration_text(report.seconds),
               report.bad.empty() ? "" : fmt::format(", {} corrupt ones left out", report.bad.size()),
               report.fingerprint);
}

/// The choices of --dataset, one per line.
std::string dataset_lines() {
    std::string text = "Dataset to prepare; add --help to see its own options";
    for (const auto& entry : importer_table()) text += fmt::format("\n{}: {}", entry.name, entry.about);
    return text;
}

/// The importers that take a row's own options, "chexpert, mimic".
std::string takers_of(const ImporterEntry& entry) {
    std::string names = entry.name;
    for (const auto& other : importer_table())
        if (other.shares == entry.name) names += ", " + other.name;
    return names;
}

/// The row whose options an importer shares; empty if there is none.
std::string shared_by(const std::string& importer) {
    for (const auto& entry : importer_table())
        if (entry.name == importer) return entry.shares;
    return {};
}

/// Adds the options that belong to single importers. The help page shows them if --dataset names one that takes them.
void add_own_options(CLI::App& sub, ImportOptions& import) {
    std::map<std::string, std::vector<CLI::Option*>> own;
    for (std::size_t i = 0; i < importer_table().size(); ++i) {
        const auto& entry = importer_table()[i];
        const std::string heading = "Only for " + takers_of(entry);
        auto& options = own[entry.name];
        options = add_options(sub, heading, [&](Fields& f) { entry.fields(f, import.of_importers[i]); });
        for (auto* option : options) option->group(heading); // group members too
    }
    const auto* dataset = sub.get_option("--dataset");
    sub.formatter_fn([own, dataset](const CLI::App* app, std::string name, CLI::AppFormatMode mode) {
        const std::string chosen = dataset->count() == 1 ? dataset->results().front() : "";
        for (const auto& [importer, options] : own)
            if (chosen != importer && shared_by(chosen) != importer)
                for (auto* option : options) option->group(""); // CLI11's way to hide an option
        return help_page(app, std::move(name), mode);
    });
}

} // namespace

void add_prepare(CLI::App& app) {
    auto& sub = *app.add_subcommand("prepare", "Decode a dataset's original files into one prepared file");
    const auto command = std::make_shared<PrepareCommand>();
    add_options(sub, "Source", [&](Fields& f) { common_fields(f, command->import); });
    sub.get_option("--dataset")->required()->description(dataset_lines());
    sub.add_option("--out", command->out, "File to write (.safetensors)")->required()->type_name("FILE");
    sub.add_option("--threads", command->threads, "Decoding threads (0: all cores)")
        ->check(whole_number(0, 4096))
        ->capture_default_str();
    group_options(sub, "Prepared file", {"--out", "--size", "--window", "--threads"});
    add_own_options(sub, command->import);
    add_examples(sub, {"mlvicx-bench prepare --dataset rsna --help",
                       "mlvicx-bench prepare --dataset nih --root /data/nih --size 224 --out nih.safetensors",
                       "mlvicx-bench prepare --dataset manifest --manifest my.csv --out my.safetensors",
                       "mlvicx-bench prepare --dataset phantom --root phantom --phantom-images 500 --size 64 \\\n    "
                       "--out phantom.safetensors"});
    sub.callback([command, split = sub.get_option("--split")] {
        ImportOptions& import = command->import;
        // Takes splits that the files name, in any case; "official" would insist on them.
        if (split->count() == 0 && importer_entry(import.importer).may_name_splits) import.split.kind = "patient";
        prepare_command(*command);
    });
}

} // namespace mlvicx
