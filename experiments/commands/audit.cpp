#include "datasets/audit/audit.h"
#include "core/error.h"
#include "core/files.h"
#include "datasets/audit/list_audit.h"
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
    ListAuditOptions lists;
    std::string out, sheet;
    std::size_t examples = 10;
};

void write_json(const std::string& out, const json::object& report) {
    if (out.empty()) return;
    write_text(out, pretty(report));
    fmt::print("Report: {}\n", out);
}

void audit_lists_command(const AuditCommand& command) {
    const ListAudit audit = audit_lists(command.lists);
    fmt::print("{}", list_audit_text(audit));
    write_json(command.out, list_audit_json(audit));
    if (audit.leaks()) throw CheckFailed();
}

void audit_command(const AuditCommand& command) {
    const bool lists = !command.lists.lists.empty() || !command.lists.tested.empty();
    if (lists == !command.files.empty())
        user_error("audit compares either prepared datasets or lists of images (--lists, --tested); {}",
                   lists ? "both are given" : "neither is given");
    if (lists) return audit_lists_command(command);
    std::deque<PreparedDataset> datasets;
    std::vector<const PreparedDataset*> list;
    for (const auto& file : command.files) list.push_back(&datasets.emplace_back(file));
    const Audit audit = audit_datasets(list);
    fmt::print("{}", audit_text(audit, command.examples));
    write_json(command.out, audit_json(audit));
    if (!command.sheet.empty()) {
        std::size_t pairs = 0;
        for (const auto& pair : audit.pairs) pairs += pair.shared.images.size();
        if (pairs == 0) {
            fmt::print("No contact sheet: there are no pairs to draw.\n");
        } else {
            constexpr std::size_t most = 1000;
            const auto pages = audit_sheets(audit, command.sheet, most);
            fmt::print("Contact sheet: {}{}, {} of {} pairs\n", pages.front().string(),
                       pages.size() > 1 ? " to " + pages.back().string() : "", std::min(pairs, most), pairs);
        }
    }
    if (audit.leaks() > 0) throw CheckFailed();
}

} // namespace

void add_audit(CLI::App& app) {
    auto& sub = *app.add_subcommand(
        "audit", "Find duplicate images within and across prepared datasets, or images and patients in several lists; "
                 "exit status 3 if any cross splits");
    const auto command = std::make_shared<AuditCommand>();
    sub.add_option("FILE", command->files, "Prepared datasets");
    sub.add_option("--lists", command->lists.lists,
                   "Instead of datasets: lists of image names, to compare without pixels")
        ->type_name("FILE...");
    sub.add_option("--tested", command->lists.tested, "Lists of test images: what they share with --lists is a leak")
        ->type_name("FILE...");
    sub.add_option("--patients", command->lists.patients,
                   "CSV table of images and patients, for lists (default: from NIH's names)")
        ->type_name("FILE");
    sub.add_option("--out", command->out, "Report with all pairs (JSON)")->type_name("FILE");
    sub.add_option("--sheet", command->sheet,
                   "Contact sheet (PNG): the pairs and their differences; a page per 20 pairs")
        ->type_name("FILE");
    sub.add_option("--examples", command->examples, "Number of pairs to print")
        ->check(whole_number())
        ->capture_default_str();
    group_options(sub, "Lists", {"--lists", "--tested", "--patients"});
    add_examples(sub, {"mlvicx-bench audit nih.safetensors rsna.safetensors --out audit.json --sheet pairs.png",
                       "mlvicx-bench audit --lists /data/nih/train_val_list.txt --tested /data/nih/test_list.txt"});
    sub.callback([command] { audit_command(*command); });
}

} // namespace mlvicx
