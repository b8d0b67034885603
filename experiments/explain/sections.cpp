#include "experiments/explain/sections.h"

#include "experiments/doctor.h"
#include "experiments/explain/job_text.h"
#include "experiments/explain/times.h"
#include "results/report/table.h"
#include "results/report/text.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t page = 80;

std::string gigabytes(double bytes) {
    return bytes < 1e7 ? fmt::format("{:.1f} MB", bytes * 1e-6) : fmt::format("{:.2f} GB", bytes * 1e-9);
}

/// `text` wrapped behind a mark, with its other lines indented.
std::string item(const std::string& mark, const std::string& text) {
    std::string result = "  " + padded(mark, 9);
    for (const char c : wrapped(text, page - 11)) result += c == '\n' ? "\n" + std::string(11, ' ') : std::string(1, c);
    return result + "\n";
}

} // namespace

std::string files_text(const Needs& needs) {
    std::string text = "Files and folders\n\n";
    std::int64_t missing = 0;
    for (const auto& need : needs.files) {
        missing += !need.fault.empty();
        if (need.fault.empty())
            text += item("found", need.key + ": " + need.path);
        else if (need.path.empty())
            text += item("wrong", need.key + ": " + need.fault);
        else
            text += item("missing", need.key + ": " + need.path + (need.fault == "missing" ? "" : ", " + need.fault));
    }
    if (missing > 0) text += fmt::format("\n{} missing or wrong: the plan cannot run yet.\n", missing);
    if (needs.files.empty()) text += "  none: its images are prepared, or drawn on first use\n";
    return text;
}

std::string datasets_text(const Needs& needs) {
    std::string text = "Datasets\n\n";
    for (const auto& facts : needs.datasets) {
        if (facts.images == 0) {
            text += item(facts.name, fmt::format("number of images unknown, {} pixels", facts.image_size));
            continue;
        }
        std::string counts =
            fmt::format("{} images of {} pixels ({}): {} training, {} validation, {} test", facts.images,
                        facts.image_size, facts.known_from, facts.train, facts.validation, facts.test);
        if (facts.masks > 0) counts += ", " + counted(facts.masks, "mask");
        text += item(facts.name, counts);
    }
    return text;
}

std::string disk_text(const DiskUse& use, std::int64_t encoders, const fs::path& results) {
    std::string text = "Disk, besides the original files\n\n";
    const auto row = [&](const char* name, double bytes, const std::string& note = "") {
        text += fmt::format("  {:<16}{:>10}  {}\n", name, gigabytes(bytes), note);
        text.erase(text.find_last_not_of(" \n") + 1);
        text += "\n";
    };
    row("prepared images", use.prepared);
    row("encoders", use.encoders, counted(encoders, "file"));
    row("checkpoint", use.checkpoint, "one at a time");
    row("features", use.features, "one set at a time");
    row("results", use.results);
    std::error_code error;
    const fs::path folder = fs::absolute(results).parent_path();
    const auto space = fs::space(folder, error);
    row("together", use.total(),
        error ? "" : fmt::format("{} free in {}", gigabytes(static_cast<double>(space.available)), folder.string()));
    return text;
}

namespace {

double pretraining_bytes(const Plan& plan, const Needs& needs) {
    double bytes = 0;
    for (const auto& name : plan.pretrain_datasets) bytes += prepared_bytes(needs.dataset(name));
    return bytes;
}

} // namespace

std::string memory_text(const Plan& plan, const std::vector<MethodSize>& sizes, const Needs& needs,
                        const torch::Device& device) {
    std::size_t largest = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i)
        if (sizes[i].training > sizes[largest].training) largest = i;
    std::string text = "Memory\n\n";
    if (const double bytes = sizes[largest].training; bytes > 0) {
        const PlanMethod& method = plan.methods[largest];
        text +=
            item("needed", fmt::format("about {} to pre-train {} ({} images of {} pixels a step, {})", gigabytes(bytes),
                                       method.label, method.pretrain.batch_size, method.pretrain.image_size,
                                       uses_bf16(method.pretrain.precision, device) ? "bf16" : "fp32"));
        if (device.is_cuda())
            text += item("", fmt::format("and {} for the images, if less than half of the GPU's memory is enough",
                                         gigabytes(pretraining_bytes(plan, needs))));
    } else {
        text += item("needed", "little: no method trains");
    }
    const double here =
        device.is_cuda() ? static_cast<double>(free_memory(device)) : 1e9 * examine_machine().free_memory_gb;
    if (here > 0) text += item("here", gigabytes(here) + " free");
    if (here > 0 && sizes[largest].training > here) text += item("", "not enough: lower batch_size or image_size");
    return text;
}

std::string times_text(const Plan& plan, const Jobs& jobs, const Needs& needs, const Rates& rates,
                       const std::function<bool(const Job&)>& open) {
    Table table;
    table.head = "method";
    table.title = "Time";
    table.caption = "estimated from measured rates; a method's line is one pre-training";
    std::vector<PlanTime> times;
    bool unknown = false;
    for (const auto& machine : rates.machines()) {
        table.columns.push_back({machine.label, ""});
        times.push_back(plan_time(plan, jobs, needs, rates, machine, open));
    }
    const auto row = [&](const std::string& name, const auto& seconds) {
        Table::Line line{name, {}};
        for (const auto& time : times) {
            line.entries.push_back(rough_duration(seconds(time)));
            unknown = unknown || line.entries.back() == "-";
        }
        table.lines.push_back(std::move(line));
    };
    std::set<std::string> kinds;
    const auto names = line_names(plan);
    for (std::size_t i = 0; i < plan.methods.size(); ++i)
        if (plan.methods[i].entry->trains && kinds.insert(kind_of(plan.methods[i])).second)
            row(names[i], [i](const PlanTime& time) { return time.pretrain[i]; });
    const auto left = [&](const std::vector<Job>& list) { return std::count_if(list.begin(), list.end(), open); };
    row(counted(left(jobs.pretrain), "pre-training"), [](const PlanTime& time) { return time.pretraining; });
    row(counted(left(jobs.evaluate), "evaluation") + ", at most", [](const PlanTime& time) { return time.evaluation; });
    row("together", [](const PlanTime& time) -> std::optional<double> {
        if (!time.pretraining || !time.evaluation) return std::nullopt;
        return *time.pretraining + *time.evaluation;
    });
    std::set<std::string> sources;
    for (const auto& rate : rates.all()) sources.insert(rate.source);
    std::string note = fmt::format("Scaled to the plan's sizes; recorded rates have the authors' widths of heads. "
                                   "Preparing the images and the audit are not included. Sources: {}.",
                                   fmt::join(sources, ", "));
    if (unknown) note += " \"-\": the number of images is unknown, or nothing like it was measured there.";
    return tables_text(divided(table, 0, page)) + "\n" + wrapped(note, page) + "\n";
}

} // namespace mlvicx
