#include "datasets/class_colours.h"

#include <algorithm>
#include <cmath>

namespace mlvicx {

cv::Scalar class_colour(std::size_t label) {
    const double turn = 6.0 * std::fmod(0.61803398875 * static_cast<double>(label), 1.0);
    const auto part = [&](double shift) {
        const double at = std::fmod(turn + shift, 6.0);
        return 105 + 150 * std::clamp(std::min(at, 4.0 - at), 0.0, 1.0);
    };
    return {part(0), part(2), part(4)};
}

cv::Scalar mask_colour(const std::vector<std::string>& classes, const std::vector<std::string>& mask_names,
                       std::size_t mask) {
    const auto named = std::find(classes.begin(), classes.end(), mask_names[mask]);
    const auto label = static_cast<std::size_t>(named - classes.begin());
    return class_colour(named == classes.end() ? label + mask : label);
}

} // namespace mlvicx
