#include "core/json.h"
#include "results/report/encoders.h"
#include "results/report/making.h"
#include "results/report/page/sections.h"

#include <fmt/ranges.h>

#include <set>

namespace mlvicx {

namespace {

/// Configurations without what tells the jobs of a cell apart, each once.
class Configurations {
public:
    /// The number of this configuration.
    const std::string& number(json::object config, const std::string& title) {
        for (const char* key : {"seed", "draw", "fraction", "weights"}) config.erase(key);
        const json::value value = std::move(config);
        const auto [at, added] = numbers_.try_emplace(canonical(value), "");
        if (added) {
            at->second = fmt::format("{}", numbers_.size());
            listings_.push_back(
                {anchor_of(at->second), fmt::format("Configuration {}: {}", at->second, title), pretty(value)});
        }
        return at->second;
    }
    static std::string anchor_of(const std::string& number) { return "configuration-" + number; }
    std::vector<Listing> take() { return std::move(listings_); }

private:
    std::map<std::string, std::string> numbers_;
    std::vector<Listing> listings_;
};

/// What the file says about a finished job.
struct Job {
    std::string made, fingerprint, pretraining;
    json::object config, pretraining_config; ///< of the latter none if there was no pre-training
};

std::map<std::string, Job> jobs_of(const ReportContext& context) {
    Statement query(context.store.db(),
                    "SELECT c.hash, c.config, c.suite_version, c.git_commit, c.libtorch_version, c.device, "
                    "c.dataset_fingerprint, p.hash, p.config FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id "
                    "LEFT JOIN jobs p ON p.hash = json_extract(c.config, '$.weights') AND p.kind = 'pretrain' "
                    "WHERE x.experiment_id = ? AND c.state = 'done' AND c.kind = 'evaluate'");
    query.bind(1, context.id);
    std::map<std::string, Job> jobs;
    while (query.step())
        jobs[query.text(0)] = {
            fmt::format("{}, commit {}, LibTorch {}, {}", query.text(2), query.text(3), query.text(4), query.text(5)),
            query.text(6), query.text(7), query.object(1), query.type(8) == "null" ? json::object() : query.object(8)};
    return jobs;
}

std::string run_text(const GridCell::Run& run) {
    return fmt::format("{} (seed {}{})", run.hash.substr(0, 12), run.seed,
                       run.draw ? fmt::format(", draw {}", *run.draw) : "");
}

/// What all jobs of a table have in common is said once, in its caption.
struct Common {
    std::set<std::string> made, datasets;

    std::string text() const {
        std::string result;
        if (made.size() == 1) result += "; made with mlvicx-bench " + *made.begin();
        if (datasets.size() == 1) result += "; dataset fingerprint `" + *datasets.begin() + "`";
        return result;
    }
};

std::string joined(const std::set<std::string>& texts) {
    return fmt::format("{}", fmt::join(texts, ", "));
}

/// A line per cell of these rows.
PageTable table_of(const ReportContext& context, std::span<const GridRow> rows, const std::map<std::string, Job>& jobs,
                   Configurations& configurations) {
    Common common;
    for (const auto& row : rows)
        for (const auto& cell : row.cells)
            for (const auto& run : cell.runs) {
                common.made.insert(jobs.at(run.hash).made);
                common.datasets.insert(jobs.at(run.hash).fingerprint);
            }
    PageTable result;
    auto& table = result.table;
    table.title = rows.front().title();
    table.caption = "the jobs behind each figure" + common.text();
    table.columns = {{"labels", ""}, {"evaluation", "configuration"}, {"pre-training", "configuration"}, {"jobs", ""}};
    if (common.made.size() > 1) table.columns.push_back({"made with", ""});
    if (common.datasets.size() > 1) table.columns.push_back({"dataset", "fingerprint"});
    for (const auto& row : rows)
        for (const auto& cell : row.cells) {
            if (cell.runs.empty()) continue;
            std::vector<std::string> names;
            std::set<std::string> evaluation, pretraining, made, datasets;
            for (const auto& run : cell.runs) {
                const auto& job = jobs.at(run.hash);
                names.push_back(run_text(run));
                evaluation.insert(configurations.number(job.config, "evaluation, " + row.label));
                if (!job.pretraining.empty())
                    pretraining.insert(configurations.number(job.pretraining_config, "pre-training, " + row.method));
                made.insert(job.made);
                datasets.insert(job.fingerprint);
            }
            table.lines.push_back({row.method,
                                   {fraction_label(cell.fraction), joined(evaluation), joined(pretraining),
                                    fmt::format("{}", fmt::join(names, ", "))}});
            auto& entries = table.lines.back().entries;
            if (common.made.size() > 1) entries.push_back(joined(made));
            if (common.datasets.size() > 1) entries.push_back(joined(datasets));
            auto& marks = result.all_marks().back();
            marks[1].link = Configurations::anchor_of(*evaluation.begin());
            if (!pretraining.empty()) marks[2].link = Configurations::anchor_of(*pretraining.begin());
            result.anchors.push_back(context.provenance.at(&cell));
        }
    return result;
}

json::value plan_of(const ReportContext& context) {
    Statement query(context.store.db(), "SELECT plan FROM experiments WHERE id = ?");
    query.bind(1, context.id).step();
    return query.json(0);
}

} // namespace

Section provenance_section(const ReportContext& context) {
    Section section("provenance", "Provenance");
    const auto jobs = jobs_of(context);
    Configurations configurations;
    for (const auto* rows : {&context.figures.rows, &context.figures.segmentation})
        for_each_table(*rows, [&](std::span<const GridRow> group) {
            if (auto table = table_of(context, group, jobs, configurations); !table.table.lines.empty())
                section.tables.push_back(std::move(table));
        });
    if (auto table = encoders_table(context.store, context.experiment); !table.lines.empty())
        section.tables.emplace_back(std::move(table));
    for (auto& table : dataset_tables(context.store, context.id)) {
        table.title += ", test images";
        section.tables.emplace_back(std::move(table));
    }
    section.text.emplace_back(
        "Where each figure comes from. Jobs are named by the beginning of their hash, which is "
        "computed from everything that determines their result; datasets by the beginning of "
        "their fingerprint. A configuration leaves out what its jobs differ in: seed, draw, label "
        "fraction and the weights' hash.");
    section.listings = configurations.take();
    section.listings.push_back({"plan", "The plan", pretty(plan_of(context))});
    return section;
}

} // namespace mlvicx
