#include "datasets/audit/copies_together.h"

#include "core/error.h"
#include "core/progress.h"
#include "datasets/audit/near_duplicates.h"

#include <map>
#include <numeric>
#include <set>

namespace mlvicx {

namespace {

/// Groups of patients (union-find); a group is represented by its smallest id.
class Groups {
public:
    const std::string& of(const std::string& patient) {
        const std::string& above = parents_.emplace(patient, patient).first->second;
        if (above == patient) return above;
        const std::string top = of(above);
        return parents_[patient] = top;
    }
    void join(const std::string& one, const std::string& other) {
        const std::string a = of(one), b = of(other);
        if (a != b) parents_[std::max(a, b)] = std::min(a, b);
    }

private:
    std::map<std::string, std::string> parents_; ///< by patient; its own parent: the group's smallest id
};

} // namespace

void require_split_by_patient(const DatasetIndex& index, const SplitOptions& split) {
    DatasetIndex by_patient;
    by_patient.images.resize(index.images.size());
    for (std::size_t i = 0; i < index.images.size(); ++i) by_patient.images[i].patient = index.images[i].patient;
    split_by_patient(by_patient, split);
    for (std::size_t i = 0; i < index.images.size(); ++i)
        if (index.images[i].split != by_patient.images[i].split)
            user_error("{}: keep_copies_together moves patients who share an image into one split, which requires a "
                       "split by patient; this split is the dataset's own (image {} is in {})",
                       index.dataset, index.images[i].id, name_of(index.images[i].split));
}

json::object keep_copies_together(DatasetIndex& index, std::span<const ImageSketch> sketches, const SplitOptions& split,
                                  unsigned threads) {
    const auto copies = near_duplicates(sketches, {}, {}, threads);
    Groups groups;
    std::set<std::string> joined, into;
    for (const auto& pair : copies) {
        const auto &first = index.images[pair.first].patient, &second = index.images[pair.second].patient;
        if (first == second) continue;
        groups.join(first, second);
        joined.insert({first, second});
    }
    DatasetIndex as_groups;
    as_groups.images.resize(index.images.size());
    for (std::size_t i = 0; i < index.images.size(); ++i)
        as_groups.images[i].patient = groups.of(index.images[i].patient);
    for (const auto& patient : joined) into.insert(groups.of(patient));
    split_by_patient(as_groups, split);
    std::int64_t moved = 0;
    for (std::size_t i = 0; i < index.images.size(); ++i) {
        moved += index.images[i].split != as_groups.images[i].split;
        index.images[i].split = as_groups.images[i].split;
    }
    say("keep_copies_together: {} pairs of images are copies; {} patients joined into {}, {} images change split",
        copies.size(), joined.size(), into.size(), moved);
    return {{"pairs", copies.size()}, {"patients", joined.size()}, {"into", into.size()}, {"moved", moved}};
}

} // namespace mlvicx
