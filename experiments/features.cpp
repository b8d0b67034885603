#include "experiments/evaluation.h"

#include "core/interrupt.h"
#include "methods/views.h"

#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

namespace {

/// Evaluation mode for a scope.
class EvaluationMode {
public:
    explicit EvaluationMode(Encoder& encoder) : encoder_(encoder), was_training_(encoder.is_training()) {
        encoder_.eval();
    }
    ~EvaluationMode() { encoder_.train(was_training_); }
    EvaluationMode(const EvaluationMode&) = delete;
    EvaluationMode& operator=(const EvaluationMode&) = delete;

private:
    Encoder& encoder_;
    bool was_training_;
};

} // namespace

torch::Tensor extract_features(Encoder& encoder, const torch::Tensor& films, const std::vector<std::int64_t>& numbers,
                               std::int64_t image_size, const torch::Device& device, Precision precision) {
    const torch::NoGradGuard no_grad; // not InferenceMode: autocast may keep weights that it cast for later training
    const EvaluationMode mode(encoder);
    const auto count = static_cast<std::int64_t>(numbers.size());
    const std::int64_t batch = device.is_cuda() ? 256 : 32;
    auto features = torch::empty({count, encoder.features()});
    for (std::int64_t begin = 0; begin < count; begin += batch) {
        if (interrupted()) throw Interrupted{};
        const auto size = std::min(batch, count - begin);
        // Always full batches, the last filled up with its first film: convolutions choose their algorithm by the
        // batch's size, and a film's features must not depend on how many others were asked for.
        std::vector<std::int64_t> chosen(static_cast<std::size_t>(batch), numbers[static_cast<std::size_t>(begin)]);
        std::copy_n(numbers.begin() + begin, size, chosen.begin());
        const auto input = encoder_input(
            plain_view(films.index_select(0, torch::tensor(chosen, torch::kInt64)).to(device), image_size));
        torch::Tensor output;
        {
            const Autocast autocast(device, precision);
            output = encoder.forward(input);
        }
        features.narrow(0, begin, size).copy_(output.narrow(0, 0, size));
    }
    return features;
}

} // namespace mlvicx
