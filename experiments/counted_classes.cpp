#include "experiments/counted_classes.h"

#include "core/error.h"
#include "core/suggest.h"

#include <torch/torch.h>

#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace {

torch::Tensor without_any(const torch::Tensor& labels) {
    const auto present = (labels == 1).any(1), unknown = (labels < 0).any(1);
    const auto one = torch::ones_like(present, torch::kInt8);
    return torch::where(present, 0 * one, torch::where(unknown, -1 * one, one));
}

std::vector<std::string> expanded(const std::vector<std::string>& names, const std::vector<std::string>& all) {
    std::vector<std::string> classes;
    for (const auto& name : names) {
        if (name == "all")
            classes.insert(classes.end(), all.begin(), all.end());
        else
            classes.push_back(name);
    }
    return classes;
}

} // namespace

OpenDataset with_classes(OpenDataset data, const std::vector<std::string>& names, const std::string& where) {
    if (names.empty()) return data;
    const auto classes = expanded(names, data.classes);
    std::vector<torch::Tensor> columns;
    for (std::size_t k = 0; k < classes.size(); ++k) {
        const auto& name = classes[k];
        if (std::find(classes.begin(), classes.begin() + static_cast<std::ptrdiff_t>(k), name) !=
            classes.begin() + static_cast<std::ptrdiff_t>(k))
            user_error("{} has \"{}\" twice, expected each class once", where, name);
        const auto found = std::find(data.classes.begin(), data.classes.end(), name);
        if (found == data.classes.end() && name != no_finding)
            user_error("{} has \"{}\", which dataset \"{}\" lacks; expected all, {} or one of: {}{}", where, name,
                       data.prepared->dataset(), no_finding, fmt::join(data.classes, ", "),
                       did_you_mean(name, data.classes));
        columns.push_back(found == data.classes.end() ? without_any(data.labels)
                                                      : data.labels.select(1, found - data.classes.begin()));
    }
    data.labels = torch::stack(columns, 1).contiguous();
    data.classes = classes;
    return data;
}

} // namespace mlvicx
