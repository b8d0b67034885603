#include "datasets/inspect.h"
#include "datasets/fingerprint.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"

#include <fmt/format.h>

#include <memory>

namespace mlvicx {

namespace {

struct InspectCommand {
    std::string file, sheet;
    int count = 24;
    bool verify = false;
};

void inspect_command(const InspectCommand& command) {
    const PreparedDataset dataset(command.file);
    if (command.verify) verify_fingerprint(command.file);
    fmt::print("{}", describe(dataset));
    if (command.verify) fmt::print("The content matches its fingerprint.\n");
    if (command.sheet.empty()) return;
    contact_sheet(dataset, command.count, command.sheet);
    fmt::print("Contact sheet: {}\n", command.sheet);
}

} // namespace

void add_inspect(CLI::App& app) {
    auto& sub = *app.add_subcommand("inspect", "Describe a prepared file, and draw a contact sheet");
    const auto command = std::make_shared<InspectCommand>();
    sub.add_option("FILE", command->file, "Prepared dataset")->required();
    sub.add_option("--sheet", command->sheet, "Contact sheet to draw (PNG)")->type_name("FILE");
    sub.add_option("--count", command->count, "Images on the contact sheet")
        ->check(whole_number(1, 1000))
        ->capture_default_str();
    sub.add_flag("--verify", command->verify, "Read every byte and check it against the fingerprint");
    add_examples(sub,
                 {"mlvicx-bench inspect nih.safetensors", "mlvicx-bench inspect siim.safetensors --sheet siim.png"});
    sub.callback([command] { inspect_command(*command); });
}

} // namespace mlvicx
