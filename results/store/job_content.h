#pragma once

#include "results/store/sqlite.h"

#include <cstdint>
#include <map>
#include <string>

namespace mlvicx {

/// What a finished job has stored, value by value, as text: by what it is called in a sentence ("test auc of Mass",
/// "loss of epoch 3", "scores", ...), within its kind, the table that has it ("jobs" for the job's own row). Numbers
/// have all their digits, large contents are named by their SHA-256. Left out is what may differ between two runs of
/// one job: times, rates, machine, versions, and the path of the encoder's file.
using JobContent = std::map<std::string, std::map<std::string, std::string>>;
JobContent content_of(Sqlite& db, std::int64_t job);

/// The first value that differs, as "test auc of Mass: 0.8125 and 0.75"; empty: none. A kind that one of them lacks
/// entirely because a copy may leave it out (results/store/copy.h) does not differ.
std::string first_difference(const JobContent& a, const JobContent& b);

} // namespace mlvicx
