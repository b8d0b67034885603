#include "experiments/runner/shard.h"

#include "core/error.h"
#include "core/hash.h"

#include <charconv>
#include <optional>
#include <set>

namespace mlvicx {

namespace {

/// What has to be computed in one place: an encoder, or given features.
const std::string& encoder_of(const Job& job) {
    return job.key.kind == "pretrain" ? job.key.hash : job.encoder_id;
}

std::optional<std::int64_t> number(std::string_view digits) {
    std::int64_t value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
    return value;
}

} // namespace

bool Shard::takes(const Job& job) const {
    if (whole()) return true;
    // Hashed again: ids that stand for missing files are no hashes.
    const auto digits = static_cast<std::uint64_t>(std::stoull(sha256(encoder_of(job)).substr(0, 15), nullptr, 16));
    return digits % static_cast<std::uint64_t>(count) == static_cast<std::uint64_t>(index - 1);
}

std::string Shard::text() const {
    return fmt::format("{}/{}", index, count);
}

Shard shard_from(const std::string& text) {
    constexpr std::int64_t most = 10'000;
    const auto slash = text.find('/');
    if (slash != std::string::npos) {
        const auto index = number(std::string_view(text).substr(0, slash));
        const auto count = number(std::string_view(text).substr(slash + 1));
        if (index && count && 1 <= *index && *index <= *count && *count <= most) return {*index, *count};
    }
    user_error("--shard has \"{}\", expected i/n with i from 1 to n and n up to {}, for example 2/4", text, most);
}

std::string shard_text(const Shard& shard, const Jobs& jobs) {
    std::set<std::string> all, taken;
    std::size_t count = 0;
    for (const auto* list : {&jobs.pretrain, &jobs.evaluate})
        for (const auto& job : *list) {
            all.insert(encoder_of(job));
            if (!shard.takes(job)) continue;
            taken.insert(encoder_of(job));
            ++count;
        }
    return fmt::format("shard {}: {} of {} jobs, with {} of {} encoders", shard.text(), count,
                       jobs.pretrain.size() + jobs.evaluate.size(), taken.size(), all.size());
}

} // namespace mlvicx
