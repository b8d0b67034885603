#include "experiments/explain/job_text.h"

#include "results/report/table.h"
#include "results/report/text.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace mlvicx {

namespace {

constexpr std::size_t page = 80, longest_label = 36;

struct Count {
    std::int64_t all = 0, done = 0;
    void add(bool is_done) {
        ++all;
        done += is_done;
    }
    std::string text() const {
        if (all == 0) return "-";
        return done == 0 ? std::to_string(all) : fmt::format("{}/{}", done, all);
    }
};

/// The methods that evaluate the encoder of each pre-training, by the method that trains it.
std::map<std::size_t, std::set<std::size_t>> users(const Jobs& jobs) {
    std::map<std::size_t, std::set<std::size_t>> result;
    for (const auto& job : jobs.evaluate)
        if (job.pretrain) result[jobs.pretrain[*job.pretrain].method].insert(job.method);
    return result;
}

/// "2 protocols (frozen, finetuned)".
template <typename Items> std::string factor(const Items& items, const char* what) {
    return fmt::format("{} ({})", counted(static_cast<std::int64_t>(items.size()), what), fmt::join(items, ", "));
}

std::string factors(const Plan& plan) {
    const auto& evaluate = plan.evaluate;
    std::string text = "An entry is " + factor(evaluate.protocols, "protocol") + " x " +
                       factor(evaluate.datasets, "dataset") + " x " + factor(plan.seeds, "seed");
    if (evaluate.draws.empty())
        text += evaluate.subsets.empty() ? "; a seed draws its own labelled images."
                                         : "; the labelled images come from a file.";
    else
        text += " x " + factor(evaluate.draws, "draw") + ", at 100 % without draws.";
    for (const auto& [key, only] : evaluate.only_datasets)
        if (!only.empty()) text += fmt::format(" Only {} with {}.", fmt::join(only, ", "), key);
    if (plan.pretrain_datasets.size() > 1)
        text += fmt::format(" A pre-training learns from {} together.", fmt::join(plan.pretrain_datasets, ", "));
    return text;
}

} // namespace

std::vector<std::string> line_names(const Plan& plan) {
    std::vector<std::string> names;
    for (const auto& method : plan.methods) names.push_back(method.label);
    const bool fits = std::all_of(names.begin(), names.end(),
                                  [](const std::string& name) { return text_width(name) <= longest_label; });
    for (std::size_t i = 0; i < names.size() && !fits; ++i) names[i] = std::to_string(i + 1);
    return names;
}

std::string jobs_text(const Plan& plan, const Jobs& jobs, const std::function<bool(const Job&)>& open) {
    std::string text;
    Table table;
    table.title = "Jobs";
    table.caption = fmt::format("{} and {}", counted(std::ssize(jobs.pretrain), "pre-training"),
                                counted(std::ssize(jobs.evaluate), "evaluation"));
    std::int64_t done = 0;
    for (const auto* list : {&jobs.pretrain, &jobs.evaluate})
        done += std::count_if(list->begin(), list->end(), [&](const Job& job) { return !open(job); });
    if (done > 0) table.caption += fmt::format(", {} of them done", done);
    table.columns.push_back({"pre-trainings", ""});
    for (const double fraction : plan.evaluate.fractions) table.columns.push_back({fraction_text(fraction), ""});
    table.columns.push_back({"all", ""});
    const auto names = line_names(plan);
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] != plan.methods[i].label) text += fmt::format("  {:>3}  {}\n", names[i], plan.methods[i].label);
    if (!text.empty()) text += "\n";
    const auto shared = users(jobs);
    std::string uncounted;
    for (std::size_t i = 0; i < plan.methods.size(); ++i) {
        Count trained, all;
        std::map<double, Count> cells;
        for (const auto& job : jobs.pretrain)
            if (job.method == i) trained.add(!open(job));
        for (const auto& job : jobs.evaluate)
            if (job.method == i) {
                cells[job.key.fraction].add(!open(job));
                all.add(!open(job));
            }
        Table::Line line{names[i], {trained.all == 0 && plan.methods[i].entry->trains ? "shared" : trained.text()}};
        for (const double fraction : plan.evaluate.fractions) line.entries.push_back(cells[fraction].text());
        line.entries.push_back(all.text());
        if (all.all == 0 && plan.methods[i].entry->evaluated == Evaluated::metadata) uncounted = names[i];
        table.lines.push_back(std::move(line));
    }
    text += tables_text(divided(table, 1, page)) + "\n" + wrapped(factors(plan), page) + "\n";
    for (const auto& [trains, methods] : shared) {
        if (methods.size() < 2) continue;
        std::vector<std::string> labels;
        for (const auto method : methods) labels.push_back("\"" + plan.methods[method].label + "\"");
        text += wrapped(fmt::format("One pre-training for each seed serves {}.", fmt::join(labels, ", ")), page) + "\n";
    }
    if (!uncounted.empty())
        text += wrapped(uncounted + " runs on datasets with sex, age or view position, which are known once their "
                                    "images are prepared.",
                        page) +
                "\n";
    return text;
}

} // namespace mlvicx
