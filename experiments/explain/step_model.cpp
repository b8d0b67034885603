#include "experiments/explain/step_model.h"

#include <opencv2/core.hpp>

#include <limits>

namespace mlvicx {

namespace {

constexpr double distinct = 1e-6; ///< least ratio of singular values, and difference of two models' errors

/// What a size multiplies the model's times by.
cv::Vec3d factors(const StepSize& size) {
    return {1, static_cast<double>(size.batch_size), size.pixels()};
}

/// The times of `columns` with the least sum of squares, the others 0; nullopt if it is not unique.
std::optional<cv::Vec3d> least_squares(const std::vector<std::pair<StepSize, double>>& measured,
                                       const std::vector<int>& columns) {
    const auto rows = static_cast<int>(measured.size()), unknowns = static_cast<int>(columns.size());
    if (rows < unknowns) return std::nullopt;
    cv::Mat1d a(rows, unknowns);
    for (int row = 0; row < rows; ++row) {
        const auto& [size, seconds] = measured[static_cast<std::size_t>(row)];
        for (int k = 0; k < unknowns; ++k) a(row, k) = factors(size)[columns[static_cast<std::size_t>(k)]] / seconds;
    }
    std::vector<double> lengths;
    for (int k = 0; k < unknowns; ++k) {
        lengths.push_back(cv::norm(a.col(k)));
        a.col(k) /= lengths.back();
    }
    const cv::SVD parts(a);
    if (parts.w.at<double>(unknowns - 1) < distinct * parts.w.at<double>(0)) return std::nullopt;
    cv::Mat1d solution;
    parts.backSubst(cv::Mat1d::ones(rows, 1), solution);
    cv::Vec3d times{0, 0, 0};
    for (int k = 0; k < unknowns; ++k) {
        const auto i = static_cast<std::size_t>(k);
        times[columns[i]] = solution(k) / lengths[i];
    }
    return times;
}

} // namespace

std::optional<StepModel> fitted(const std::vector<std::pair<StepSize, double>>& measured) {
    std::optional<StepModel> best;
    double least = std::numeric_limits<double>::infinity();
    for (const auto& columns : {std::vector{1, 2}, std::vector{0, 2}, std::vector{0, 1, 2}}) {
        const auto times = least_squares(measured, columns);
        if (!times || (*times)[0] < 0 || (*times)[1] < 0 || (*times)[2] <= 0) continue;
        const StepModel model{(*times)[0], (*times)[1], (*times)[2]};
        double error = 0;
        for (const auto& [size, seconds] : measured) {
            const double relative = model.seconds(size) / seconds - 1;
            error += relative * relative;
        }
        if (error > least - distinct) continue;
        best = model;
        least = error;
    }
    return best;
}

} // namespace mlvicx
