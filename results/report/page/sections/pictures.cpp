#include "results/report/page/sections.h"

#include <fmt/format.h>

namespace mlvicx {

namespace {

constexpr std::size_t most_pictures = 24, most_bytes = 16 << 20;

} // namespace

std::vector<Picture> stored_pictures(const ReportContext& context, const std::string& beginning,
                                     std::size_t& left_out) {
    std::vector<Picture> pictures;
    Statement query(context.store.db(),
                    "SELECT x.method, x.dataset, c.protocol, c.fraction, c.seed, p.name, p.caption, p.png "
                    "FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id AND c.state = 'done' "
                    "JOIN pictures p ON p.job_id = c.id WHERE x.experiment_id = ? AND substr(p.name, 1, ?) = ? "
                    "ORDER BY c.seed, coalesce(c.draw, c.seed), c.fraction DESC, x.position, p.name");
    query.bind(1, context.id).bind(2, static_cast<std::int64_t>(beginning.size())).bind(3, beginning);
    const auto protocols = context.store.protocols();
    std::size_t bytes = 0;
    while (query.step()) {
        const auto png = query.blob(7);
        if (pictures.size() == most_pictures || bytes + png.size() > most_bytes) {
            ++left_out;
            continue;
        }
        bytes += png.size();
        const std::string place =
            fmt::format("{}, {}, {}, {}, seed {}", query.text(0), query.text(1),
                        protocol_of(protocols, query.text(2)).label, fraction_label(query.real(3)), query.integer(4));
        const auto caption = query.text(6);
        pictures.push_back({place,
                            caption.empty() ? place : fmt::format("{}: {}", place, caption),
                            {reinterpret_cast<const char*>(png.data()), png.size()}});
    }
    return pictures;
}

} // namespace mlvicx
