#include "methods/device/graph_recorder.h"

#include "methods/device/cuda_graph.h"

#include <ATen/record_function.h>
#include <torch/torch.h>

#include <cstdlib>
#include <limits>
#include <string_view>

namespace mlvicx {

namespace {

struct Emulation {
    bool on = false;
    std::int64_t replays = 0;
    bool running = false;
};
Emulation& emulation() {
    static Emulation state;
    return state;
}

class Emulated : public GraphRecorder {
public:
    explicit Emulated(Results changed) : changed_(std::move(changed)) {}

    Results record(const std::function<Results()>& work) override {
        Results before;
        for (const auto& tensor : changed_) before.push_back(tensor.detach().clone());
        work_ = work;
        results_ = run();
        const torch::NoGradGuard no_gradient;
        for (std::size_t i = 0; i < changed_.size(); ++i) changed_[i].detach().copy_(before[i]);
        for (auto& result : results_)
            if (result.defined()) result.fill_(std::numeric_limits<double>::quiet_NaN());
        return results_;
    }
    void replay() override {
        ++emulation().replays;
        const at::RecordFunctionGuard without_observers(false); // a graph runs nothing of the program's
        const auto found = run();
        const torch::NoGradGuard no_gradient;
        for (std::size_t i = 0; i < found.size(); ++i)
            if (found[i].defined()) results_[i].copy_(found[i]);
    }

private:
    Results run() {
        emulation().running = true;
        auto results = work_();
        emulation().running = false;
        return results;
    }

    const Results changed_;
    std::function<Results()> work_;
    Results results_;
};

} // namespace

std::unique_ptr<GraphRecorder> graph_recorder(const torch::Device& device, const std::vector<torch::Tensor>& changed) {
    if (device.is_cpu() && emulation().on) return std::make_unique<Emulated>(changed);
    return device.is_cuda() && graphs_fault().empty() ? cuda_graph(device) : nullptr;
}

std::string graphs_fault() {
    const char* wish = std::getenv("MLVICX_CUDA_GRAPHS");
    if (wish == nullptr || wish != std::string_view("on"))
        return "off, as no GPU has tested them (MLVICX_CUDA_GRAPHS=on)";
    return has_cuda_graphs() ? "" : "not built in: CUDA's headers were not found";
}

EmulatedGraphs::EmulatedGraphs() {
    emulation() = {true, 0, false};
}
EmulatedGraphs::~EmulatedGraphs() {
    emulation() = {};
}
std::int64_t EmulatedGraphs::replays() {
    return emulation().replays;
}
bool EmulatedGraphs::running() {
    return emulation().running;
}

} // namespace mlvicx
