#include "results/report/encoder_figures.h"

#include "results/report/text.h"
#include "results/statistics/intervals.h"

#include <map>

namespace mlvicx {

namespace {

/// "72.1 (70.0–74.0), mean AUC of 14 classes": the mean of an evaluation's main metric over its classes or masks.
std::string figure_text(Store& store, const std::string& hash, Task task, const TestSet* set) {
    GridCell cell;
    add_figures({store.metrics(hash, "test")}, task, cell);
    if (cell.main().value.count == 0) return "undefined";
    if (set != nullptr) add_intervals({store.scores(hash, set->images)}, *set, cell);
    const auto& interval = cell.main().interval;
    const bool masks = task == Task::segmentation;
    const std::string count =
        masks ? counted(cell.main().least_defined, "mask")
              : fmt::format("{} class{}", cell.main().least_defined, cell.main().least_defined == 1 ? "" : "es");
    return fmt::format("{}{}, {} of {}", percent(cell.main().value.mean),
                       interval ? " (" + interval_text(*interval) + ")" : "", masks ? "mean Dice" : "mean AUC", count);
}

} // namespace

Table encoder_figures(Store& store, const std::string& digest) {
    Table table;
    table.head = "evaluation";
    table.title = "Evaluations";
    table.caption = "test figures in percent (95 % interval over patients), one line per evaluation";
    table.columns = {{"network", ""}, {"labels", ""}, {"labelled images", ""}, {"seed", ""}, {"test figure", ""}};
    const auto protocols = store.protocols();
    std::map<std::int64_t, TestSet> sets; // resampled once each
    Statement query(store.db(),
                    "SELECT j.hash, j.dataset, j.protocol, json_extract(j.config, '$.encoder'), j.fraction, "
                    "j.train_images, j.seed, j.draw, s.set_id FROM jobs j LEFT JOIN scores s ON s.job_id = "
                    "j.id WHERE j.kind = 'evaluate' AND j.state = 'done' AND "
                    "json_extract(j.details, '$.weights.digest') = ? "
                    "ORDER BY j.dataset, j.protocol, j.fraction, j.seed, j.draw, j.hash");
    query.bind(1, digest);
    while (query.step()) {
        const TestSet* set = nullptr;
        if (const auto id = query.maybe_integer(8); id) {
            auto found = sets.find(*id);
            if (found == sets.end()) found = sets.emplace(*id, TestSet(store.image_set(*id))).first;
            set = &found->second;
        }
        const Protocol protocol = protocol_of(protocols, query.text(2));
        const std::string draw = query.text(7).empty() ? "" : " draw " + query.text(7);
        table.lines.push_back({query.text(1) + ", " + protocol.label,
                               {query.text(3), fraction_label(query.real(4)), query.text(5), query.text(6) + draw,
                                figure_text(store, query.text(0), protocol.task, set)}});
    }
    return table;
}

} // namespace mlvicx
