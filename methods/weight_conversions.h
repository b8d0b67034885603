#pragma once

#include <torch/types.h>

#include <map>
#include <string>
#include <vector>

namespace mlvicx {

/// Fits the weights of other programs' files to a network of this suite, where they are the same weights in another
/// form, and remembers what it did:
/// - another floating type becomes float32;
/// - a stem for grey images, `conv1.weight` [C, 1, k, k], becomes [C, 3, k, k] with a third of the weights for each
///   channel. The network then computes what the original computes on the mean of the three normalised channels. For a
///   grey image g in 0..1 that mean is (g - 0.4488) / 0.2260, with zeros around it as the padding of both: the outputs
///   are equal up to rounding. An original that was trained with another normalisation has to be adapted to this one
///   (docs/weights.md);
/// - dimensions of length 1 are added or removed: a norm's [1, C, 1, 1] for [C], a linear layer's [A, B] for the
///   convolution's [A, B, 1, 1];
/// - the counter `num_batches_tracked` may have any type and one element.
class WeightConversions {
public:
    /// `found` in the shape and kind (floating or not) of `target`, which has this name; undefined if it does not fit.
    torch::Tensor fit(const std::string& name, const torch::Tensor& found, const torch::Tensor& target);
    /// What was converted, as phrases for a message: "converted 62 tensors from F16". Empty if nothing was.
    std::vector<std::string> notes() const;

private:
    std::map<torch::ScalarType, std::int64_t> types_;
    std::vector<std::string> reshaped_; ///< "bn1.weight [1, 64, 1, 1] to [64]"
    bool grey_stem_ = false;
};

} // namespace mlvicx
