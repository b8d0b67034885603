#include "datasets/subset_file.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"

#include <fmt/format.h>

#include <memory>

namespace mlvicx {

namespace {

struct SubsetsCommand {
    std::vector<std::string> files;
    std::string out;
    std::vector<double> fractions;
    std::vector<std::int64_t> seeds = {0};
};

void subsets_command(const SubsetsCommand& command) {
    std::vector<NamedSubset> subsets;
    for (const auto& file : command.files) {
        const PreparedDataset dataset(file);
        for (const auto seed : command.seeds)
            for (const double fraction : command.fractions) {
                subsets.push_back(named_subset(dataset, fraction, seed));
                fmt::print("{}, fraction {}, seed {}: {} images\n", dataset.dataset(), fraction, seed,
                           subsets.back().images.size());
            }
    }
    write_subsets(command.out, subsets);
    fmt::print("Label subsets: {}\n", command.out);
}

} // namespace

void add_subsets(CLI::App& app) {
    auto& sub = *app.add_subcommand("subsets", "Write the images of label subsets to a file, to share or import");
    const auto command = std::make_shared<SubsetsCommand>();
    sub.add_option("FILE", command->files, "Prepared datasets")->required();
    sub.add_option("--fraction", command->fractions, "Label fractions, or numbers of labelled images")
        ->required()
        ->check(label_fraction());
    sub.add_option("--seed,--draw", command->seeds, "Seeds for drawing the subsets: a plan's seeds, or its draws")
        ->check(whole_number())
        ->capture_default_str();
    sub.add_option("--out", command->out, "File to write (JSON)")->required()->type_name("FILE");
    add_examples(sub, {"mlvicx-bench subsets nih.safetensors --fraction 0.01 0.1 --seed 0 1 --out subsets.json"});
    sub.callback([command] { subsets_command(*command); });
}

} // namespace mlvicx
