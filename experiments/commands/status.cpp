#include "results/report/status.h"
#include "core/interrupt.h"
#include "core/json_text.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/runner/artifacts.h"
#include "experiments/runner/disk_used.h"
#include "experiments/runner/live_curves.h"
#include "results/report/status_json.h"
#include "results/report/watch.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string_view>
#include <thread>

namespace mlvicx {

namespace {

struct StatusOptions {
    std::string file;
    bool watch = false, json = false;
    double every = 5; ///< seconds
};

/// Whether standard output is a terminal that can be overwritten.
bool redraws() {
    const char* type = std::getenv("TERM");
    return ::isatty(1) != 0 && type != nullptr && *type != '\0' && std::string_view(type) != "dumb";
}

LiveTraining live_training(const std::filesystem::path& file) {
    constexpr std::size_t recent = 10;
    const auto epochs = read_live_curves(file);
    LiveTraining training;
    if (epochs.empty()) return training;
    training.epochs = epochs.back().epoch + 1;
    for (const auto& epoch : epochs)
        for (const auto& [name, value] : epoch.values) training.curves[name].push_back(value);
    const auto& first = epochs[epochs.size() > recent ? epochs.size() - 1 - recent : 0];
    if (const auto count = epochs.back().epoch - first.epoch; count > 0)
        training.seconds_per_epoch = (epochs.back().time - first.time) / static_cast<double>(count);
    return training;
}

std::map<std::string, LiveTraining> live_trainings(Store& store, const Artifacts& artifacts) {
    std::map<std::string, LiveTraining> live;
    for (const auto& hash : running_trainings(store)) live[hash] = live_training(artifacts.live_curves(hash));
    return live;
}

std::string clock_text() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    char text[32] = "";
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
    return text;
}

/// Draws over the last picture: each line clears its rest, the last one everything below.
std::string redrawn(const std::string& text) {
    std::string result = "\033[H";
    for (const char c : text) result += c == '\n' ? std::string("\033[K\n") : std::string(1, c);
    return result + "\033[J";
}

void watch(Store& store, const StatusOptions& options) {
    const Artifacts artifacts(options.file);
    const bool terminal = redraws();
    if (terminal) std::fputs("\033[2J", stdout);
    while (!interrupted()) {
        const auto watched = watch_text(store, live_trainings(store, artifacts));
        const std::string text = clock_text() + "\n" + watched.text + "\n" + disk_used_text(disk_used(options.file));
        std::fputs((terminal ? redrawn(text) : text + "\n").c_str(), stdout);
        if (std::fflush(stdout) != 0 || watched.ended) return;
        const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.every);
        while (!interrupted() && std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

} // namespace

void add_status(CLI::App& app) {
    auto* command = app.add_subcommand("status", "Show what is done, running, failed and missing in a results file");
    auto options = std::make_shared<StatusOptions>();
    command->add_option("RESULTS", options->file, "Results file (SQLite)")->required();
    auto* watching = command->add_flag("--watch", options->watch,
                                       "Follow the experiment used last until it has ended or Ctrl-C: what runs where "
                                       "and how fast, curves so far, time left, failures, disk used");
    command->add_option("--every", options->every, "Seconds between looks")
        ->needs(watching)
        ->check(real_number(between(0.1, 86400)))
        ->capture_default_str();
    command->add_flag("--json", options->json, "Print all that as JSON, for programs")->excludes(watching);
    add_examples(*command, {"mlvicx-bench status nih.db", "mlvicx-bench status nih.db --watch --every 60",
                            "mlvicx-bench status nih.db --json"});
    command->callback([options] {
        Store store(options->file, true);
        if (options->watch) return watch(store, *options);
        if (options->json) {
            const auto live = live_trainings(store, Artifacts(options->file));
            std::fputs(pretty(status_json(store, live, disk_used(options->file))).c_str(), stdout);
            return;
        }
        std::fputs((status_text(store) + "\n" + disk_used_text(disk_used(options->file))).c_str(), stdout);
    });
}

} // namespace mlvicx
