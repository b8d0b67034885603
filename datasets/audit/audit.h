#pragma once

#include "datasets/audit/near_duplicates.h"
#include "datasets/prepared.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// What is kept of a dataset's images for comparing them; 4.4 KB an image.
std::vector<ImageSketch> sketch_images(const PreparedDataset& dataset, unsigned threads = 0);

/// Two prepared images of one content.
struct SharedImage {
    std::int64_t first = 0, second = 0; ///< positions in the two datasets
    double correlation = 1;             ///< see Duplicate
    bool identical = false;             ///< the same pixels; else a copy that was changed
    bool inverted = false;
};

/// A dataset under audit. The dataset must outlive it.
struct AuditedDataset {
    explicit AuditedDataset(const PreparedDataset& of, unsigned threads = 0)
        : prepared(&of), sketches(sketch_images(of, threads)) {}
    const PreparedDataset* prepared;
    std::vector<ImageSketch> sketches;
    std::int64_t blank() const; ///< images without any structure, which are compared with nothing
};

/// What a comparison of two datasets' images finds. Lists are sorted.
struct SharedImages {
    std::vector<SharedImage> images; ///< in common
    /// As alike as changed copies can be, in datasets whose different images are that alike as well: not counted.
    std::vector<SharedImage> look_alikes;
    double copies_from = 0;    ///< correlation that tells copies from look-alikes here; see DuplicateSearch
    std::int64_t left_out = 0; ///< more pairs that look alike and were not compared closely
};

/// All images that the two have in common; `first` and `second` the same object: repeats within it, each pair once.
/// Identical images, and copies that were re-encoded, resized, inverted, changed in contrast or cropped by up to 2 % on
/// each side.
SharedImages shared_images(const AuditedDataset& first, const AuditedDataset& second, unsigned threads = 0);

/// The two images' splits differ: what was trained on or chosen by in one is tested in the other.
bool across_splits(const PreparedDataset& first, const PreparedDataset& second, const SharedImage& pair);

/// Classes of the same name whose labels are known and differ.
std::vector<std::string> label_conflicts(const PreparedDataset& first, const PreparedDataset& second,
                                         const SharedImage& pair);

/// Test images that stand in another place too. Both lists ascend, each image once.
struct SeenImages {
    std::vector<std::int64_t> tested; ///< test images that are known from there
    std::vector<std::int64_t> copies; ///< where they are known from
};
/// Test images of `tested` of which `source` has a copy in one of `splits`. `pairs`: shared_images(source,
/// tested).images.
SeenImages seen_test_images(const PreparedDataset& source, const PreparedDataset& tested,
                            const std::vector<SharedImage>& pairs, const std::vector<Split>& splits);

/// A patient with images in different splits of two files of one dataset. (Within a file this cannot be: such a file is
/// not opened.) Between datasets ids mean nothing; there, images are compared.
struct SplitPatient {
    std::string patient;
    Split first = Split::train, second = Split::train;
};
std::vector<SplitPatient> patients_in_two_splits(const PreparedDataset& first, const PreparedDataset& second);

/// The audit of two datasets, or of one (`first` == `second`).
struct AuditedPair {
    std::size_t first = 0, second = 0; ///< positions in Audit::datasets
    SharedImages shared;
    std::vector<SplitPatient> patients;
};
struct Audit {
    std::vector<AuditedDataset> datasets;
    std::vector<AuditedPair> pairs; ///< every dataset with itself and with each later one
    std::int64_t leaks() const;     ///< pairs of images, and patients, across splits
};
Audit audit_datasets(const std::vector<const PreparedDataset*>& datasets, unsigned threads = 0);

/// "292 more pairs look as alike ...": look-alikes and what was left out, a line each; empty where there is neither.
std::string look_alikes_text(const PreparedDataset& first, const PreparedDataset& second, const SharedImages& shared);
/// For people: what each pair has in common, the first `examples` of each by name.
std::string audit_text(const Audit& audit, std::size_t examples = 10);
/// All of it. Keys: format, datasets [{file, dataset, fingerprint, images, blank}], images [{first, second,
/// correlation, kind, across_splits, conflicts}], look_alikes [{datasets, pairs, copies_from, left_out, text}],
/// patients.
json::object audit_json(const Audit& audit);
/// Draws up to `most` pairs side by side as PNG, those across splits first, then the least certain.
void audit_sheet(const Audit& audit, const std::filesystem::path& png, std::size_t most = 60);

} // namespace mlvicx
