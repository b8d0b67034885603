#pragma once

#include "results/store/store.h"
#include "results/verify/verification.h"

#include <filesystem>

namespace mlvicx {

/// Recomputes what a results file states from what it stores, and compares:
/// - SQLite's structure, foreign keys; if they are broken, nothing else is checked;
/// - plans and their hashes, and the methods under a plan's labels;
/// - image sets: sizes, labels, content hash;
/// - jobs: the hash of the configuration; kind, protocol, fraction, seed, draw and fingerprint as it says; what was
///   stored against its digests (results/store/digests.h);
/// - metrics: every one that scores, pixel counts or image values give, class by class, with counts and means;
/// - leakage: within bounds, and the same for all jobs of a dataset;
/// - encoders in `encoders` (HASH.safetensors), if they are there: digest over the tensors, identity, and the digest
///   that evaluations recorded.
/// Intervals and tests are not stored: reports compute them from the scores. Throws UserError if the file cannot be
/// read.
Verification verify(Store& store, const std::filesystem::path& encoders);

/// Throws UserError if an evaluation of the experiment (empty: the one used last) stores an AUC or an overlap of masks
/// that its scores or pixel counts do not give; names the first.
void require_figures(Store& store, const std::string& experiment);

} // namespace mlvicx
