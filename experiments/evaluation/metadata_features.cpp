#include "experiments/evaluation/metadata_features.h"

#include "core/error.h"
#include "core/hash.h"
#include "datasets/text/text_file.h"

#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <set>

namespace mlvicx {

namespace {

torch::Tensor is_value(const ImageAttribute& attribute, const std::string& value) {
    std::vector<float> column;
    for (const auto& of_image : attribute.values) column.push_back(of_image == value ? 1 : 0);
    return torch::tensor(column);
}

/// The ages as numbers; NaN if unknown.
std::vector<double> numbers_of(const ImageAttribute& ages, const std::string& where) {
    std::vector<double> numbers;
    for (const auto& text : ages.values) {
        const auto number = number_from(text);
        if (!number && !text.empty()) user_error("{}: has the age \"{}\", expected a number of years", where, text);
        numbers.push_back(number.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
    return numbers;
}

torch::Tensor standardised(const std::vector<double>& ages, const std::vector<std::int64_t>& train) {
    double count = 0, sum = 0, squares = 0;
    for (const auto image : train)
        if (const double age = ages[static_cast<std::size_t>(image)]; !std::isnan(age))
            ++count, sum += age, squares += age * age;
    const double mean = count > 0 ? sum / count : 0;
    const double deviation = count > 0 ? std::sqrt(std::max(0.0, squares / count - mean * mean)) : 0;
    std::vector<float> column;
    for (const double age : ages)
        column.push_back(std::isnan(age) || deviation == 0 ? 0 : static_cast<float>((age - mean) / deviation));
    return torch::tensor(column);
}

} // namespace

GivenFeatures metadata_features(const std::vector<ImageAttribute>& attributes, const std::vector<std::int64_t>& train,
                                const std::string& where) {
    if (attributes.empty())
        user_error("{}: the sex, age and view of its images are all unknown, so the control metadata has nothing to "
                   "learn from",
                   where);
    std::vector<torch::Tensor> columns;
    for (const auto& attribute : attributes) {
        const bool age = attribute.name == "age";
        if (age) columns.push_back(standardised(numbers_of(attribute, where), train));
        for (const auto& value : std::set<std::string>(attribute.values.begin(), attribute.values.end()))
            if (!age || value.empty()) columns.push_back(is_value(attribute, value));
    }
    return {torch::stack(columns, 1), Precision::fp32};
}

std::string digest_of(const std::vector<ImageAttribute>& attributes) {
    Sha256 digest;
    for (const auto& attribute : attributes) {
        digest.add(attribute.name + "\n");
        for (const auto& value : attribute.values) digest.add(value + "\n");
    }
    return digest.hex();
}

} // namespace mlvicx
