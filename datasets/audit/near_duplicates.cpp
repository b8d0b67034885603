#include "datasets/audit/near_duplicates.h"

#include "core/parallel.h"
#include "core/progress.h"
#include "datasets/audit/hash_scan.h"
#include "datasets/audit/image_alignment.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>
#include <tuple>

namespace mlvicx {

namespace {

constexpr std::size_t block = 64; ///< images
constexpr std::size_t nearest = 128, most_candidates = 4'000'000;

/// One search, block by block of the images of `first`.
class Search {
public:
    Search(std::span<const ImageSketch> first, std::span<const ImageSketch> second, const CommonStructure& common,
           const DuplicateThresholds& thresholds, unsigned threads)
        : first_(first), others_(second.empty() ? first : second), within_(second.empty()), thresholds_(thresholds),
          threads_(threads), hashes_(others_), rests_(common.rests_of(first, threads)),
          other_rests_(common.rests_of(second, threads)) {}

    /// Applies `of_block` to each block's candidates (sorted) on all threads; the result is sorted by (first, second).
    template <typename Item, typename OfBlock> std::vector<Item> collect(const OfBlock& of_block) {
        std::vector<Item> all;
        std::mutex mutex;
        std::optional<Progress> progress;
        if (said_) progress.emplace("looking for copies", static_cast<std::int64_t>(first_.size()), "images");
        parallel_for((first_.size() + block - 1) / block, threads_, [&](std::size_t number) {
            const std::size_t begin = number * block, end = std::min(begin + block, first_.size());
            std::int64_t left_out = 0;
            const std::vector<Item> here = of_block(candidates(begin, end, left_out));
            if (progress) progress->advance(static_cast<std::int64_t>(end - begin));
            const std::lock_guard lock(mutex);
            all.insert(all.end(), here.begin(), here.end());
            left_out_ += left_out;
        });
        std::sort(all.begin(), all.end(), [](const Item& a, const Item& b) {
            return std::tie(a.first, a.second) < std::tie(b.first, b.second);
        });
        return all;
    }

    std::vector<DuplicateCandidate> all_candidates() {
        return collect<DuplicateCandidate>([](auto found) { return found; });
    }
    std::vector<Duplicate> all_confirmed() {
        return collect<Duplicate>([&](const auto& found) { return confirmed(found); });
    }
    std::int64_t left_out() const { return left_out_; }
    void be_quiet() { said_ = false; }

private:
    struct Near {
        DuplicateCandidate pair;
        double likeness = 0;
    };

    /// 0 if the spectra are not close, else their similarity: that of what distinguishes the two images, or of the
    /// whole spectra if one image has too little of its own.
    double likeness_of(std::size_t i, std::size_t j) const {
        const double all = spectrum_correlation(first_[i], others_[j]);
        if (std::abs(all) < thresholds_.spectrum) return 0;
        const auto &a = rests_[i], &b = within_ ? rests_[j] : other_rests_[j];
        if (!a.enough || !b.enough) return all;
        const double rest = spectrum_correlation(a.spectrum, b.spectrum);
        return std::abs(rest) < thresholds_.rest ? 0 : rest;
    }

    std::vector<DuplicateCandidate> candidates(std::size_t begin, std::size_t end, std::int64_t& left_out) const {
        std::vector<std::vector<Near>> near(end - begin);
        std::vector<std::uint32_t> close;
        constexpr std::size_t tile = HashTiles::tile;
        for (std::size_t number = within_ ? begin / tile : 0; number < hashes_.tiles(); ++number) {
            for (std::size_t i = begin; i < end; ++i) {
                if (first_[i].blank) continue;
                close.clear();
                scan_(first_[i].hash, hashes_[number], thresholds_.hash, close);
                for (const auto position : close) {
                    const std::size_t j = number * tile + position;
                    if ((within_ && j <= i) || others_[j].blank) continue;
                    const double likeness = likeness_of(i, j);
                    if (likeness == 0) continue;
                    near[i - begin].push_back(
                        {{static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), likeness < 0},
                         std::abs(likeness)});
                }
            }
        }
        std::vector<DuplicateCandidate> kept;
        for (auto& of_one : near) {
            left_out += keep_nearest(of_one);
            for (const auto& one : of_one) kept.push_back(one.pair);
        }
        return kept;
    }

    /// Returns the number left out.
    std::int64_t keep_nearest(std::vector<Near>& near) const {
        const std::size_t most = std::max(nearest, most_candidates / first_.size());
        if (near.size() <= most) return 0;
        const auto left_out = static_cast<std::int64_t>(near.size() - most);
        std::nth_element(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(most), near.end(),
                         [](const Near& a, const Near& b) {
                             return std::tie(b.likeness, a.pair.second) < std::tie(a.likeness, b.pair.second);
                         });
        near.resize(most);
        std::sort(near.begin(), near.end(), [](const Near& a, const Near& b) { return a.pair.second < b.pair.second; });
        return left_out;
    }

