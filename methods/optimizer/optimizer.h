#pragma once

#include "core/config.h"

#include <torch/types.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

struct OptimizerOptions {
    std::string name = "lars";     ///< lars, sgd or adamw
    double learning_rate = 0.2;    ///< lars, sgd: per batch of 256 (scaled by batch/256); adamw: used unscaled
    double bias_rate_factor = 1.0; ///< learning rate of 1-D parameters relative to the others (Barlow Twins: 0.024)
    double momentum = 0.9;         ///< lars, sgd
    double weight_decay = 1e-6;
    double trust = 0.001;                              ///< lars eta
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8; ///< adamw
};
void fields(Fields& f, OptimizerOptions& options);

/// Parameters with a gradient are updated in a single pass over each on the CPU, and by operations on all of them
/// (foreach) on a GPU without our kernels, or where a parameter and its gradient differ in layout or are not float32.
/// 1-D parameters (norms, biases) have neither weight decay nor, with LARS, the trust ratio.
class Optimizer {
public:
    virtual ~Optimizer() = default;
    /// One update with this learning rate (1-D parameters: times bias_rate_factor). LARS and SGD may overwrite the
    /// gradients of the other parameters (decay added, trust ratio applied), which saves a copy of all weights.
    void step(double learning_rate) {
        prepare(learning_rate);
        update();
    }
    /// The two parts of a step: the host's, which counts it and puts the rate where `update` reads it, and the
    /// device's.
    virtual void prepare(double learning_rate) = 0;
    virtual void update() = 0;
    /// Whether the last update's work, repeated on its device, is the next update: a GPU's kernels read what `prepare`
    /// puts into its memory, LibTorch's operations got the rate from the host.
    virtual bool repeatable() const = 0;
    /// The parameters it moves.
    std::vector<torch::Tensor> parameters() const;
    /// Drops all gradients.
    void zero_grad();
    /// State by name (`momentum.PARAMETER`, ...; a `step` count if needed), sharing storage with the optimiser:
    /// checkpoints save it and resuming copies back into it.
    virtual std::vector<std::pair<std::string, torch::Tensor>> state() = 0;

protected:
    std::vector<std::pair<std::string, torch::Tensor>> parameters_;
};

/// `parameters`: named, requiring gradients, in a fixed order. LARS as in the authors' code (You, Gitman, Ginsburg
/// 2017; facebookresearch/barlowtwins main.py): g += wd w; g *= trust |w| / |g| where both are positive; m = mu m + g;
/// w -= lr m.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options,
                                          std::vector<std::pair<std::string, torch::Tensor>> parameters);

/// The same with a learning rate per parameter: the learning rate times `factor(name)`.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options,
                                          std::vector<std::pair<std::string, torch::Tensor>> parameters,
                                          const std::function<double(const std::string&)>& factor);

} // namespace mlvicx
