#include "datasets/audit/audit.h"

#include "core/error.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace {

const char* kind_of(const SharedImage& pair) {
    return pair.identical ? "identical" : pair.inverted ? "inverted copy" : "copy";
}

std::string images_text(const PreparedDataset& first, const PreparedDataset& second, const SharedImage& pair) {
    const auto conflicts = label_conflicts(first, second, pair);
    return fmt::format("{} ({}) and {} ({}): {}, correlation {:.3f}{}", first.id(pair.first),
                       name_of(first.split(pair.first)), second.id(pair.second), name_of(second.split(pair.second)),
                       kind_of(pair), pair.correlation,
                       conflicts.empty() ? "" : fmt::format("; labels differ in {}", fmt::join(conflicts, ", ")));
}

std::string pair_text(const Audit& audit, const AuditedPair& pair, std::size_t examples) {
    const auto& shared = pair.shared.images;
    const auto &first = *audit.datasets[pair.first].prepared, &second = *audit.datasets[pair.second].prepared;
    const bool within = pair.first == pair.second;
    const auto count = [&](const auto& holds) { return std::count_if(shared.begin(), shared.end(), holds); };
    std::string text = within ? fmt::format("Within {}\n", first.file().string())
                              : fmt::format("{} and {}\n", first.file().string(), second.file().string());
    text += fmt::format(
        "  pairs of the same image: {} ({} identical, {} changed; {} across splits; {} with different labels)\n",
        shared.size(), count([](const SharedImage& images) { return images.identical; }),
        count([](const SharedImage& images) { return !images.identical; }),
        count([&](const SharedImage& images) { return across_splits(first, second, images); }),
        count([&](const SharedImage& images) { return !label_conflicts(first, second, images).empty(); }));
    const auto seen = [&](const PreparedDataset& source, const PreparedDataset& tested,
                          const std::vector<SharedImage>& images) {
        const auto found = seen_test_images(source, tested, images, {Split::train, Split::validation}).tested.size();
        if (found > 0)
            text += fmt::format("  {} of {} test images{} also in training or validation{}\n", found,
                                tested.images_of(Split::test).size(), within ? "" : " of " + tested.file().string(),
                                within ? "" : " of " + source.file().string());
    };
    seen(first, second, shared);
    if (!within) {
        auto turned = shared;
        for (auto& images : turned) std::swap(images.first, images.second);
        seen(second, first, turned);
    }
    if (within && std::any_of(shared.begin(), shared.end(),
                              [&](const SharedImage& images) { return across_splits(first, second, images); }))
        text += "  prepare --keep-copies-together (split.keep_copies_together in a plan) keeps copies in one split if "
                "it is made by patient\n";
    text += look_alikes_text(first, second, pair.shared);
    if (!pair.patients.empty()) text += fmt::format("  patients in two splits: {}\n", pair.patients.size());
    auto images = shared;
    std::stable_partition(images.begin(), images.end(),
                          [&](const SharedImage& one) { return across_splits(first, second, one); });
    for (std::size_t i = 0; i < std::min(examples, images.size()); ++i)
        text += "    " + images_text(first, second, images[i]) + "\n";
    if (images.size() > examples) text += fmt::format("    and {} more\n", images.size() - examples);
    for (std::size_t i = 0; i < std::min(examples, pair.patients.size()); ++i)
        text += fmt::format("    patient {}: {} and {}\n", pair.patients[i].patient, name_of(pair.patients[i].first),
                            name_of(pair.patients[i].second));
    return text;
}

json::object image_json(const PreparedDataset& dataset, std::size_t number, std::int64_t image) {
    return {{"dataset", number}, {"image", dataset.id(image)}, {"split", name_of(dataset.split(image))}};
}

} // namespace

std::string look_alikes_text(const PreparedDataset& first, const PreparedDataset& second, const SharedImages& shared) {
    std::string text;
    if (!shared.look_alikes.empty()) {
        const auto& most =
            *std::max_element(shared.look_alikes.begin(), shared.look_alikes.end(),
                              [](const SharedImage& a, const SharedImage& b) { return a.correlation < b.correlation; });
        text += fmt::format("  {} more pairs look as similar as modified copies, but so do distinct images here, where "
                            "copies start at a correlation of {:.3f}: not counted; most similar: {}\n",
                            shared.look_alikes.size(), shared.copies_from, images_text(first, second, most));
    }
    if (shared.left_out > 0)
        text += fmt::format("  {} more pairs look alike but were not compared closely: each image was compared only "
                            "with its nearest ones\n",
                            shared.left_out);
    return text;
}

std::string audit_text(const Audit& audit, std::size_t examples) {
    std::string text;
    for (const auto& dataset : audit.datasets) {
        text += fmt::format("{}: {}, {} images", dataset.prepared->file().string(), dataset.prepared->dataset(),
                            dataset.prepared->size());
        if (const auto blank = dataset.blank(); blank > 0)
            text += fmt::format("; {} of them are blank and were not compared", blank);
        text += "\n";
    }
    for (const auto& pair : audit.pairs) text += "\n" + pair_text(audit, pair, examples);
    const auto leaks = audit.leaks();
    text += leaks == 0 ? "\nNothing is in more than one split.\n"
                       : fmt::format("\nIn two splits: {} (pairs of images, and patients).\n", leaks);
    return text;
}

json::object audit_json(const Audit& audit) {
    json::array datasets, images, look_alikes, patients;
    for (const auto& dataset : audit.datasets) {
        const auto& prepared = *dataset.prepared;
        datasets.push_back(json::object{{"file", prepared.file().string()},
                                        {"dataset", prepared.dataset()},
                                        {"fingerprint", prepared.fingerprint()},
                                        {"images", prepared.size()},
                                        {"blank", dataset.blank()}});
    }
    for (const auto& pair : audit.pairs) {
        const auto &first = *audit.datasets[pair.first].prepared, &second = *audit.datasets[pair.second].prepared;
        for (const auto& item : pair.shared.images)
            images.push_back(json::object{{"first", image_json(first, pair.first, item.first)},
                                          {"second", image_json(second, pair.second, item.second)},
                                          {"kind", kind_of(item)},
                                          {"correlation", item.correlation},
                                          {"across_splits", across_splits(first, second, item)},
                                          {"conflicts", json::value_from(label_conflicts(first, second, item))}});
        if (!pair.shared.look_alikes.empty() || pair.shared.left_out > 0)
            look_alikes.push_back(json::object{{"datasets", json::array{pair.first, pair.second}},
                                               {"pairs", pair.shared.look_alikes.size()},
                                               {"copies_from", pair.shared.copies_from},
                                               {"left_out", pair.shared.left_out},
                                               {"text", look_alikes_text(first, second, pair.shared)}});
        for (const auto& item : pair.patients)
            patients.push_back(json::object{{"patient", item.patient},
                                            {"first", {{"dataset", pair.first}, {"split", name_of(item.first)}}},
                                            {"second", {{"dataset", pair.second}, {"split", name_of(item.second)}}}});
    }
    return {{"format", "mlvicx-bench audit 2"}, {"datasets", datasets}, {"images", images},
            {"look_alikes", look_alikes},       {"patients", patients}, {"leaks", audit.leaks()}};
}

} // namespace mlvicx
