#pragma once

#include "results/store/store.h"

#include <map>
#include <string>

namespace mlvicx {

/// A job in words: "mlvicx, frozen (linear probe), 5 % of nih, seed 0", "..., seed 0, draw 2", or "byol, pre-training
/// on nih, seed 0".
std::string job_words(const JobKey& job, const std::map<std::string, Protocol>& protocols);

/// The same for a query whose columns begin with method, dataset, protocol, fraction, seed and draw.
std::string job_words(const Statement& query, const std::map<std::string, Protocol>& protocols);

} // namespace mlvicx
