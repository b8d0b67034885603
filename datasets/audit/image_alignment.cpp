#include "datasets/audit/image_alignment.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

constexpr int border = 3; ///< pixels that the other image may be missing
constexpr double hopeless = 0.5;
using Vector = cv::Vec4d;
using Matrix = cv::Matx44d;

/// One step: the correlation at the current alignment, and the update that the gradient suggests.
struct Step {
    double correlation = 0;
    Vector change;
};

Step step_of(const cv::Mat1f& a, const cv::Mat1f& warped, double sign) {
    const int n = a.rows;
    const float half = 0.5f * static_cast<float>(n);
    double count = 0, sum_a = 0, sum_w = 0, aa = 0, ww = 0, aw = 0;
    Vector sum_j, aj, wj;
    Matrix jj;
    for (int y = border; y < n - border; ++y) {
        // Sums over one row in single precision: at most 58 terms of order 1.
        float row[20] = {};
        const float* pa = a[y];
        const float *above = warped[y - 1], *pw = warped[y], *below = warped[y + 1];
        const float cy = (static_cast<float>(y) + 0.5f - half) / half;
        for (int x = border; x < n - border; ++x) {
            const float cx = (static_cast<float>(x) + 0.5f - half) / half;
            const float gx = 0.5f * (pw[x + 1] - pw[x - 1]), gy = 0.5f * (below[x] - above[x]);
            const float va = pa[x], vw = pw[x], hx = gx * cx;
            row[0] += va, row[1] += vw, row[2] += va * va, row[3] += vw * vw, row[4] += va * vw;
            row[5] += gx, row[6] += hx, row[7] += gy;
            row[8] += va * gx, row[9] += va * hx, row[10] += va * gy;
            row[11] += vw * gx, row[12] += vw * hx, row[13] += vw * gy;
            row[14] += gx * gx, row[15] += gx * hx, row[16] += hx * hx, row[17] += gx * gy, row[18] += hx * gy;
            row[19] += gy * gy;
        }
        count += n - 2 * border;
        sum_a += row[0], sum_w += row[1], aa += row[2], ww += row[3], aw += row[4];
        // Within a row, the fourth direction is the third times cy.
        const auto add = [cy](Vector& to, const float* from) { to += Vector(from[0], from[1], from[2], cy * from[2]); };
        add(sum_j, row + 5), add(aj, row + 8), add(wj, row + 11);
        jj(0, 0) += row[14], jj(0, 1) += row[15], jj(1, 1) += row[16];
        jj(0, 2) += row[17], jj(0, 3) += cy * row[17], jj(1, 2) += row[18], jj(1, 3) += cy * row[18];
        jj(2, 2) += row[19], jj(2, 3) += cy * row[19], jj(3, 3) += cy * cy * row[19];
    }
    const double mean_a = sum_a / count, mean_w = sum_w / count;
    const double var_a = aa / count - mean_a * mean_a, var_w = ww / count - mean_w * mean_w;
    const double covariance = aw / count - mean_a * mean_w;
    Step step;
    if (var_a < 1e-9 || var_w < 1e-9) return step;
    step.correlation = sign * covariance / std::sqrt(var_a * var_w);
    // a = gain * warped + offset; the residual against gain times the centred gradients.
    const double gain = sign * std::max(sign * covariance / var_w, 0.1);
    Matrix normal;
    Vector right;
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) {
            const double product = i <= j ? jj(i, j) : jj(j, i);
            normal(i, j) = gain * gain * (product / count - sum_j[i] * sum_j[j] / (count * count));
        }
        normal(i, i) += 1e-6;
        const double with_a = aj[i] / count - mean_a * sum_j[i] / count;
        const double with_w = wj[i] / count - mean_w * sum_j[i] / count;
        right[i] = gain * (with_a - gain * with_w);
    }
    step.change = normal.solve(right, cv::DECOMP_CHOLESKY);
    return step;
}

cv::Mat1f warp(const cv::Mat1f& image, const Vector& place) {
    // The position in `b` of the pixel (x, y) of `a`: (x + 0.5 - half) / half is its position relative to the centre.
    const double half = 0.5 * image.cols;
    const double scale_x = 1 + place[1] / half, scale_y = 1 + place[3] / half;
    const double centre = half - 0.5;
    const cv::Matx23d to_b(scale_x, 0, place[0] + centre * (1 - scale_x), 0, scale_y,
                           place[2] + centre * (1 - scale_y));
    cv::Mat1f result;
    cv::warpAffine(image, result, to_b, image.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
    return result;
}

} // namespace

Alignment align_images(const cv::Mat1f& a, const cv::Mat1f& b, double sign) {
    constexpr int coarse = 4, steps = 12;
    constexpr double reach = 3; // pixels at the border
    cv::Mat1f smooth_a, smooth_b;
    cv::GaussianBlur(a, smooth_a, {}, 1.5);
    cv::GaussianBlur(b, smooth_b, {}, 1.5);
    Vector place;
    Alignment best;
    best.correlation = -1;
    for (int i = 0; i < steps; ++i) {
        const bool is_coarse = i < coarse;
        const Step step = step_of(is_coarse ? smooth_a : a, warp(is_coarse ? smooth_b : b, place), sign);
        if (!is_coarse && step.correlation > best.correlation)
            best = {step.correlation, place[0], place[1], place[2], place[3]};
        if (i == coarse && step.correlation < hopeless) break;
        place += step.change;
        for (int k = 0; k < 4; ++k) place[k] = std::clamp(place[k], -reach, reach);
        if (!is_coarse && cv::norm(step.change, cv::NORM_INF) < 0.01) break;
    }
    return best;
}

} // namespace mlvicx
