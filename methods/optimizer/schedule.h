#pragma once

#include "core/config.h"

#include <cstdint>

namespace mlvicx {

struct ScheduleOptions {
    double warmup_epochs = 10;
    double final_factor = 0.001;  ///< last learning rate relative to the base
    bool cosine_over_all = false; ///< the cosine divides by all steps, warm-up included (MLVICX's release)
};
void fields(Fields& f, ScheduleOptions& options);

/// Learning-rate factor at `step` (0-based) of `total`: linear warm-up from 0 over `warmup` steps, then cosine from 1
/// to `final_factor`. It is left to the caller to shorten a warm-up longer than a tenth of a short run.
double warmup_cosine(std::int64_t step, std::int64_t total, std::int64_t warmup, const ScheduleOptions& options);

/// Cosine with warm restarts (Loshchilov and Hutter, "SGDR", ICLR 2017): the learning rate in a 0-based `epoch` as a
/// fraction of its range above the minimum, 1 at the start of each cycle; the first cycle lasts `first` epochs, each
/// following one `factor` times as long.
double warm_restarts(std::int64_t epoch, std::int64_t first, std::int64_t factor);

/// BYOL's moving-average rate: 1 - (1 - start) (cos(pi progress) + 1) / 2.
double momentum_rate(double start, double progress);

} // namespace mlvicx
