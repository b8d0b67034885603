#include "results/statistics/bootstrap.h"

#include "core/error.h"
#include "core/parallel.h"
#include "core/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace mlvicx {

namespace {

constexpr std::size_t lanes = Resamples::lanes;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The images of one class with known labels, lowest score first, and the ends of the groups of equal scores.
struct SortedClass {
    std::vector<std::uint32_t> images;
    std::vector<std::uint32_t> group_ends;
    std::vector<bool> positive; ///< in the order of `images`
};

SortedClass sorted_class(std::span<const float> scores, std::span<const std::int8_t> labels, std::size_t column,
                         std::size_t columns) {
    std::vector<std::pair<float, std::uint32_t>> order;
    for (std::size_t i = column; i < scores.size(); i += columns) {
        if (std::isnan(scores[i]))
            user_error("the score of image {} is not a number; an AUC needs numbers", i / columns + 1);
        if (labels[i] >= 0) order.emplace_back(scores[i], static_cast<std::uint32_t>(i / columns));
    }
    std::sort(order.begin(), order.end());
    SortedClass sorted;
    for (std::size_t k = 0; k < order.size(); ++k) {
        const auto image = order[k].second;
        sorted.images.push_back(image);
        sorted.positive.push_back(labels[image * columns + column] == 1);
        if (k + 1 == order.size() || order[k + 1].first != order[k].first)
            sorted.group_ends.push_back(static_cast<std::uint32_t>(k + 1));
    }
    return sorted;
}

/// The AUC in the resamples of one block. Weights are integers, so pairs are counted without rounding: 2 for a positive
/// above a negative, 1 for a tie. Compilers can vectorise every loop over lanes.
void block_aucs(const Resamples& resamples, std::size_t block, const SortedClass& sorted, double* aucs) {
    std::array<std::uint32_t, lanes> negatives{}, positives{}, tied_positives{}, tied_negatives{};
    std::array<std::uint64_t, lanes> wins{};
    std::size_t k = 0;
    for (const std::size_t end : sorted.group_ends) {
        if (end - k == 1) {
            const std::uint8_t* weights = resamples.weights(block, sorted.images[k]);
            if (!sorted.positive[k]) {
                for (std::size_t l = 0; l < lanes; ++l) negatives[l] += weights[l];
            } else {
                for (std::size_t l = 0; l < lanes; ++l) positives[l] += weights[l];
                for (std::size_t l = 0; l < lanes; ++l) wins[l] += 2 * std::uint64_t{weights[l]} * negatives[l];
            }
            ++k;
            continue;
        }
        tied_positives.fill(0);
        tied_negatives.fill(0);
        for (; k < end; ++k) {
            const std::uint8_t* weights = resamples.weights(block, sorted.images[k]);
            auto& tied = sorted.positive[k] ? tied_positives : tied_negatives;
            for (std::size_t l = 0; l < lanes; ++l) tied[l] += weights[l];
        }
        for (std::size_t l = 0; l < lanes; ++l)
            wins[l] += std::uint64_t{tied_positives[l]} * (2 * negatives[l] + tied_negatives[l]);
        for (std::size_t l = 0; l < lanes; ++l) negatives[l] += tied_negatives[l];
        for (std::size_t l = 0; l < lanes; ++l) positives[l] += tied_positives[l];
    }
    const std::size_t used = std::min(lanes, resamples.count() - block * lanes);
    for (std::size_t l = 0; l < used; ++l) {
        const double pairs = 2 * static_cast<double>(positives[l]) * negatives[l];
        aucs[l] = pairs > 0 && resamples.clusters() > 1 ? static_cast<double>(wins[l]) / pairs : nan;
    }
}

} // namespace

Resamples::Resamples(const Clusters& clusters, std::size_t count, std::uint64_t seed, unsigned threads)
    : count_(count), images_(clusters.of_image.size()), clusters_(clusters.count) {
    ensure(count > 0, "a bootstrap needs resamples");
    ensure(clusters_ < std::numeric_limits<std::uint32_t>::max(), "too many patients");
    weights_.resize(blocks() * images_ * lanes);
    parallel_for(blocks(), threads, [&](std::size_t block) {
        std::vector<std::uint8_t> drawn(clusters_ * lanes, 0);
        for (std::size_t l = 0; l < lanes; ++l) {
            Random random(seed, Purpose::bootstrap, 0, static_cast<std::uint32_t>(block * lanes + l));
            for (std::size_t draw = 0; draw < clusters_; ++draw) {
                auto& times = drawn[random.below(static_cast<std::uint32_t>(clusters_)) * lanes + l];
                ensure(times < 255, "a patient is drawn more than 255 times");
                ++times;
            }
        }
        for (std::size_t image = 0; image < images_; ++image)
            std::copy_n(drawn.data() + clusters.of_image[image] * lanes, lanes,
                        weights_.data() + (block * images_ + image) * lanes);
    });
}

