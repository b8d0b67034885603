#include "datasets/audit/audit.h"
#include "core/error.h"
#include "core/files.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"

#include <fmt/format.h>

#include <cstdio>
#include <deque>
#include <memory>

namespace mlvicx {

namespace {

struct AuditCommand {
    std::vector<std::string> files;
    std::string out, sheet;
    std::size_t examples = 10;
};

void audit_command(const AuditCommand& command) {
    std::deque<PreparedDataset> datasets;
    std::vector<const PreparedDataset*> list;
    for (const auto& file : command.files) list.push_back(&datasets.emplace_back(file));
    const Audit audit = audit_datasets(list);
    fmt::print("{}", audit_text(audit, command.examples));
    if (!command.out.empty()) {
        write_text(command.out, pretty(audit_json(audit)));
        fmt::print("Report: {}\n", command.out);
    }
    if (!command.sheet.empty()) {
        const bool any = std::any_of(audit.pairs.begin(), audit.pairs.end(),
                                     [](const AuditedPair& pair) { return !pair.shared.images.empty(); });
        if (any) audit_sheet(audit, command.sheet);
        fmt::print("{}\n", any ? "Contact sheet: " + command.sheet : "No contact sheet: there are no pairs to draw.");
    }
    if (audit.leaks() > 0) throw CheckFailed();
}

} // namespace

void add_audit(CLI::App& app) {
    auto& sub = *app.add_subcommand(
        "audit", "Find duplicate images within and across prepared datasets; exit status 3 if any cross splits");
    const auto command = std::make_shared<AuditCommand>();
    sub.add_option("FILE", command->files, "Prepared datasets")->required();
    sub.add_option("--out", command->out, "Report with all pairs (JSON)")->type_name("FILE");
    sub.add_option("--sheet", command->sheet, "Contact sheet of the pairs, side by side (PNG)")->type_name("FILE");
    sub.add_option("--examples", command->examples, "Number of pairs to print")
        ->check(whole_number())
        ->capture_default_str();
    add_examples(sub, {"mlvicx-bench audit nih.safetensors rsna.safetensors --out audit.json --sheet pairs.png"});
    sub.callback([command] { audit_command(*command); });
}

} // namespace mlvicx
