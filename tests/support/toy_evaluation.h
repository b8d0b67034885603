#pragma once

#include "experiments/open_dataset.h"
#include "tests/support/tiny_encoder.h"

namespace mlvicx {

/// ToyImages in the form that an evaluation gets: three fifths to train, a fifth each to validate and to test.
inline OpenDataset toy_evaluation(std::int64_t count) {
    const ToyImages toy(count);
    OpenDataset data;
    data.images = toy.images;
    data.labels = toy.labels.clone();
    data.classes = {"stripes", "spot"};
    for (std::int64_t i = 0; i < count; ++i)
        (5 * i < 3 * count ? data.train : 5 * i < 4 * count ? data.validation : data.test).push_back(i);
    return data;
}

} // namespace mlvicx
