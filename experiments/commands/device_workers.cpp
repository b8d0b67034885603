#include "experiments/commands/device_workers.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/progress.h"
#include "core/worker.h"
#include "methods/device/device.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <thread>

namespace mlvicx {

std::vector<std::string> devices_from(const std::string& list) {
    std::vector<std::string> devices;
    std::istringstream names(list + ",");
    for (std::string name; std::getline(names, name, ',');) {
        const bool index =
            !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return '0' <= c && c <= '9'; });
        if (name.empty()) user_error("--devices has \"{}\", expected names with commas between them: 0,1", list);
        devices.push_back(index ? "cuda:" + name : name);
        device_from(devices.back());
    }
    return devices;
}

namespace {

/// The command line of a worker. --requeue is for this process, which answers for all.
std::vector<std::string> words_for(const std::string& device) {
    const std::string option = "--devices";
    std::vector<std::string> words;
    const auto own = own_command_line();
    for (std::size_t i = 0; i < own.size(); ++i)
        if (own[i] == option)
            ++i; // and its value
        else if (own[i] != "--requeue" && own[i].rfind(option + "=", 0) != 0)
            words.push_back(own[i]);
    words.insert(words.end(), {"--device", device});
    return words;
}

/// The workers, by number, and how they ended.
class DeviceWorkers {
public:
    explicit DeviceWorkers(const std::vector<std::string>& devices) : devices_(devices), told_(devices.size()) {
        std::vector<std::pair<std::string, std::string>> environment;
        const int threads = std::max(1, usable_cores() / static_cast<int>(devices.size()));
        if (std::getenv("OMP_NUM_THREADS") == nullptr)
            environment.emplace_back("OMP_NUM_THREADS", std::to_string(threads));
        for (const auto& device : devices) {
            workers_.push_back(std::make_unique<Worker>(words_for(device), environment));
            say("worker {}: {}, process {}", workers_.size(), device, workers_.back()->id());
        }
    }

    /// Waits for all.
    void wait() {
        for (bool asked = false, running = true; running;) {
            if (interrupted() && !asked) {
                for (const auto& worker : workers_) worker->signal(SIGUSR1); // however often they got the other one
                asked = true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            running = false;
            for (std::size_t i = 0; i < workers_.size(); ++i) running = look(i) || running;
        }
    }

    /// One that ended with this status; null if none did.
    Worker* with_status(int status) {
        for (const auto& worker : workers_)
            if (worker->status() == status) return worker.get();
        return nullptr;
    }

private:
    /// Shows what a worker says, and how it ends; whether it runs.
    bool look(std::size_t i) {
        const auto status = workers_[i]->status(); // before its last lines are read
        for (const auto& line : workers_[i]->new_lines()) std::fprintf(stderr, "[%zu] %s\n", i + 1, line.c_str());
        if (!status || told_[i]) return !status;
        told_[i] = true;
        if (*status > 2 && !interrupted())
            complain(fmt::format("worker {} ({}) was ended by {}; its job is free for the others", i + 1, devices_[i],
                                 *status > 128 ? fmt::format("signal {}", *status - 128)
                                               : fmt::format("itself with status {}", *status)));
        return false;
    }

    const std::vector<std::string>& devices_;
    std::vector<bool> told_; ///< how it ended
    std::vector<std::unique_ptr<Worker>> workers_;
};

} // namespace

void run_on_devices(const std::vector<std::string>& devices) {
    DeviceWorkers workers(devices);
    workers.wait();
    if (interrupted()) throw Interrupted();
    // A worker that ends by itself has seen all jobs settled, whoever worked on them, and prints the whole table.
    for (const int status : {0, 2, 1})
        if (const auto* worker = workers.with_status(status)) {
            std::fputs(worker->output().c_str(), stdout);
            if (status == 2) user_error("the workers have ended with errors, which they say above");
            if (status == 1) throw InternalError("the workers have ended with errors, which they say above");
            return;
        }
    user_error("none of the {} workers has finished; the same command goes on where they stopped", devices.size());
}

} // namespace mlvicx
