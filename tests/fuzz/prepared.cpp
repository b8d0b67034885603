#include "datasets/fingerprint.h"
#include "datasets/inspect.h"
#include "datasets/source_record.h"
#include "datasets/subset.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

void prepared(const Input& input) {
    const auto file = input.file("data.safetensors");
    const PreparedDataset dataset(file);
    std::size_t sum = 0;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        sum += dataset.id(i).size() + dataset.patient(i).size() + dataset.labels(i).size() + dataset.boxes(i).size();
        for (const auto pixel : dataset.image(i)) sum += pixel;
        for (std::size_t m = 0; m < dataset.mask_names().size(); ++m)
            for (const auto pixel : dataset.mask(i, m)) sum += pixel;
    }
    ensure(sum > 0, "an image without an id");
    each([&] { describe(dataset); });
    each([&] { changed_tables(dataset); });
    each([&] { label_subset(dataset, 0.5, 0); });
    each([&] { pretraining_subset(dataset, dataset.images_of(Split::train), 0.5, 0); });
    verify_fingerprint(file, 1);
}

} // namespace mlvicx::fuzz
