#pragma once

#include "core/random.h"
#include "results/store/sqlite.h"
#include "tests/support/plain_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// Classification's reported figures from the database alone and by definition: pairs are counted one by one, resamples
/// are written out image by image. Uses nothing of results/ but the SQLite wrapper.
namespace recomputed {

using namespace mlvicx;
using plain::mean;

using Column = std::vector<std::pair<float, int>>; ///< score and label of each image, in one class

/// The contents of the database for one evaluation.
struct Evaluation {
    std::vector<Column> columns;       ///< by class
    std::vector<std::string> patients; ///< by image
};
using Key = std::pair<std::string, double>; ///< method and fraction

inline std::map<Key, std::vector<Evaluation>> read_evaluations(Sqlite& db, std::size_t classes) {
    std::map<Key, std::vector<Evaluation>> result;
    Statement query(db, "SELECT c.method, c.fraction, s.scores, f.labels, f.id FROM jobs c JOIN scores s ON s.job_id = "
                        "c.id JOIN image_sets f ON f.id = s.set_id ORDER BY c.method, c.fraction, c.seed");
    while (query.step()) {
        std::vector<float> scores(query.blob(2).size() / 4);
        std::memcpy(scores.data(), query.blob(2).data(), query.blob(2).size());
        std::vector<std::int8_t> labels(query.blob(3).size());
        std::memcpy(labels.data(), query.blob(3).data(), labels.size());
        Evaluation evaluation;
        evaluation.columns.resize(classes);
        for (std::size_t i = 0; i < scores.size(); ++i)
            evaluation.columns[i % classes].emplace_back(scores[i], labels[i]);
        Statement image(db, "SELECT patient FROM scored_images WHERE set_id = ? ORDER BY position");
        image.bind(1, query.integer(4));
        while (image.step()) evaluation.patients.push_back(image.text(0));
        result[{query.text(0), query.real(1)}].push_back(std::move(evaluation));
    }
    return result;
}

inline double auc_by_pairs(const Column& column) {
    double wins = 0, pairs = 0;
    for (const auto& [a, positive] : column) {
        if (positive != 1) continue;
        for (const auto& [b, negative] : column) {
            if (negative != 0) continue;
            pairs += 1;
            wins += a > b ? 1 : a == b ? 0.5 : 0;
        }
    }
    return wins / pairs; // NaN without pairs
}

inline std::vector<double> class_aucs(const Evaluation& evaluation) {
    std::vector<double> aucs;
    for (const auto& column : evaluation.columns) aucs.push_back(auc_by_pairs(column));
    return aucs;
}

/// Reported figures of a method and fraction.
struct Recomputed {
    std::vector<double> values;                ///< mean AUC of each seed
    std::vector<double> replicates;            ///< replicates of their mean
    std::vector<double> aucs;                  ///< by class, mean over seeds
    std::vector<std::vector<double>> by_class; ///< their replicates
};

inline Recomputed recompute(const std::vector<Evaluation>& evaluations) {
    const auto classes = evaluations.front().columns.size();
    const auto seeds = static_cast<double>(evaluations.size());
    Recomputed result;
    result.by_class.resize(classes);
    result.aucs.assign(classes, 0);
    for (const auto& evaluation : evaluations) {
        const auto aucs = class_aucs(evaluation);
        result.values.push_back(mean(aucs));
        for (std::size_t c = 0; c < classes; ++c) result.aucs[c] += aucs[c] / seeds;
    }
    for (const auto& drawn : plain::resampled_images(evaluations.front().patients)) {
        std::vector<double> means;
        std::vector<std::vector<double>> aucs(classes);
        for (const auto& evaluation : evaluations) {
            Evaluation resample;
            for (const auto& column : evaluation.columns) {
                resample.columns.emplace_back();
                for (const auto image : drawn) resample.columns.back().push_back(column[image]);
            }
            const auto of_class = class_aucs(resample);
            means.push_back(mean(of_class));
            for (std::size_t c = 0; c < classes; ++c) aucs[c].push_back(of_class[c]);
        }
        result.replicates.push_back(mean(means));
        for (std::size_t c = 0; c < classes; ++c) result.by_class[c].push_back(mean(aucs[c]));
    }
    return result;
}

/// Standard error of the difference between two methods' AUCs of class `c`, each a mean over seeds: Obuchowski's sums,
/// with placement values counted pair by pair.
inline double clustered_error(const std::vector<Evaluation>& a, const std::vector<Evaluation>& b, std::size_t c) {
    std::map<std::string, std::pair<double, double>> sums;
    std::set<std::string> with_positive, with_negative;
    double positives = 0, negatives = 0, difference = 0;
    const auto& labels = a.front().columns[c];
    const std::size_t seeds = a.size();
    for (const auto& [score, label] : labels) {
        positives += label == 1 ? 1 : 0;
        negatives += label == 0 ? 1 : 0;
    }
    for (std::size_t s = 0; s < seeds; ++s)
        difference += (auc_by_pairs(a[s].columns[c]) - auc_by_pairs(b[s].columns[c])) / static_cast<double>(seeds);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i].second < 0) continue;
        double placement = 0;
        for (const auto& [evaluations, sign] : {std::pair(&a, 1.0), std::pair(&b, -1.0)})
            for (const auto& evaluation : *evaluations)
                for (std::size_t j = 0; j < labels.size(); ++j) {
                    if (labels[j].second != 1 - labels[i].second) continue;
                    const float mine = evaluation.columns[c][i].first, other = evaluation.columns[c][j].first;
                    const bool right = labels[i].second == 1 ? mine > other : mine < other;
                    placement += sign * (right ? 1 : mine == other ? 0.5 : 0) / static_cast<double>(seeds);
                }
        const bool positive = labels[i].second == 1;
        placement /= positive ? negatives : positives;
        auto& sum = sums[a.front().patients[i]];
        (positive ? sum.first : sum.second) += placement - difference;
        (positive ? with_positive : with_negative).insert(a.front().patients[i]);
    }
    double s10 = 0, s01 = 0, s11 = 0;
    for (const auto& [patient, sum] : sums) {
        s10 += sum.first * sum.first;
        s01 += sum.second * sum.second;
        s11 += sum.first * sum.second;
    }
    const auto factor = [](std::size_t n) { return static_cast<double>(n) / static_cast<double>(n - 1); };
    return std::sqrt(s10 * factor(with_positive.size()) / (positives * positives) +
                     s01 * factor(with_negative.size()) / (negatives * negatives) +
                     2 * s11 * factor(sums.size()) / (positives * negatives));
}

inline double two_sided(double estimate, double error) {
    return std::erfc(std::abs(estimate) / error / std::sqrt(2.0));
}

inline std::vector<double> holm_by_rank(const std::vector<double>& p) {
    std::vector<double> adjusted;
    for (const double mine : p) {
        double highest = 0;
        for (const double other : p) {
            if (other > mine) continue;
            const auto not_below = std::count_if(p.begin(), p.end(), [&](double v) { return v >= other; });
            highest = std::max(highest, std::min(1.0, static_cast<double>(not_below) * other));
        }
        adjusted.push_back(highest);
    }
    return adjusted;
}

} // namespace recomputed
