#include "datasets/audit/copies_together.h"

#include "core/error.h"
#include "core/progress.h"
#include "datasets/audit/near_duplicates.h"

#include <map>
#include <numeric>
#include <set>

namespace mlvicx {

namespace {

/// Patients in groups that grow together; each group is known by its least id.
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
    std::map<std::string, std::string> parents_; ///< by patient; its own parent: the group's least id
};

} // namespace

void require_split_by_patient(const DatasetIndex& index, const SplitOptions& split) {
    DatasetIndex by_patient;
    by_patient.films.resize(index.films.size());
    for (std::size_t i = 0; i < index.films.size(); ++i) by_patient.films[i].patient = index.films[i].patient;
    split_by_patient(by_patient, split);
    for (std::size_t i = 0; i < index.films.size(); ++i)
        if (index.films[i].split != by_patient.films[i].split)
            user_error("{}: keep_copies_together moves patients who share an image into one split, which needs a split "
                       "by patient; this one is the dataset's own (image {} is in {})",
                       index.dataset, index.films[i].id, name_of(index.films[i].split));
}

json::object keep_copies_together(DatasetIndex& index, std::span<const FilmSketch> sketches, const SplitOptions& split,
                                  unsigned threads) {
    const auto copies = near_duplicates(sketches, {}, {}, threads);
    Groups groups;
    std::set<std::string> joined, into;
    for (const auto& pair : copies) {
        const auto &first = index.films[pair.first].patient, &second = index.films[pair.second].patient;
        if (first == second) continue;
        groups.join(first, second);
        joined.insert({first, second});
    }
    DatasetIndex as_groups;
    as_groups.films.resize(index.films.size());
    for (std::size_t i = 0; i < index.films.size(); ++i) as_groups.films[i].patient = groups.of(index.films[i].patient);
    for (const auto& patient : joined) into.insert(groups.of(patient));
    split_by_patient(as_groups, split);
    std::int64_t moved = 0;
    for (std::size_t i = 0; i < index.films.size(); ++i) {
        moved += index.films[i].split != as_groups.films[i].split;
        index.films[i].split = as_groups.films[i].split;
    }
    say("keep_copies_together: {} pairs of images are copies; {} patients joined into {}, {} images change their split",
        copies.size(), joined.size(), into.size(), moved);
    return {{"pairs", copies.size()}, {"patients", joined.size()}, {"into", into.size()}, {"moved", moved}};
}

} // namespace mlvicx
