#pragma once

namespace mlvicx::stored {

// Hashes and files of earlier releases carry these words ("film" is an image), so they can't change with the code's.

inline constexpr const char* images = "films";                         ///< fingerprints, label subsets of format 1
inline constexpr const char* images_per_patient = "films_per_patient"; ///< names of prepared files
inline constexpr const char* without_test_images_of = "without_test_films_of"; ///< identities of pre-trainings

} // namespace mlvicx::stored