    std::vector<Duplicate> confirmed(const std::vector<DuplicateCandidate>& found) const {
        std::vector<Duplicate> result;
        cv::Mat1f contrast;
        for (std::size_t i = 0; i < found.size(); ++i) {
            const auto& pair = found[i];
            const ImageSketch &a = first_[pair.first], &b = others_[pair.second];
            if (i == 0 || found[i - 1].first != pair.first) contrast = local_contrast(a);
            const double correlation =
                a.thumbnail == b.thumbnail
                    ? 1
                    : align_images(contrast, local_contrast(b), pair.inverted ? -1 : 1).correlation;
            if (correlation >= (a.coarse || b.coarse ? thresholds_.coarse : thresholds_.aligned))
                result.push_back({pair.first, pair.second, pair.inverted, correlation});
        }
        return result;
    }

    std::span<const ImageSketch> first_, others_;
    bool within_;
    DuplicateThresholds thresholds_;
    unsigned threads_;
    HashTiles hashes_;
    HashScan scan_ = hash_scans().back();
    std::vector<CommonStructure::Rest> rests_, other_rests_;
    std::int64_t left_out_ = 0;
    bool said_ = true;
};

std::vector<ImageSketch> sample_of(std::span<const ImageSketch> set) {
    const std::size_t count = std::min<std::size_t>(set.size(), 4096);
    std::vector<ImageSketch> sample;
    for (std::size_t k = 0; k < count; ++k) sample.push_back(set[k * set.size() / count]);
    return sample;
}

double pairs_of(std::span<const ImageSketch> first, std::span<const ImageSketch> second) {
    const auto n = static_cast<double>(first.size());
    return second.empty() ? n * (n - 1) / 2 : n * static_cast<double>(second.size());
}

/// See search_duplicates.
double copies_from(std::span<const ImageSketch> first, std::span<const ImageSketch> second,
                   const CommonStructure& common, const DuplicateThresholds& thresholds, unsigned threads) {
    const auto some = sample_of(first), others = sample_of(second);
    const bool coarse = !some.empty() && (some.front().coarse || (!others.empty() && others.front().coarse));
    const double to = coarse ? thresholds.coarse : thresholds.aligned;
    if (common.empty()) return to;
    // Reached by images of one patient; by images of two patients in large numbers only in synthetic sets.
    const double from = coarse ? 0.9 : 0.75;
    DuplicateThresholds lower = thresholds;
    lower.aligned = lower.coarse = from;
    Search search(some, others, common, lower, threads);
    search.be_quiet();
    std::vector<double> below;
    for (const auto& pair : search.all_confirmed())
        if (pair.correlation < to) below.push_back(pair.correlation);
    return tail_limit(below, from, to, pairs_of(first, second) / pairs_of(some, others));
}

} // namespace

double tail_limit(const std::vector<double>& below, double from, double to, double scale) {
    constexpr std::size_t least = 20;
    constexpr double expected = 0.1;
    if (below.size() < least) return to;
    const double begin = std::atanh(from);
    double square = 0;
    for (const double correlation : below)
        square += std::pow(std::atanh(correlation) - begin, 2) / static_cast<double>(below.size());
    const double all = static_cast<double>(below.size()) * scale;
    double low = begin, high = begin + 10;
    for (int i = 0; i < 60; ++i) {
        const double z = 0.5 * (low + high);
        (all * std::erfc((z - begin) / std::sqrt(2 * square)) > expected ? low : high) = z;
    }
    return std::max(to, std::tanh(high));
}

std::vector<DuplicateCandidate> duplicate_candidates(std::span<const ImageSketch> first,
                                                     std::span<const ImageSketch> second,
                                                     const DuplicateThresholds& thresholds, unsigned threads) {
    return Search(first, second, {first, second}, thresholds, threads).all_candidates();
}

DuplicateSearch search_duplicates(std::span<const ImageSketch> first, std::span<const ImageSketch> second,
                                  const DuplicateThresholds& thresholds, unsigned threads) {
    const CommonStructure common(first, second);
    DuplicateSearch result;
    result.copies_from = copies_from(first, second, common, thresholds, threads);
    Search search(first, second, common, thresholds, threads);
    for (const auto& pair : search.all_confirmed())
        (pair.correlation >= result.copies_from ? result.copies : result.look_alikes).push_back(pair);
    result.left_out = search.left_out();
    return result;
}

std::vector<Duplicate> near_duplicates(std::span<const ImageSketch> first, std::span<const ImageSketch> second,
                                       const DuplicateThresholds& thresholds, unsigned threads) {
    return search_duplicates(first, second, thresholds, threads).copies;
}

} // namespace mlvicx
