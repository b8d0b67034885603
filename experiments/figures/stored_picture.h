#pragma once

#include "datasets/figure.h"
#include "results/store/store.h"

#include <cstddef>
#include <string>

namespace mlvicx {

/// The most that a picture takes of a results file, in bytes.
inline constexpr std::size_t largest_picture = 150'000;

/// A figure as the results file keeps it.
inline StoredPicture stored_picture(std::string name, std::string caption, const Drawing& figure) {
    return {std::move(name), std::move(caption), figure.encoded(largest_picture)};
}

} // namespace mlvicx
