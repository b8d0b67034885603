#include "datasets/subset_file.h"
#include "core/files.h"
#include "datasets/subset_lists.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

void subset_file(const Input& input) {
    // What the target "prepared" begins with.
    static const PreparedDataset dataset(std::filesystem::path(MLVICX_SOURCE) / "tests/fuzz/corpus/prepared/manifest");
    const auto file = input.file("subsets.json");
    each([&] { import_subset_lists({{0.5, file}}, dataset); });
    const auto subsets = read_subsets(file);
    each([&] { write_subsets(Input::folder() / "again.json", subsets); });
    import_subsets(file, dataset);
}

} // namespace mlvicx::fuzz
