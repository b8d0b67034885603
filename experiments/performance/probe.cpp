// The grid of a low-data study on frozen features of ChestX-ray14's size: 5 fractions x 5 seeds x 5 draws (all images:
// one draw) of the linear probe; 75,312 training, 11,212 validation and 25,596 test images, 512 features, 14 findings
// as rare as the real ones. Each seed has its own features, because each has its own encoder. Also the nearest
// neighbours of one seed. Prints the time of each fraction. `--device cuda` works on a GPU.
#include "experiments/evaluation/knn.h"
#include "experiments/evaluation/linear_probe.h"
#include "experiments/performance/arguments.h"

#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <vector>

using namespace mlvicx;

namespace {

constexpr std::int64_t train = 75312, validation = 11212, test = 25596, width = 512, findings = 14;
constexpr std::int64_t seeds = 5, draws = 5;
const std::vector<double> fractions = {0.01, 0.05, 0.1, 0.5, 1};
torch::Device device = torch::kCPU;

/// Correlated features, positive as after a ReLU, with variances that fall over two decades, and labels that a few
/// directions of the features partly explain.
struct Images {
    torch::Tensor features;
    OpenDataset data;

    explicit Images(std::uint64_t seed) {
        torch::manual_seed(seed);
        const auto n = train + validation + test;
        const auto scales = torch::logspace(0, -1, width, 10, torch::kFloat32);
        const auto mixing = std::get<0>(torch::linalg_qr(torch::randn({width, width})));
        const auto hidden = torch::randn({n, width});
        features = torch::relu((hidden * scales).mm(mixing) + 0.3).to(device);
        const auto signal = hidden.narrow(1, 0, 40).mm(torch::randn({40, findings})) / std::sqrt(40.0);
        const auto rarity = torch::linspace(0.9, 2.6, findings); // 18 % to 0.5 % of the images
        data.labels = ((0.6 * signal + 0.8 * torch::randn({n, findings})) > rarity).to(torch::kInt8);
        for (std::int64_t c = 0; c < findings; ++c) data.classes.push_back(fmt::format("finding {}", c + 1));
        for (std::int64_t i = train; i < n; ++i) (i < train + validation ? data.validation : data.test).push_back(i);
    }

    void draw(double fraction, std::int64_t number) {
        torch::manual_seed(static_cast<std::uint64_t>(1000 + number));
        const auto count = static_cast<std::int64_t>(fraction * train);
        const auto chosen = std::get<0>(torch::randperm(train).narrow(0, 0, count).sort());
        data.train.assign(chosen.data_ptr<std::int64_t>(), chosen.data_ptr<std::int64_t>() + count);
    }
};

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void probe_grid(benchmark::State& state) {
    std::vector<double> seconds(fractions.size(), 0);
    for (auto _ : state)
        for (std::int64_t seed = 0; seed < seeds; ++seed) {
            state.PauseTiming();
            Images images(static_cast<std::uint64_t>(seed));
            state.ResumeTiming();
            for (std::size_t f = 0; f < fractions.size(); ++f)
                for (std::int64_t draw = 0; draw < (fractions[f] == 1 ? 1 : draws); ++draw) {
                    images.draw(fractions[f], draw);
                    const auto start = std::chrono::steady_clock::now();
                    benchmark::DoNotOptimize(evaluate_linear_probe(images.features, images.data, {}).test_scores);
                    seconds[f] += seconds_since(start);
                }
        }
    for (std::size_t f = 0; f < fractions.size(); ++f)
        state.counters[fmt::format("s_at_{:g}%", 100 * fractions[f])] =
            seconds[f] / static_cast<double>(state.iterations());
}

void neighbours(benchmark::State& state) {
    Images images(0);
    images.draw(1, 0);
    for (auto _ : state) benchmark::DoNotOptimize(evaluate_knn(images.features, images.data, {}).test_scores);
}

/// A few images of the same kind, few enough to compute from the definition.
struct FewImages {
    torch::Tensor features;
    OpenDataset data;

