#include "core/suggest.h"

#include <algorithm>
#include <cctype>

namespace mlvicx {

namespace {

std::string folded(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return c == '_' ? '-' : static_cast<char>(std::tolower(c)); });
    return result;
}

/// Damerau distance without edits inside a swapped pair (optimal string alignment), by dynamic programming over
/// prefixes; three rows are enough.
std::size_t edits(const std::string& a, const std::string& b) {
    std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
    }
    return last[b.size()];
}

} // namespace

std::string closest(std::string_view word, const std::vector<std::string>& candidates) {
    const std::string meant = folded(word);
    std::size_t fewest = std::min<std::size_t>(3, std::max<std::size_t>(1, meant.size() / 3)) + 1;
    if (meant.size() < 2) return {};
    std::string result;
    for (const auto& candidate : candidates) {
        const std::size_t distance = edits(meant, folded(candidate));
        if (distance >= fewest) continue;
        fewest = distance;
        result = candidate;
    }
    return result;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
    const std::string found = closest(word, candidates);
    return found.empty() ? "" : " (did you mean \"" + found + "\"?)";
}

} // namespace mlvicx
