#pragma once

#include "datasets/audit/near_duplicates.h"
#include "datasets/prepared.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// Sketches of a dataset's images, for comparing them; 4.4 KB per image.
std::vector<ImageSketch> sketch_images(const PreparedDataset& dataset, unsigned threads = 0);

/// Two prepared images with the same content.
struct SharedImage {
    std::int64_t first = 0, second = 0; ///< indices in the two datasets
    double correlation = 1;             ///< see Duplicate
    bool identical = false;             ///< the same pixels; otherwise a modified copy
    bool inverted = false;
};

/// A dataset under audit; must not outlive the dataset.
struct AuditedDataset {
    explicit AuditedDataset(const PreparedDataset& of, unsigned threads = 0)
        : prepared(&of), sketches(sketch_images(of, threads)) {}
    const PreparedDataset* prepared;
    std::vector<ImageSketch> sketches;
    std::int64_t blank() const; ///< images without any structure, which are not compared
};

/// Result of comparing the images of two datasets. Lists are sorted.
struct SharedImages {
    std::vector<SharedImage> images; ///< in common
    /// Pairs as similar as modified copies, in datasets whose distinct images can be just as similar: not counted.
    std::vector<SharedImage> look_alikes;
    double copies_from = 0;    ///< correlation that separates copies from look-alikes here; see DuplicateSearch
    std::int64_t left_out = 0; ///< further pairs that look alike but were not compared closely
};

/// Finds all images that the two have in common; if `first` and `second` are the same object, the duplicates within it,
/// each pair once. Finds identical images and copies that were re-encoded, resized, inverted, changed in contrast or
/// cropped by up to 2 % on each side.
SharedImages shared_images(const AuditedDataset& first, const AuditedDataset& second, unsigned threads = 0);

/// Whether the two images are in different splits: an image used for training or model selection in one is tested in
/// the other.
bool across_splits(const PreparedDataset& first, const PreparedDataset& second, const SharedImage& pair);

/// Classes of the same name for which both labels are known and differ.
std::vector<std::string> label_conflicts(const PreparedDataset& first, const PreparedDataset& second,
                                         const SharedImage& pair);

/// Test images that also occur elsewhere. Both lists are ascending, each image once.
struct SeenImages {
    std::vector<std::int64_t> tested; ///< test images with a copy there
    std::vector<std::int64_t> copies; ///< their copies
};
/// Test images of `tested` (with `all_images`, any of its images) that have a copy in one of `splits` of `source`.
/// `pairs`: shared_images(source, tested).images.
SeenImages seen_test_images(const PreparedDataset& source, const PreparedDataset& tested,
                            const std::vector<SharedImage>& pairs, const std::vector<Split>& splits,
                            bool all_images = false);

/// A patient with images in different splits of two files of one dataset, or of one file that was split by lists which
/// share patients. Across datasets, ids mean nothing; images are compared instead.
struct SplitPatient {
    std::string patient;
    Split first = Split::train, second = Split::train;
};
std::vector<SplitPatient> patients_in_two_splits(const PreparedDataset& first, const PreparedDataset& second);

/// The audit of two datasets, or of one (`first` == `second`).
struct AuditedPair {
    std::size_t first = 0, second = 0; ///< indices into Audit::datasets
    SharedImages shared;
    std::vector<SplitPatient> patients;
};
struct Audit {
    std::vector<AuditedDataset> datasets;
    std::vector<AuditedPair> pairs; ///< every dataset with itself and with each later one
    std::int64_t leaks() const;     ///< pairs of images, and patients, across splits
};
Audit audit_datasets(const std::vector<const PreparedDataset*>& datasets, unsigned threads = 0);

/// "292 more pairs look as similar ...": look-alikes and pairs left out, one line each; empty if there are neither.
std::string look_alikes_text(const PreparedDataset& first, const PreparedDataset& second, const SharedImages& shared);
/// Human-readable report: what each pair has in common, naming the first `examples` of each.
std::string audit_text(const Audit& audit, std::size_t examples = 10);
/// The complete result. Keys: format, datasets [{file, dataset, fingerprint, images, blank}], images [{first, second,
/// correlation, kind, across_splits, conflicts}], look_alikes [{datasets, pairs, copies_from, left_out, text}],
/// patients.
json::object audit_json(const Audit& audit);
/// Draws up to `most` pairs with their differences as PNG figures of 20 pairs each: first those across splits, then the
/// least certain. The first page is `png`, the next ones are NAME-2.png, NAME-3.png, ...; returns their paths. Throws
/// UserError if there are no pairs.
std::vector<std::filesystem::path> audit_sheets(const Audit& audit, const std::filesystem::path& png,
                                                std::size_t most = 1000);

} // namespace mlvicx
