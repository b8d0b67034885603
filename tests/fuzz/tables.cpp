#include "datasets/importers/nih.h"
#include "datasets/importers/published.h"
#include "datasets/importers/rsna.h"
#include "datasets/importers/siim.h"
#include "datasets/importers/vinbig/vinbig.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

/// The tables of the published datasets. Their images are not there: the tables are read before images are looked for.
void tables(const Input& input) {
    SourceOptions source;
    source.allow_missing = true;
    source.split.kind = "patient";
    const auto with = [&](const std::string& folder, const char* name) -> const SourceOptions& {
        source.root = input.file(folder + "/" + name).parent_path().string();
        return source;
    };
    input.read_in({[&] { read_nih(with("nih", "Data_Entry_2017.csv")); },
                   [&] { read_rsna(with("rsna", "stage_2_train_labels.csv"), {}); },
                   [&] { read_siim(with("siim", "train-rle.csv")); },
                   [&] { read_siim(with("siim_png", "stage_1_train_images.csv")); },
                   [&] { read_vinbig(with("vinbig", "train.csv"), {}); }});
}

} // namespace mlvicx::fuzz
