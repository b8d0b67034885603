#include "results/report/curves.h"

#include "results/report/csv.h"
#include "results/report/query_column.h"

#include <limits>

namespace mlvicx {

std::vector<CurvePoint> curves_of(Store& store, const std::string& hash) {
    Statement query(store.db(), "SELECT u.epoch, u.name, u.value FROM curves u JOIN jobs j ON j.id = u.job_id "
                                "WHERE j.hash = ? ORDER BY u.epoch, u.name");
    query.bind(1, hash);
    std::vector<CurvePoint> points;
    while (query.step())
        points.push_back(
            {query.integer(0), query.text(1), query.maybe_real(2).value_or(std::numeric_limits<double>::quiet_NaN())});
    return points;
}

std::string curves_csv(Store& store, const std::string& experiment) {
    Statement query(store.db(),
                    "SELECT j.hash, x.method, x.dataset, j.protocol, CASE j.kind WHEN 'pretrain' THEN NULL ELSE "
                    "j.fraction END, j.seed, j.draw, u.name, u.epoch, u.value FROM experiment_jobs x "
                    "JOIN jobs j ON j.id = x.job_id JOIN curves u ON u.job_id = j.id "
                    "WHERE x.experiment_id = ? AND j.state = 'done' ORDER BY x.position, u.epoch, u.name");
    query.bind(1, store.find_experiment(experiment));
    CsvText<Statement> csv({{"job", text<0>},
                            {"method", text<1>},
                            {"dataset", text<2>},
                            {"protocol", text<3>},
                            {"fraction", [](const Statement& s) { return s.maybe_real(4); }},
                            {"seed", text<5>},
                            {"draw", text<6>},
                            {"name", text<7>},
                            {"epoch", text<8>},
                            {"value", [](const Statement& s) { return s.maybe_real(9); }}});
    bool any = false;
    for (; query.step(); any = true) csv.add(query);
    return any ? csv.text() : "";
}

} // namespace mlvicx
