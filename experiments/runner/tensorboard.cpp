#include "experiments/runner/tensorboard.h"

#include "core/error.h"
#include "core/event_file.h"
#include "core/files.h"
#include "core/progress.h"

#include <chrono>
#include <map>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// A name as one part of a path.
std::string part(const std::string& name) {
    std::string text;
    for (const char c : name) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        text += plain || c == '_' || c == '-' || c == '+' || (c == '.' && !text.empty()) ? c : '_';
    }
    return text.empty() ? "_" : text;
}

/// The values by epoch, ascending.
std::vector<Event> events_of(const std::vector<CurvePoint>& curves) {
    const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    std::map<std::int64_t, Event> events;
    for (const auto& point : curves) {
        auto& event = events.try_emplace(point.epoch, Event{point.epoch, now, {}}).first->second;
        event.values.push_back({point.name, point.value});
    }
    std::vector<Event> ordered;
    for (auto& [epoch, event] : events) ordered.push_back(std::move(event));
    return ordered;
}

} // namespace

TensorBoard::TensorBoard(const fs::path& folder) : folder_(folder) {
    if (!folder_.empty()) require_writable_folder(folder_);
}

fs::path TensorBoard::file(const JobKey& job) const {
    const bool trains = job.kind == "pretrain";
    fs::path run = folder_ / part(trains ? job.kind : job.protocol) / part(job.dataset);
    if (!trains) run /= fmt::format("{}", job.fraction);
    const std::string draw = job.draw ? fmt::format("-draw{}", *job.draw) : "";
    run /= fs::path(part(job.method)) / fmt::format("seed{}{}-{}", job.seed, draw, job.hash.substr(0, 8));
    return run / "events.out.tfevents.0.mlvicx-bench";
}

template <typename Write> void TensorBoard::guarded(Write&& write) {
    if (folder_.empty()) return;
    try {
        write();
    } catch (const UserError& error) {
        say("{}; continuing without TensorBoard's files", error.what());
        folder_.clear();
    }
}

void TensorBoard::add(const JobKey& job, const std::vector<CurvePoint>& epoch) {
    guarded([&] {
        for (const auto& event : events_of(epoch)) write_event(file(job), event);
    });
}

void TensorBoard::complete(const JobKey& job, const std::vector<CurvePoint>& curves) {
    guarded([&] {
        const auto events = events_of(curves);
        std::vector<std::int64_t> steps;
        for (const auto& event : events) steps.push_back(event.step);
        if (!events.empty() && event_steps(file(job)) != steps) write_text(file(job), event_file_bytes(events));
    });
}

} // namespace mlvicx
