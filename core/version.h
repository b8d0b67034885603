#pragma once

namespace mlvicx {

/// Identifies this build: the checkout's commit ("unknown" outside a checkout) and the suite's version.
extern const char* const git_commit;
extern const char* const suite_version;

/// Part of every job's hash. Increase it when a code change alters results without a change of options, so that old and
/// new results are never mixed in one table.
inline constexpr int result_version = 2;

} // namespace mlvicx