    FewImages() {
        torch::manual_seed(3);
        const auto hidden = torch::randn({500, 24});
        features = torch::relu(hidden.mm(torch::randn({24, 24})) + 0.3).to(device);
        data.labels = (hidden.narrow(1, 0, 3) + torch::randn({500, 3}) > 0.5).to(torch::kInt8);
        data.classes = {"a", "b", "c"};
        for (std::int64_t i = 0; i < 500; ++i)
            (i < 300 ? data.train : i < 400 ? data.validation : data.test).push_back(i);
    }
    torch::Tensor part(std::int64_t begin, std::int64_t count) const {
        return features.cpu().narrow(0, begin, count).to(torch::kFloat64);
    }
    torch::Tensor train_labels() const { return data.labels.narrow(0, 0, 300).to(torch::kFloat64); }
};

constexpr double l2 = 1e-2;

Values probe_scores(const Sizes&) {
    const FewImages images;
    LinearProbeOptions options;
    options.l2 = {l2};
    return values_of({evaluate_linear_probe(images.features, images.data, options).test_scores});
}

/// Newton's method in float64 on mean cross-entropy + l2 / 2 |w|^2, class by class.
Values scores_by_newton(const Sizes&) {
    const FewImages images;
    const auto known = images.part(0, 300), asked = images.part(400, 100), labels = images.train_labels();
    const auto mean = known.mean(0), deviation = known.std(0, false);
    const auto with_one = [&](const torch::Tensor& rows) {
        return torch::cat({(rows - mean) / deviation, torch::ones({rows.size(0), 1}, torch::kFloat64)}, 1);
    };
    const auto x = with_one(known);
    auto penalty = torch::full({x.size(1)}, l2, torch::kFloat64);
    penalty[-1] = 0; // the intercept is free
    std::vector<torch::Tensor> scores;
    for (std::int64_t c = 0; c < labels.size(1); ++c) {
        auto theta = torch::zeros({x.size(1)}, torch::kFloat64);
        for (int i = 0; i < 30; ++i) {
            const auto p = torch::sigmoid(x.mv(theta));
            const auto gradient = x.t().mv(p - labels.select(1, c)) / x.size(0) + penalty * theta;
            const auto hessian = x.t().mm(x * (p * (1 - p)).unsqueeze(1)) / x.size(0) + torch::diag(penalty);
            theta = theta - torch::inverse(hessian).mv(gradient);
        }
        scores.push_back(torch::sigmoid(with_one(asked).mv(theta)));
    }
    return values_of({torch::stack(scores, 1)});
}

constexpr std::int64_t k = 20;

Values neighbour_scores(const Sizes&) {
    const FewImages images;
    KnnOptions options;
    options.k = {k};
    return values_of({evaluate_knn(images.features, images.data, options).test_scores});
}

/// The weighted vote, image by image.
Values votes(const Sizes&) {
    const FewImages images;
    const auto known = images.part(0, 300), asked = images.part(400, 100), labels = images.train_labels();
    std::vector<torch::Tensor> scores;
    for (std::int64_t i = 0; i < asked.size(0); ++i) {
        const auto similar = torch::cosine_similarity(known, asked[i].unsqueeze(0).expand_as(known), 1);
        const auto nearest = similar.argsort(0, true).narrow(0, 0, k);
        const auto weight = torch::exp(similar.index_select(0, nearest) / KnnOptions().temperature);
        scores.push_back(weight.matmul(labels.index_select(0, nearest)) / weight.sum());
    }
    return values_of({torch::stack(scores)});
}

} // namespace

int main(int argc, char** argv) {
    return run_benchmarks(argc, argv, [](int& count, char** arguments) {
        device = take_device(count, arguments);
        const auto once = [](auto* registered) { registered->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1); };
        verified_benchmark({.name = "probe_grid",
                            .candidate = probe_scores,
                            .reference = scores_by_newton,
                            .tolerance = 1e-3,
                            .timed = probe_grid},
                           once);
        verified_benchmark({.name = "neighbours",
                            .candidate = neighbour_scores,
                            .reference = votes,
                            .tolerance = 1e-4,
                            .timed = neighbours},
                           once);
    });
}