std::vector<Replicates> auc_replicates(const Resamples& resamples, std::span<const float> scores,
                                       std::span<const std::int8_t> labels, std::size_t classes, unsigned threads) {
    ensure(scores.size() == labels.size(), "auc_replicates: as many labels as scores");
    ensure(scores.size() == resamples.images() * classes, "auc_replicates: a row of scores for every image");
    std::vector<SortedClass> sorted(classes);
    parallel_for(classes, threads, [&](std::size_t c) { sorted[c] = sorted_class(scores, labels, c, classes); });
    std::vector<Replicates> replicates(classes, Replicates(resamples.count()));
    // Classes of one block follow each other, so its weights stay in the cache.
    parallel_for(classes * resamples.blocks(), threads, [&](std::size_t task) {
        const std::size_t block = task / classes, c = task % classes;
        block_aucs(resamples, block, sorted[c], replicates[c].data() + block * lanes);
    });
    return replicates;
}

Replicates mean_replicates(const Resamples& resamples, std::span<const double> values) {
    ensure(values.size() == resamples.images(), "mean_replicates: a value for every image");
    std::vector<double> numerators, denominators;
    for (const double value : values) {
        numerators.push_back(std::isnan(value) ? 0 : value);
        denominators.push_back(std::isnan(value) ? 0 : 1);
    }
    return ratio_replicates(resamples, numerators, denominators);
}

Replicates ratio_replicates(const Resamples& resamples, std::span<const double> numerators,
                            std::span<const double> denominators) {
    ensure(numerators.size() == resamples.images() && denominators.size() == resamples.images(),
           "ratio_replicates: both values of every image");
    Replicates replicates(resamples.count());
    for (std::size_t block = 0; block < resamples.blocks(); ++block) {
        std::array<double, lanes> above{}, below{};
        for (std::size_t image = 0; image < numerators.size(); ++image) {
            const std::uint8_t* weights = resamples.weights(block, image);
            for (std::size_t l = 0; l < lanes; ++l) above[l] += weights[l] * numerators[image];
            for (std::size_t l = 0; l < lanes; ++l) below[l] += weights[l] * denominators[image];
        }
        const std::size_t used = std::min(lanes, resamples.count() - block * lanes);
        for (std::size_t l = 0; l < used; ++l)
            replicates[block * lanes + l] = below[l] > 0 && resamples.clusters() > 1 ? above[l] / below[l] : nan;
    }
    return replicates;
}

Replicates mean_of(std::span<const Replicates> rows) {
    if (rows.empty()) return {};
    Replicates mean(rows.front().size());
    for (std::size_t r = 0; r < mean.size(); ++r) {
        double sum = 0, count = 0;
        for (const auto& row : rows)
            if (!std::isnan(row[r])) {
                sum += row[r];
                ++count;
            }
        mean[r] = count > 0 ? sum / count : nan;
    }
    return mean;
}

Replicates difference_of(const Replicates& a, const Replicates& b) {
    ensure(a.size() == b.size(), "replicates of the same resamples");
    Replicates difference(a.size());
    for (std::size_t r = 0; r < a.size(); ++r) difference[r] = a[r] - b[r];
    return difference;
}

std::optional<Interval> percentile_interval(std::span<const double> replicates, double level) {
    std::vector<double> defined;
    for (const double value : replicates)
        if (!std::isnan(value)) defined.push_back(value);
    if (defined.empty() || 2 * defined.size() < replicates.size()) return std::nullopt;
    std::sort(defined.begin(), defined.end());
    const auto quantile = [&](double share) {
        const double position = share * static_cast<double>(defined.size() - 1);
        const auto below = static_cast<std::size_t>(position);
        const double above = defined[std::min(below + 1, defined.size() - 1)];
        return defined[below] + (position - static_cast<double>(below)) * (above - defined[below]);
    };
    return Interval{quantile((1 - level) / 2), quantile((1 + level) / 2), static_cast<std::int64_t>(defined.size())};
}

} // namespace mlvicx
