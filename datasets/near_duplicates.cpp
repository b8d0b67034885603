#include "datasets/near_duplicates.h"

#include "core/error.h"
#include "core/parallel.h"
#include "datasets/film_alignment.h"

#include <algorithm>
#include <mutex>
#include <tuple>

namespace mlvicx {

namespace {

using Hash = FilmSketch::Hash;
constexpr std::size_t block = 512, tile = 1024; ///< hashes; a tile stays in the first-level cache
constexpr std::size_t most_candidates = 20'000'000;

/// Positions in `others` whose folded distance to `hash` is at most `limit`. Inlined into callers that are compiled
/// with and without the processor's instruction for counting bits.
[[gnu::always_inline]] inline void scan(const Hash& hash, std::span<const Hash> others, int limit,
                                        std::vector<std::uint32_t>& found) {
    for (std::size_t i = 0; i < others.size(); ++i) {
        int distance = 0;
        for (std::size_t word = 0; word < hash.size(); ++word)
            distance += __builtin_popcountll(hash[word] ^ others[i][word]);
        if (distance <= limit || distance >= FilmSketch::frequencies - limit)
            found.push_back(static_cast<std::uint32_t>(i));
    }
}

void scan_anywhere(const Hash& hash, std::span<const Hash> others, int limit, std::vector<std::uint32_t>& found) {
    scan(hash, others, limit, found);
}

#if defined(__x86_64__)
[[gnu::target("popcnt")]] void scan_popcnt(const Hash& hash, std::span<const Hash> others, int limit,
                                           std::vector<std::uint32_t>& found) {
    scan(hash, others, limit, found);
}
const auto scan_hashes = __builtin_cpu_supports("popcnt") ? scan_popcnt : scan_anywhere;
#else
const auto scan_hashes = scan_anywhere;
#endif

std::vector<Hash> hashes_of(std::span<const FilmSketch> films) {
    std::vector<Hash> hashes(films.size());
    std::transform(films.begin(), films.end(), hashes.begin(), [](const FilmSketch& film) { return film.hash; });
    return hashes;
}

} // namespace

std::vector<DuplicateCandidate> duplicate_candidates(std::span<const FilmSketch> first,
                                                     std::span<const FilmSketch> second,
                                                     const DuplicateThresholds& thresholds, unsigned threads) {
    const bool within = second.empty();
    const auto others = within ? first : second;
    const auto hashes = hashes_of(others);
    std::vector<DuplicateCandidate> all;
    std::mutex mutex;
    parallel_for((first.size() + block - 1) / block, threads, [&](std::size_t number) {
        const std::size_t begin = number * block, end = std::min(begin + block, first.size());
        std::vector<DuplicateCandidate> here;
        std::vector<std::uint32_t> close;
        for (std::size_t from = within ? begin / tile * tile : 0; from < hashes.size(); from += tile) {
            const auto part = std::span(hashes).subspan(from, std::min(tile, hashes.size() - from));
            for (std::size_t i = begin; i < end; ++i) {
                if (first[i].blank) continue;
                close.clear();
                scan_hashes(first[i].hash, part, thresholds.hash, close);
                for (const auto position : close) {
                    const std::size_t j = from + position;
                    if ((within && j <= i) || others[j].blank) continue;
                    const double correlation = spectrum_correlation(first[i], others[j]);
                    if (std::abs(correlation) >= thresholds.spectrum)
                        here.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), correlation < 0});
                }
            }
        }
        const std::lock_guard lock(mutex);
        all.insert(all.end(), here.begin(), here.end());
        if (all.size() > most_candidates)
            user_error("more than {} pairs of films look alike: this is not a set of different chest films",
                       most_candidates);
    });
    std::sort(all.begin(), all.end(), [](const DuplicateCandidate& a, const DuplicateCandidate& b) {
        return std::tie(a.first, a.second) < std::tie(b.first, b.second);
    });
    return all;
}

std::vector<Duplicate> near_duplicates(std::span<const FilmSketch> first, std::span<const FilmSketch> second,
                                       const DuplicateThresholds& thresholds, unsigned threads) {
    const auto candidates = duplicate_candidates(first, second, thresholds, threads);
    const auto others = second.empty() ? first : second;
    cv::setNumThreads(1); // pairs are what runs in parallel
    std::vector<double> correlations(candidates.size());
    constexpr std::size_t run = 64; // neighbours share their first film
    parallel_for((candidates.size() + run - 1) / run, threads, [&](std::size_t number) {
        cv::Mat1f film;
        const std::size_t begin = number * run;
        for (std::size_t i = begin; i < std::min(begin + run, candidates.size()); ++i) {
            const auto& pair = candidates[i];
            if (i == begin || candidates[i - 1].first != pair.first) film = local_contrast(first[pair.first]);
            correlations[i] =
                align_films(film, local_contrast(others[pair.second]), pair.inverted ? -1 : 1).correlation;
        }
    });
    std::vector<Duplicate> result;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const auto& pair = candidates[i];
        const bool coarse = first[pair.first].coarse || others[pair.second].coarse;
        if (correlations[i] >= (coarse ? thresholds.coarse : thresholds.aligned))
            result.push_back({pair.first, pair.second, pair.inverted, correlations[i]});
    }
    return result;
}

} // namespace mlvicx
