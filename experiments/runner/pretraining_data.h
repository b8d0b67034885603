#pragma once

#include "experiments/open_dataset.h"
#include "experiments/plan.h"
#include "methods/views/image_pool.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mlvicx {

/// Names, or fingerprints, of the datasets of one pre-training as one text: "nih", "nih+chexpert".
std::string joined_datasets(const std::vector<std::string>& names);

/// The datasets that one pre-training learns from, in the order of the list that names them. They must outlive it.
class PretrainingData {
public:
    /// At least one.
    explicit PretrainingData(std::vector<const OpenDataset*> datasets) : datasets_(std::move(datasets)) {}
    /// Those of a plan whose methods train.
    PretrainingData(const Plan& plan, const std::map<std::string, OpenDataset>& datasets);

    const std::vector<const OpenDataset*>& datasets() const { return datasets_; }
    const OpenDataset& first() const { return *datasets_.front(); }
    ImagePool pool() const;
    /// The images to train on, as indices into the pool, ascending: the training splits without the images that are
    /// left out, or the part of them that `options.images` asks for (pretraining_subset): a fraction of each dataset, a
    /// number in proportion to the datasets' images. Throws UserError if it asks for more than there are.
    std::vector<std::int64_t> images(const PretrainOptions& options) const;
    /// How many images an epoch has.
    std::int64_t epoch_images(const PretrainOptions& options) const;

    std::string names() const;       ///< as the datasets call themselves
    std::string fingerprint() const; ///< of all, joined
    std::int64_t training_split() const;
    std::int64_t left_out() const;
    /// Name, fingerprint and number of the images of each dataset; `images` as above.
    json::array describe(const std::vector<std::int64_t>& images) const;

private:
    std::vector<const OpenDataset*> datasets_;
};

/// Throws UserError if two datasets of the list hold the same images; `where` names the list ("plan.json:
/// $.pretrain.dataset"). `fingerprints`: of `names`.
void require_distinct_datasets(const std::vector<std::string>& names, const std::vector<std::string>& fingerprints,
                               const std::string& where);

/// Throws UserError if a batch of a method has more images than an epoch.
void require_batches(const Plan& plan, const std::map<std::string, OpenDataset>& datasets);

} // namespace mlvicx
