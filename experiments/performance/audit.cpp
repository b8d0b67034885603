// The audit's search at the size of real datasets: NIH ChestX-ray14 (112,120 images) within itself and against 30,000
// others.

#include "core/random.h"
#include "datasets/audit/common_structure.h"
#include "datasets/audit/image_alignment.h"
#include "datasets/audit/near_duplicates.h"
#include "datasets/phantom/image.h"
#include "experiments/performance/harness.h"

#include <algorithm>
#include <cmath>

using namespace mlvicx;

namespace {

/// Sketches that are as similar to each other as those of chest X-rays. On 1000 images of NIH, correlations of spectra
/// have a standard deviation of 0.16, and 3e-5 of the pairs become candidates; spectra that are random mixtures of 36
/// patterns reproduce both. Images of one patient (3.6 on average) share half of their mixture. Thumbnails come from
/// synthetic images.
std::vector<ImageSketch> simulated_images(std::size_t count, std::uint64_t seed) {
    constexpr std::size_t patterns = 36;
    Random fixed(0, Purpose::phantom);
    std::vector<float> mixing(patterns * ImageSketch::frequencies);
    for (auto& value : mixing) value = static_cast<float>(fixed.normal());
    std::vector<ImageSketch> drawn;
    for (std::uint32_t i = 0; i < 64; ++i) {
        const cv::Mat image = phantom::draw_image({1, i, 0}, 128).pixels;
        drawn.push_back(sketch_image({image.data, image.total()}, image.rows));
    }
    Random random(seed, Purpose::phantom);
    std::vector<ImageSketch> images(count);
    std::array<float, patterns> patient{};
    for (std::size_t i = 0; i < count; ++i) {
        if (i == 0 || random.chance(1 / 3.6))
            for (auto& value : patient) value = static_cast<float>(random.normal());
        std::array<float, ImageSketch::frequencies> spectrum{};
        for (std::size_t k = 0; k < patterns; ++k) {
            const float weight = 0.7071f * (patient[k] + static_cast<float>(random.normal()));
            for (std::size_t f = 0; f < spectrum.size(); ++f) spectrum[f] += weight * mixing[k * spectrum.size() + f];
        }
        images[i].thumbnail = drawn[random.below(64)].thumbnail;
        for (std::size_t f = 0; f < spectrum.size(); ++f) {
            if (spectrum[f] > 0) images[i].hash[f / 64] |= std::uint64_t{1} << f % 64;
            images[i].spectrum[f] = static_cast<std::int8_t>(std::clamp(std::lround(5 * spectrum[f]), -127L, 127L));
        }
    }
    return images;
}

const std::vector<ImageSketch>& nih() {
    static const auto images = simulated_images(112'120, 1);
    return images;
}

void search(benchmark::State& state, std::span<const ImageSketch> others) {
    const auto& images = nih();
    const auto all = static_cast<double>(images.size());
    const double pairs = others.empty() ? all * (all - 1) / 2 : all * static_cast<double>(others.size());
    std::size_t candidates = 0;
    for (auto _ : state) {
        candidates = duplicate_candidates(images, others, {}, 2).size();
        benchmark::DoNotOptimize(candidates);
    }
    state.counters["pairs"] = pairs;
    state.counters["candidates"] = static_cast<double>(candidates);
}

void search_within(benchmark::State& state) {
    search(state, {});
}
void search_between(benchmark::State& state) {
    static const auto others = simulated_images(30'000, 2);
    search(state, others);
}

/// Search and confirmation together.
void audit_within(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(near_duplicates(nih(), {}, {}, 2).size());
}
void audit_between(benchmark::State& state) {
    static const auto others = simulated_images(30'000, 2);
    for (auto _ : state) benchmark::DoNotOptimize(near_duplicates(nih(), others, {}, 2).size());
}

void sketch(benchmark::State& state) {
    const auto side = static_cast<int>(state.range(0));
    const cv::Mat image = phantom::draw_image({1, 0, 0}, side).pixels;
    for (auto _ : state) benchmark::DoNotOptimize(sketch_image({image.data, image.total()}, side));
    state.SetItemsProcessed(state.iterations());
}

/// Few enough to compare every pair.
constexpr std::size_t few = 2000, few_others = 500;

std::vector<ImageSketch> some_others(bool between) {
    return between ? simulated_images(few_others, 2) : std::vector<ImageSketch>{};
}

/// Indices of pairs, as parts of equal length.
template <typename Pair> Values positions(const std::vector<Pair>& pairs) {
    Values values(3);
    for (const auto& pair : pairs) {
        values[0].push_back(pair.first);
        values[1].push_back(pair.second);
        values[2].push_back(pair.inverted ? 1 : 0);
    }
    return values;
}

int folded_distance(const ImageSketch& a, const ImageSketch& b) {
    int distance = 0;
    for (std::size_t bit = 0; bit < ImageSketch::frequencies; ++bit)
        distance += ((a.hash[bit / 64] ^ b.hash[bit / 64]) >> bit % 64 & 1) == 1 ? 1 : 0;
    return std::min(distance, ImageSketch::frequencies - distance);
}

/// The candidates by definition.
std::vector<DuplicateCandidate> candidates_by_definition(const std::vector<ImageSketch>& images,
                                                         const std::vector<ImageSketch>& others) {
    const DuplicateThresholds thresholds;
    const CommonStructure common(images, others);
    const auto& second = others.empty() ? images : others;
    const auto rests = common.rests_of(images, 1), second_rests = common.rests_of(second, 1);
    std::vector<DuplicateCandidate> pairs;
    for (std::size_t i = 0; i < images.size(); ++i)
        for (std::size_t j = others.empty() ? i + 1 : 0; j < second.size(); ++j) {
            if (folded_distance(images[i], second[j]) > thresholds.hash) continue;
            double likeness = spectrum_correlation(images[i], second[j]);
            if (std::abs(likeness) < thresholds.spectrum) continue;
            if (rests[i].enough && second_rests[j].enough) {
                likeness = spectrum_correlation(rests[i].spectrum, second_rests[j].spectrum);
                if (std::abs(likeness) < thresholds.rest) continue;
            }
            pairs.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), likeness < 0});
        }
    return pairs;
}

Values found_candidates(bool between) {
    const auto images = simulated_images(few, 1), others = some_others(between);
    return positions(duplicate_candidates(images, others, {}, 2));
}
Values expected_candidates(bool between) {
    return positions(candidates_by_definition(simulated_images(few, 1), some_others(between)));
}

Values found_copies(bool between) {
    return positions(near_duplicates(simulated_images(few, 1), some_others(between), {}, 2));
}
/// Candidates whose thumbnails agree when aligned.
Values expected_copies(bool between) {
    const auto images = simulated_images(few, 1), others = some_others(between);
    const auto& second = others.empty() ? images : others;
    const double limit = search_duplicates(images, others).copies_from;
    auto pairs = candidates_by_definition(images, others);
    std::erase_if(pairs, [&](const DuplicateCandidate& pair) {
        const auto &a = images[pair.first], &b = second[pair.second];
        if (a.thumbnail == b.thumbnail) return false;
        return align_images(local_contrast(a), local_contrast(b), pair.inverted ? -1 : 1).correlation < limit;
    });
    return positions(pairs);
}

ImageSketch sketch_of(const Sizes& sizes) {
    const auto side = static_cast<int>(sizes[0]);
    const cv::Mat image = phantom::draw_image({1, 0, 0}, side).pixels;
    return sketch_image({image.data, image.total()}, side);
}
Values sketched(const Sizes& sizes) {
    const auto sketch = sketch_of(sizes);
    return {{sketch.spectrum.begin(), sketch.spectrum.end()}};
}
/// The cosine transform of the thumbnail's local contrast, term by term.
Values spectrum_by_sums(const Sizes& sizes) {
    const cv::Mat1f contrast = local_contrast(sketch_of(sizes));
    const int n = contrast.rows;
    const auto wave = [n](int frequency, int place) { return std::cos(CV_PI * (2 * place + 1) * frequency / (2 * n)); };
    const auto scale = [](int frequency) { return frequency == 0 ? std::sqrt(0.5) : 1; };
    cv::Mat1f kept(1, ImageSketch::frequencies);
    int at = 0;
    for (int v = 0; v < 16; ++v)
        for (int u = 0; u < 16; ++u) {
            if (u + v < 3) continue;
            double sum = 0;
            for (int y = 0; y < n; ++y)
                for (int x = 0; x < n; ++x) sum += contrast(y, x) * wave(v, y) * wave(u, x);
            kept(0, at++) = static_cast<float>(scale(u) * scale(v) * sum * std::hypot(u, v));
        }
    const auto spectrum = in_steps(kept / cv::norm(kept));
    return {{spectrum.begin(), spectrum.end()}};
}

void add_search(const char* name, bool between, void (*timed)(benchmark::State&), Values (*candidate)(bool),
                Values (*reference)(bool)) {
    verified_benchmark({.name = name,
                        .candidate = [=](const Sizes&) { return candidate(between); },
                        .reference = [=](const Sizes&) { return reference(between); },
                        .tolerance = 0,
                        .timed = timed},
                       [](auto* registered) { registered->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime(); });
}

} // namespace

int main(int argc, char** argv) {
    verified_benchmark({.name = "sketch",
                        .candidate = sketched,
                        .reference = spectrum_by_sums,
                        .tolerance = 1e-2, // one rounding step
                        .timed = sketch,
                        .sizes = {{224}, {1024}}},
                       in_microseconds);
    add_search("search_within", false, search_within, found_candidates, expected_candidates);
    add_search("search_between", true, search_between, found_candidates, expected_candidates);
    add_search("audit_within", false, audit_within, found_copies, expected_copies);
    add_search("audit_between", true, audit_between, found_copies, expected_copies);
    return run_registered(argc, argv);
}
