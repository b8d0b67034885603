#include "datasets/inspect.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

namespace mlvicx {

namespace {

constexpr std::array splits = {Split::train, Split::validation, Split::test};

struct Counts {
    std::int64_t positive = 0, negative = 0, unknown = 0;
};

Counts counts_of(const PreparedDataset& dataset, const std::vector<std::int64_t>& films, std::size_t label) {
    Counts counts;
    for (const auto film : films) {
        const auto value = dataset.labels_of(film)[label];
        ++(value == 1 ? counts.positive : value == 0 ? counts.negative : counts.unknown);
    }
    return counts;
}

std::size_t patients_of(const PreparedDataset& dataset, const std::vector<std::int64_t>& films) {
    std::set<std::int32_t> patients;
    for (const auto film : films) patients.insert(dataset.patients()[static_cast<std::size_t>(film)]);
    return patients.size();
}

/// Films with every label known and none present.
std::int64_t without_finding(const PreparedDataset& dataset, const std::vector<std::int64_t>& films) {
    return std::count_if(films.begin(), films.end(), [&](std::int64_t film) {
        const auto labels = dataset.labels_of(film);
        return std::all_of(labels.begin(), labels.end(), [](std::int8_t value) { return value == 0; });
    });
}

} // namespace

std::string describe(const PreparedDataset& dataset) {
    std::array<std::vector<std::int64_t>, 3> films;
    for (std::size_t s = 0; s < splits.size(); ++s) films[s] = dataset.films_of(splits[s]);
    std::size_t width = std::string("No finding").size();
    for (const auto& name : dataset.classes()) width = std::max(width, name.size());

    std::string text;
    const auto fact = [&](const char* name, const std::string& value) {
        text += fmt::format("{:<12} {}\n", name, value);
    };
    fact("File", dataset.file().string());
    fact("Dataset", dataset.dataset());
    fact("Films", fmt::format("{} of {} x {} pixels", dataset.size(), dataset.image_size(), dataset.image_size()));
    fact("Patients", fmt::format("{}", dataset.patient_ids().size()));
    fact("Boxes", fmt::format("{}", dataset.boxes().size() / 6));
    fact("Masks", dataset.mask_names().empty() ? "none" : fmt::format("{}", fmt::join(dataset.mask_names(), ", ")));
    fact("Fingerprint", dataset.fingerprint());
    if (const auto* published = dataset.provenance().if_contains("published"); published && published->is_array())
        for (const auto& sentence : published->get_array())
            if (sentence.is_string()) fact("Published", std::string(sentence.get_string()));

    const auto row = [&](const std::string& name, const auto& cells) {
        text += fmt::format("{:<{}}", name, width);
        for (std::size_t s = 0; s < splits.size(); ++s) text += fmt::format(" | {:>26}", cells(s));
        text += '\n';
    };
    text += '\n';
    row("", [&](std::size_t s) { return std::string(name_of(splits[s])); });
    row("Films", [&](std::size_t s) { return fmt::format("{}", films[s].size()); });
    row("Patients", [&](std::size_t s) { return fmt::format("{}", patients_of(dataset, films[s])); });
    row("No finding", [&](std::size_t s) { return fmt::format("{}", without_finding(dataset, films[s])); });
    text += '\n';
    row("Class", [](std::size_t) { return fmt::format("{:>8} {:>8} {:>8}", "present", "absent", "unknown"); });
    for (std::size_t c = 0; c < dataset.classes().size(); ++c)
        row(dataset.classes()[c], [&](std::size_t s) {
            const Counts n = counts_of(dataset, films[s], c);
            return fmt::format("{:>8} {:>8} {:>8}", n.positive, n.negative, n.unknown);
        });
    text += "\nProvenance\n" + pretty(dataset.provenance());
    return text;
}

} // namespace mlvicx
