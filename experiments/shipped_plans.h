#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// The folder of the plans that come with the program: MLVICX_PLANS if it is set, else that of the installation
/// (PREFIX/share/mlvicx-bench/plans) or of the source folder, whichever the program is in; empty if there is none.
std::filesystem::path shipped_plans_folder();

/// Names of the plans in a folder and below, without ".json", sorted: "demo", "paper/transfer".
std::vector<std::string> plan_names(const std::filesystem::path& folder);

/// The file of a plan that the user names: `plan` itself if there is such a file or it ends in ".json", else the
/// shipped plan of this name. Throws UserError if there is neither, with the most similar name.
std::filesystem::path plan_file(const std::filesystem::path& plan);

} // namespace mlvicx
