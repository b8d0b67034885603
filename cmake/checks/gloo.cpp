// Compiles and links if this LibTorch has Gloo and its header needs no more than methods/device/gloo_names.h.
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

int main() {
    using c10d::ProcessGroupGloo;
    c10d::TCPStoreOptions where;
    const auto store = c10::make_intrusive<c10d::TCPStore>("localhost", where);
    const auto options = ProcessGroupGloo::Options::create();
    options->devices.push_back(ProcessGroupGloo::createDeviceForHostname("localhost"));
    options->devices.push_back(ProcessGroupGloo::createDeviceForInterface("lo"));
    options->devices.push_back(ProcessGroupGloo::createDefaultDevice());
    const auto group =
        c10::make_intrusive<ProcessGroupGloo>(c10::make_intrusive<c10d::PrefixStore>("a", store), 0, 1, options);
    std::vector<at::Tensor> tensors{at::ones({1})};
    std::vector<std::vector<at::Tensor>> all{tensors};
    return group->allreduce(tensors)->wait() && group->allgather(all, tensors)->wait() &&
                   group->broadcast(tensors)->wait()
               ? 0
               : 1;
}
