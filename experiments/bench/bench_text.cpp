#include "experiments/bench/bench.h"

#include "methods/pretrain/step_parts.h"
#include "results/report/table.h"
#include "results/report/text.h"

#include <algorithm>
#include <string_view>

namespace mlvicx {

namespace {

constexpr std::size_t page_width = 80;

/// Three digits: "6135", "34.2", "0.84".
std::string short_number(double value) {
    return value < 1 ? fmt::format("{:.2f}", value)
                     : fmt::format("{:.{}f}", value,
                                   value < 10    ? 2
                                   : value < 100 ? 1
                                                 : 0);
}

std::string share_text(double share) {
    return fmt::format("{:.{}f} %", 100 * share, share < 0.1 ? 1 : 0);
}

Table table_of(const std::string& title, const std::string& caption, const std::vector<std::string>& columns) {
    Table table;
    table.title = title;
    table.caption = caption;
    for (const auto& column : columns) table.columns.push_back({column, ""});
    return table;
}

Table steps_table(const std::vector<BenchRow>& rows) {
    auto table = table_of("Steps", "median of the measured epochs; memory of tensors",
                          {"images/s", "from-to", "ms/step", "peak GB", "plan's GB"});
    for (const auto& row : rows) {
        const auto& rate = row.rate;
        const double step = static_cast<double>(row.method.pretrain.batch_size) / rate.images_per_second;
        table.lines.push_back(
            {row.method.label,
             {short_number(rate.images_per_second),
              fmt::format("{}-{}", short_number(rate.lowest), short_number(rate.highest)), short_number(1e3 * step),
              short_number(1e-9 * row.peak_bytes), short_number(1e-9 * row.plan_bytes)}});
    }
    return table;
}

Table parts_table(const std::vector<BenchRow>& rows) {
    std::vector<std::string> columns;
    for (const char* part : step_parts) {
        const auto ran = [&](const BenchRow& row) { return row.shares.at(part) > 0; };
        if (std::string_view(part) != step_part::recorded || std::any_of(rows.begin(), rows.end(), ran))
            columns.emplace_back(part);
    }
    columns.emplace_back("rest");
    auto table = table_of("Parts", "of a step's time, when each part is waited for", columns);
    for (const auto& row : rows) {
        Table::Line line{row.method.label, {}};
        double rest = 1;
        for (std::size_t i = 0; i + 1 < columns.size(); ++i) {
            const double share = row.shares.at(columns[i]);
            line.entries.push_back(share_text(share));
            rest -= share;
        }
        line.entries.push_back(share_text(rest));
        table.lines.push_back(std::move(line));
    }
    return table;
}

Table device_table(const BenchDevice& device, const std::vector<BenchRow>& rows) {
    auto table = table_of("Against the device", "what a step computes and at least moves",
                          {"GFLOP/s", "of products", "GB/s", "of copies"});
    for (const auto& row : rows) {
        const double steps = row.rate.images_per_second / static_cast<double>(row.method.pretrain.batch_size);
        table.lines.push_back(
            {row.method.label,
             {short_number(1e-9 * row.flops * steps), share_text(row.flops * steps / device.matrix_rate),
              short_number(1e-9 * row.bytes * steps), share_text(row.bytes * steps / device.copy_rate)}});
    }
    return table;
}

/// What `plan` expects, images/s; no columns if it knows nothing alike.
Table plan_table(const std::vector<BenchRow>& rows) {
    std::vector<std::string> machines;
    for (const auto& row : rows)
        for (const auto& [machine, rate] : row.plan_rates)
            if (std::find(machines.begin(), machines.end(), machine) == machines.end()) machines.push_back(machine);
    auto table =
        table_of("What plan expects", "images/s on recorded machines, heads as wide as the authors'", machines);
    for (const auto& row : rows) {
        Table::Line line{row.method.label, {}};
        for (const auto& machine : machines) {
            const auto found = std::find_if(row.plan_rates.begin(), row.plan_rates.end(),
                                            [&](const auto& rate) { return rate.first == machine; });
            line.entries.push_back(found == row.plan_rates.end() ? "-" : short_number(found->second));
        }
        table.lines.push_back(std::move(line));
    }
    return table;
}

} // namespace

std::string bench_text(const BenchDevice& device, const std::vector<BenchRow>& rows) {
    const auto& first = rows.front();
    const auto& options = first.method.pretrain;
    const std::string what =
        fmt::format("{}: {}, {} images of {} pixels a step, {}", describe_device(device.device), first.method.encoder,
                    options.batch_size, options.image_size, name_of(device.precision));
    const std::string rates =
        fmt::format("matrix products: {} GFLOP/s, copies: {} GB/s (measured now)",
                    short_number(1e-9 * device.matrix_rate), short_number(1e-9 * device.copy_rate));
    std::vector<Table> tables = {steps_table(rows), parts_table(rows), device_table(device, rows)};
    if (const auto plan = plan_table(rows); !plan.columns.empty())
        for (auto& part : divided(plan, 0, page_width)) tables.push_back(std::move(part));
    const auto& step = first.verified;
    const std::string note = fmt::format(
        "Before it was timed, the loss of each method's first step on {} images was compared with the same step in "
        "float64 ({}: {:.6g} and {:.6g}); after it, its encoder's weights had changed.",
        step.images, first.method.label, step.loss, step.reference);
    return wrapped(what, page_width) + "\n" + rates + "\n\n" + tables_text(tables) + "\n" + wrapped(note, page_width) +
           "\n";
}

} // namespace mlvicx
