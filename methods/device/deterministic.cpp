#include "methods/device/deterministic.h"

#include "methods/device/device.h"
#include "methods/device/torch_version.h"

#include <ATen/Context.h>
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <set>
#include <string_view>

namespace mlvicx {

namespace {

/// Takes LibTorch's warnings of operations that may differ from run to run; the others are printed as before.
class NotDeterministic : public TextWarningHandler {
public:
    explicit NotDeterministic(std::function<void(const std::string&)> say) : say_(std::move(say)) {}

private:
    bool taken(const std::string& message) override {
        constexpr std::string_view fault = " does not have a deterministic implementation";
        const auto at = message.find(fault);
        if (at == std::string::npos) return false;
        const auto operation = message.substr(0, at);
        if (named_.insert(operation).second)
            say_(fmt::format("not deterministic: LibTorch has no algorithm for {} that repeats its bits", operation));
        return true;
    }

    std::function<void(const std::string&)> say_;
    std::set<std::string> named_;
};

} // namespace

void use_deterministic_algorithms(std::function<void(const std::string&)> say) {
    ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
    auto& context = at::globalContext();
    context.setBenchmarkCuDNN(false); // which algorithm is fastest depends on what else runs
    context.setDeterministicCuDNN(true);
    context.setDeterministicAlgorithms(true, /*warn_only=*/true);
    leave_new_tensors_uninitialised(context);
    static std::unique_ptr<NotDeterministic> handler; // as long as the process: LibTorch keeps a pointer
    handler = std::make_unique<NotDeterministic>(std::move(say));
    take_warnings(handler.get());
}

void use_deterministic_gpus(std::function<void(const std::string&)> say) {
    if (device_names().size() > 1) use_deterministic_algorithms(std::move(say));
}

bool deterministic_algorithms() {
    return at::globalContext().deterministicAlgorithms();
}

} // namespace mlvicx
