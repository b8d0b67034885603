#include "results/statistics/delong.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mlvicx {

std::optional<AucInfluence> auc_influence(std::span<const float> scores, std::span<const std::int8_t> labels) {
    ensure(scores.size() == labels.size(), "auc_influence: as many labels as scores");
    std::vector<std::pair<float, std::uint32_t>> order;
    double positives = 0, negatives = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (std::isnan(scores[i])) user_error("the score of image {} is not a number; an AUC needs numbers", i + 1);
        if (labels[i] < 0) continue;
        order.emplace_back(scores[i], static_cast<std::uint32_t>(i));
        (labels[i] == 1 ? positives : negatives) += 1;
    }
    if (positives == 0 || negatives == 0) return std::nullopt;
    std::sort(order.begin(), order.end());
    AucInfluence result;
    result.of_image.assign(scores.size(), 0);
    double positives_below = 0, negatives_below = 0;
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        double tied_positives = 0, tied_negatives = 0;
        for (end = begin; end < order.size() && order[end].first == order[begin].first; ++end)
            (labels[order[end].second] == 1 ? tied_positives : tied_negatives) += 1;
        const double of_positive = (negatives_below + tied_negatives / 2) / negatives;
        const double of_negative = (positives - positives_below - tied_positives / 2) / positives;
        for (std::size_t k = begin; k < end; ++k) {
            const auto image = order[k].second;
            result.of_image[image] = labels[image] == 1 ? of_positive : of_negative;
        }
        result.auc += tied_positives * of_positive;
        positives_below += tied_positives;
        negatives_below += tied_negatives;
    }
    result.auc /= positives;
    for (const auto& [score, image] : order)
        result.of_image[image] = (result.of_image[image] - result.auc) / (labels[image] == 1 ? positives : negatives);
    return result;
}

std::optional<double> auc_variance(std::span<const double> influence, std::span<const std::int8_t> labels,
                                   const Clusters& clusters) {
    ensure(influence.size() == labels.size() && clusters.of_image.size() == labels.size(),
           "auc_variance: a label and a cluster for every image");
    struct Sum {
        double positive = 0, negative = 0;
        bool has_positive = false, has_negative = false;
    };
    std::vector<Sum> sums(clusters.count);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        auto& sum = sums[clusters.of_image[i]];
        if (labels[i] == 1) {
            sum.positive += influence[i];
            sum.has_positive = true;
        }
        if (labels[i] == 0) {
            sum.negative += influence[i];
            sum.has_negative = true;
        }
    }
    double with_positive = 0, with_negative = 0, all = 0, positive = 0, negative = 0, product = 0;
    for (const auto& sum : sums) {
        with_positive += sum.has_positive ? 1 : 0;
        with_negative += sum.has_negative ? 1 : 0;
        all += sum.has_positive || sum.has_negative ? 1 : 0;
        positive += sum.positive * sum.positive;
        negative += sum.negative * sum.negative;
        product += sum.positive * sum.negative;
    }
    if (with_positive < 2 || with_negative < 2) return std::nullopt;
    // Rounding may leave a tiny negative number if everything cancels.
    return std::max(0.0, positive * with_positive / (with_positive - 1) +
                             negative * with_negative / (with_negative - 1) + 2 * product * all / (all - 1));
}

std::optional<double> auc_variance(std::span<const double> influence, std::span<const std::int8_t> labels) {
    Clusters images;
    images.count = labels.size();
    images.of_image.resize(labels.size());
    std::iota(images.of_image.begin(), images.of_image.end(), 0u);
    return auc_variance(influence, labels, images);
}

} // namespace mlvicx
