#include "datasets/importers/siim.h"

#include "core/error.h"
#include "datasets/importers/published.h"
#include "datasets/importers/rle.h"
#include "datasets/importers/siim_png.h"
#include "datasets/importers/sources.h"
#include "datasets/importers/split_lists.h"
#include "datasets/text/csv.h"

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// Reads the rows into images in order of appearance; returns how many images have more than one mask.
std::size_t read_images(DatasetIndex& index, const fs::path& file) {
    const Csv table(file);
    table.require_whole();
    const std::size_t id = table.column("ImageId"), code = table.column("EncodedPixels");
    std::unordered_map<std::string_view, std::size_t> known; // keys are views into the table
    std::vector<std::size_t> masks;                          // per image
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const auto name = table.cell(row, id), text = table.cell(row, code);
        if (name.empty() || text.empty())
            user_error("{}: has no {}", table.where(row), name.empty() ? "ImageId" : "EncodedPixels");
        const auto [place, is_new] = known.emplace(name, index.images.size());
        if (is_new) {
            ImageEntry image;
            image.id = image.patient = name;
            image.frame = {published_side, published_side};
            image.labels = {0};
            image.masks.resize(1);
            index.images.push_back(std::move(image));
            masks.push_back(0);
        }
        const bool none = text == "-1";
        if (!is_new && (none || masks[place->second] == 0))
            user_error("{}: repeated image {}, once without a mask (-1); expected either masks or one -1",
                       table.where(row), name);
        if (none) continue;
        ++masks[place->second];
        ImageEntry& image = index.images[place->second];
        image.labels = {1};
        const auto runs = runs_from(text, published_side, table.where(row));
        image.masks[0].runs.insert(image.masks[0].runs.end(), runs.begin(), runs.end());
    }
    if (index.images.empty()) user_error("{}: has no images, only a header", file.string());
    record_source(index, file);
    return static_cast<std::size_t>(std::count_if(masks.begin(), masks.end(), [](auto count) { return count > 1; }));
}

} // namespace

DatasetIndex read_siim(const SourceOptions& source) {
    DatasetIndex index;
    index.dataset = "siim";
    index.classes = index.mask_names = {"Pneumothorax"};
    index.provenance = provenance_of("siim", source);
    fs::path folder = source.table_folder();
    if (fs::is_directory(folder / "siim-acr-pneumothorax")) folder /= "siim-acr-pneumothorax";
    const fs::path table = one_of(
        folder, {"train-rle.csv", "stage_2_train.csv", "siim-pneumothorax-train-rle.csv", "stage_1_train_images.csv"});
    if (table.filename() == "stage_1_train_images.csv") {
        say_patients_unknown(index, "siim");
        read_siim_png(index, source, folder);
        return index;
    }
    refuse_official_split(source.split, "SIIM's table of codes");
    say_patients_unknown(index, "siim");
    const std::size_t several = read_images(index, table);
    compare_with_published(index, {{"images", 12047, index.images.size()},
                                   {"positive images", 2669, positives(index, 0)},
                                   {"images with more than one mask", 624, several}});
    split_as_asked(index, source);

    find_images(index, source.image_folder(), source.allow_missing);
    return index;
}

} // namespace mlvicx
