#pragma once

#include "core/json.h"
#include "results/store/sqlite.h"

#include <cstdint>
#include <string>

namespace mlvicx {

/// The key of a finished job's digests in its details.
inline constexpr const char* digests_key = "digests";

/// SHA-256 of each kind of content that a finished job stores, by kind: "run" (versions, device, host, times, number of
/// images, fingerprint), "details" (all but the digests), "metrics", "curves", "leakage", "pictures", "scores" and
/// "image_values" (both with the content hash of their images). A kind without rows is left out. Computed from the
/// file, whatever its row ids are, so that a copy has the same digests; a change of any stored value changes one. They
/// show a change to whoever does not compute them anew, and so are no signature.
json::object digests_of(Sqlite& db, std::int64_t job);

/// One digest for an experiment: SHA-256 over the hashes and stored digests of its finished jobs, so that a paper can
/// name the results it shows. Empty if a finished job has no digests (files of earlier releases), or none is finished.
std::string digest_of_experiment(Sqlite& db, std::int64_t experiment);

} // namespace mlvicx
