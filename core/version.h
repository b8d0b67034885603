#pragma once

namespace mlvicx {

/// What this build is: the checkout's commit ("unknown" outside of one) and the suite's version.
extern const char* const git_commit;
extern const char* const suite_version;

/// Part of every job's hash. It rises when a change of the code changes results that the options do not show, so that
/// old and new figures never stand in one table as equals.
inline constexpr int result_version = 2;

} // namespace mlvicx
