#include "core/hash.h"
#include "core/json_text.h"
#include "results/store/copy.h"
#include "results/store/digests.h"
#include "results/verify/checks.h"

#include <algorithm>

namespace mlvicx {

namespace {

/// What the hashed configuration says about a column; null if nothing.
json::value said(const json::object& config, const char* key) {
    const auto* value = config.if_contains(key);
    return value == nullptr ? json::value() : *value;
}

std::string kind_words(const std::string& kind) {
    if (kind == "run") return "versions, device or times";
    return kind == "image_values" ? "pixel counts or heatmap figures" : kind;
}

void check_columns(const CheckedJob& job, Verification& found) {
    const auto& config = job.key.config;
    const auto compare = [&](const char* key, const json::value& stored) {
        const auto expected = said(config, key);
        const bool same = expected.is_number() && stored.is_number()
                              ? expected.to_number<double>() == stored.to_number<double>()
                              : expected == stored;
        if (!same)
            found.differs(job.words, fmt::format("{} is {}, its configuration says {}", key, readable(stored),
                                                 readable(expected)));
    };
    compare("kind", job.key.kind.c_str());
    compare("seed", job.key.seed);
    if (job.key.kind != "evaluate") return;
    compare("protocol", job.key.protocol.c_str());
    compare("fraction", job.key.fraction);
    compare("draw", job.key.draw ? json::value(*job.key.draw) : json::value());
}

} // namespace

void check_identities(const std::vector<CheckedJob>& jobs, Verification& found) {
    found.section("jobs: hash of the configuration, and what it says");
    for (const auto& job : jobs) {
        found.checked();
        const auto hash = sha256(job.config).substr(0, job.key.hash.size());
        if (job.key.hash.size() < 16 || hash != job.key.hash) {
            found.differs(job.words,
                          fmt::format("its configuration has the hash {}, stored is {}", hash, job.key.hash));
            continue;
        }
        check_columns(job, found);
        if (job.done && job.config.find('"' + job.fingerprint + '"') == std::string::npos)
            found.differs(job.words,
                          fmt::format("dataset_fingerprint is {}, its configuration says {}",
                                      job.fingerprint.substr(0, 12), readable(said(job.key.config, "dataset"))));
    }
}

void check_digests(Store& store, const std::vector<CheckedJob>& jobs, Verification& found) {
    found.section("finished jobs: digests of all that they stored");
    const auto may_lack = kinds_left_out_by_copies();
    for (const auto& job : jobs) {
        if (!job.done) continue;
        const auto* entry = job.details.if_contains(digests_key);
        if (entry == nullptr || !entry->is_object()) {
            found.unchecked(
                "finished jobs have no digests of their content, as in files of earlier releases: an edit of "
                "scores and metrics together would not be seen");
            continue;
        }
        found.checked();
        const auto& stored = entry->get_object();
        const auto now = digests_of(store.db(), job.id);
        for (const auto& item : stored) {
            const std::string kind(item.key());
            const auto* present = now.if_contains(kind);
            if (present != nullptr && *present == item.value()) continue;
            if (present != nullptr)
                found.differs(job.words, fmt::format("its {} are not those that were stored (digest {}, stored {})",
                                                     kind_words(kind), readable(*present).substr(1, 12),
                                                     readable(item.value()).substr(1, 12)));
            else if (std::find(may_lack.begin(), may_lack.end(), kind) != may_lack.end())
                found.unchecked("jobs stored " + kind + " that this file does not have");
            else
                found.differs(job.words, fmt::format("it stored {}, this file has none", kind));
        }
        for (const auto& item : now)
            if (!stored.contains(item.key()))
                found.differs(job.words, fmt::format("it has {}, which it did not store", std::string(item.key())));
    }
}

} // namespace mlvicx
