#include "experiments/commands/export_database.h"

#include "core/error.h"
#include "experiments/commands/arguments.h"
#include "results/report/table.h"
#include "results/store/copy.h"

#include <cstdio>
#include <filesystem>

namespace mlvicx {

namespace fs = std::filesystem;

void add_database_export(CLI::App& command, DatabaseExport& options) {
    command.add_option("RESULTS", options.source, "Results file (SQLite) for --database");
    auto* target = command.add_option("--database", options.target,
                                      "Results file to write: one file, without its log and without free space");
    target->type_name("FILE")->excludes("--encoder")->excludes("--out")->excludes("--with-context");
    std::vector<std::string> names;
    for (const auto& item : left_out_by_name()) names.emplace_back(item.name);
    command.add_option("--without", options.without, "Leave these out of the results file")
        ->needs(target)
        ->check(one_of(names));
    command.add_option("--experiment", options.experiment, "Only this experiment and its jobs")->needs(target);
    group_options(command, "Results file", {"--database", "--without", "--experiment"});
}

void export_database(const DatabaseExport& options) {
    if (options.target.empty()) user_error("{}: export needs --database FILE to copy a results file", options.source);
    if (options.source.empty()) user_error("export --database {} needs the results file to copy", options.target);
    Copied copied;
    {
        Store store(options.source, true);
        copied = copy_results(store, options.target, {options.experiment, options.without});
    }
    fmt::print("{}: {}, {} of {} jobs done, {:.1f} MB (from {:.1f} MB)\n", options.target,
               counted(copied.experiments, "experiment"), copied.done, copied.jobs,
               static_cast<double>(fs::file_size(options.target)) / 1e6,
               static_cast<double>(fs::file_size(options.source)) / 1e6);
    for (const auto& item : left_out_by_name())
        if (const auto lost = copied.jobs_without.find(item.name); lost != copied.jobs_without.end())
            fmt::print("left out: {} of {}; reports on it have no {}\n", item.name, counted(lost->second, "job"),
                       item.loss);
    fmt::print("encoders are not in it; mlvicx-bench verify {} checks it\n", options.target);
}

} // namespace mlvicx
