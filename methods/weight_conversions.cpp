#include "methods/weight_conversions.h"

#include "methods/weight_names.h"
#include "methods/weights.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

std::vector<std::int64_t> without_ones(torch::IntArrayRef shape) {
    std::vector<std::int64_t> lengths;
    for (const auto length : shape)
        if (length != 1) lengths.push_back(length);
    return lengths;
}

/// Whether a stem for one channel was found where one for three is expected.
bool is_grey_stem(const std::string& name, torch::IntArrayRef found, torch::IntArrayRef target) {
    return name == "conv1.weight" && found.size() == 4 && target.size() == 4 && found[1] == 1 && target[1] == 3 &&
           found[0] == target[0] && found[2] == target[2] && found[3] == target[3];
}

} // namespace

torch::Tensor WeightConversions::fit(const std::string& name, const torch::Tensor& found, const torch::Tensor& target) {
    if (is_counter(name) && found.numel() == 1 && target.numel() == 1) return found.reshape(target.sizes());
    if (found.is_floating_point() != target.is_floating_point()) return {};
    if (found.scalar_type() != target.scalar_type()) ++types_[found.scalar_type()];
    if (found.sizes() == target.sizes()) return found;
    if (is_grey_stem(name, found.sizes(), target.sizes())) {
        grey_stem_ = true;
        return (found.to(torch::kFloat64) / 3).expand_as(target);
    }
    if (without_ones(found.sizes()) != without_ones(target.sizes())) return {};
    reshaped_.push_back(name + " " + shape_text(found.sizes()) + " to " + shape_text(target.sizes()));
    return found.reshape(target.sizes());
}

std::vector<std::string> WeightConversions::notes() const {
    std::vector<std::string> notes;
    for (const auto& [type, count] : types_)
        notes.push_back(
            fmt::format("converted {} tensor{} from {}", count, count == 1 ? "" : "s", name_of(file_type(type))));
    if (grey_stem_)
        notes.emplace_back("spread the 1 input channel of its stem over 3, a third of the weights each, so that the "
                           "outputs on grey images are the same");
    if (!reshaped_.empty())
        notes.push_back(fmt::format("reshaped {} tensor{} ({})", reshaped_.size(), reshaped_.size() == 1 ? "" : "s",
                                    first_names(reshaped_, 2)));
    return notes;
}

} // namespace mlvicx
