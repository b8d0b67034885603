#include "results/report/page/sections.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

namespace mlvicx {

namespace {

/// A curve of the page, from curves of the results file.
struct Shown {
    const char* title;
    const char* label;
    bool logarithmic;
};
constexpr Shown shown[] = {{"Loss", "loss", true},
                           {"Learning rate", "learning rate", false},
                           {"Spread of the embeddings", "spread", false},
                           {"Effective rank of the embeddings", "effective rank", false},
                           {"Own view nearest", "own view nearest, %", false},
                           {"Nearest neighbours on the validation split", "validation AUC, %", false}};

/// The curves of one pre-training by epoch, in the order of `shown`; NaN where there is none.
using Curves = std::map<std::int64_t, std::map<std::string, double>>;

double value_of(const std::map<std::string, double>& epoch, std::size_t curve) {
    const auto at = [&](const char* name) {
        const auto found = epoch.find(name);
        return found == epoch.end() ? std::nan("") : found->second;
    };
    switch (curve) {
    case 0:
        return at("loss") > 0 ? at("loss") : std::nan("");
    case 1:
        return at("learning_rate");
    case 2:
        return at("embedding_std") * std::sqrt(at("dimensions")); // 1: as wide as on a sphere
    case 3:
        return at("effective_rank");
    case 4:
        return 100 * at("nearest_view");
    default:
        return 100 * at("probe_auc");
    }
}

struct PreTraining {
    std::string method;
    std::int64_t seed = 0;
    Curves curves;
};

/// The first pre-training of each method in the plan's order; `all` counts all.
std::vector<PreTraining> first_of_each(const ReportContext& context, std::size_t& all) {
    Statement jobs(context.store.db(), "SELECT x.method, c.seed, c.id FROM experiment_jobs x JOIN jobs c "
                                       "ON c.id = x.job_id AND c.kind = 'pretrain' AND c.state = 'done' "
                                       "WHERE x.experiment_id = ? ORDER BY x.position");
    jobs.bind(1, context.id);
    std::vector<PreTraining> found;
    std::map<std::string, std::size_t> methods;
    while (jobs.step()) {
        ++all;
        if (found.size() == most_lines || !methods.try_emplace(jobs.text(0), found.size()).second) continue;
        found.push_back({jobs.text(0), jobs.integer(1), {}});
        Statement query(context.store.db(), "SELECT epoch, name, value FROM curves WHERE job_id = ?");
        query.bind(1, jobs.integer(2));
        while (query.step())
            if (const auto value = query.maybe_real(2)) found.back().curves[query.integer(0)][query.text(1)] = *value;
    }
    return found;
}

} // namespace

Section training_section(const ReportContext& context) {
    Section section("training", "Training curves");
    std::size_t all = 0;
    const auto trainings = first_of_each(context, all);
    for (std::size_t k = 0; k < std::size(shown); ++k) {
        Plot plot;
        plot.title = shown[k].title;
        plot.x.label = "epoch";
        plot.y = {shown[k].label, shown[k].logarithmic, {}, {}};
        for (const auto& training : trainings) {
            Series line;
            line.name = training.method;
            const auto style = context.styles.find(training.method);
            line.style = style == context.styles.end() ? 1 : style->second;
            line.markers = training.curves.size() <= 40;
            for (const auto& [epoch, values] : training.curves)
                if (const double value = value_of(values, k); std::isfinite(value)) {
                    line.x.push_back(static_cast<double>(epoch) + 1);
                    line.y.push_back(value);
                }
            if (!line.x.empty()) plot.series.push_back(std::move(line));
        }
        plot.caption = fmt::format("{} by epoch, one pre-training of each method.", shown[k].title);
        if (!plot.series.empty()) section.plots.push_back(std::move(plot));
    }
    if (section.plots.empty()) return section;
    section.text.push_back(fmt::format(
        "The first pre-training of each method in the plan's order, {} of {}. Losses of different methods are not "
        "comparable. Spread: standard deviation of the unit-length embeddings times the square root of their "
        "dimensions (1: as wide as on a sphere, 0: collapsed). All curves: `data/report-curves.csv`.",
        trainings.size(), all));
    return section;
}

} // namespace mlvicx
