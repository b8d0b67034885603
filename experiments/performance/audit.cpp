// The audit's search at the size of real datasets: NIH ChestX-ray14 (112,120 films) with itself and against 30,000.

#include "core/random.h"
#include "datasets/near_duplicates.h"
#include "datasets/phantom_film.h"

#include <benchmark/benchmark.h>

#include <cmath>

using namespace mlvicx;

namespace {

/// Sketches that are as alike as those of chest films. On 1000 films of NIH, correlations of spectra have a deviation
/// of 0.16 and 3e-5 of the pairs become candidates; spectra that are random mixtures of 36 patterns have the same.
/// Films of one patient (3.6 on average) share half of their mixture. Thumbnails are those of synthetic films.
std::vector<FilmSketch> simulated_films(std::size_t count, std::uint64_t seed) {
    constexpr std::size_t patterns = 36;
    Random fixed(0, Purpose::phantom);
    std::vector<float> mixing(patterns * FilmSketch::frequencies);
    for (auto& value : mixing) value = static_cast<float>(fixed.normal());
    std::vector<FilmSketch> drawn;
    for (std::uint32_t i = 0; i < 64; ++i) {
        const cv::Mat film = phantom::draw_film({1, i, 0}, 128).pixels;
        drawn.push_back(sketch_film({film.data, film.total()}, film.rows));
    }
    Random random(seed, Purpose::phantom);
    std::vector<FilmSketch> films(count);
    std::array<float, patterns> patient{};
    for (std::size_t i = 0; i < count; ++i) {
        if (i == 0 || random.chance(1 / 3.6))
            for (auto& value : patient) value = static_cast<float>(random.normal());
        std::array<float, FilmSketch::frequencies> spectrum{};
        for (std::size_t k = 0; k < patterns; ++k) {
            const float weight = 0.7071f * (patient[k] + static_cast<float>(random.normal()));
            for (std::size_t f = 0; f < spectrum.size(); ++f) spectrum[f] += weight * mixing[k * spectrum.size() + f];
        }
        films[i].thumbnail = drawn[random.below(64)].thumbnail;
        for (std::size_t f = 0; f < spectrum.size(); ++f) {
            if (spectrum[f] > 0) films[i].hash[f / 64] |= std::uint64_t{1} << f % 64;
            films[i].spectrum[f] = static_cast<std::int8_t>(std::clamp(std::lround(5 * spectrum[f]), -127L, 127L));
        }
    }
    return films;
}

const std::vector<FilmSketch>& nih() {
    static const auto films = simulated_films(112'120, 1);
    return films;
}

void search(benchmark::State& state, std::span<const FilmSketch> others) {
    const auto& films = nih();
    const auto all = static_cast<double>(films.size());
    const double pairs = others.empty() ? all * (all - 1) / 2 : all * static_cast<double>(others.size());
    std::size_t candidates = 0;
    for (auto _ : state) {
        candidates = duplicate_candidates(films, others, {}, 2).size();
        benchmark::DoNotOptimize(candidates);
    }
    state.counters["pairs"] = pairs;
    state.counters["candidates"] = static_cast<double>(candidates);
}

void search_within(benchmark::State& state) {
    search(state, {});
}
void search_between(benchmark::State& state) {
    static const auto others = simulated_films(30'000, 2);
    search(state, others);
}

/// Search and confirmation together.
void audit_within(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(near_duplicates(nih(), {}, {}, 2).size());
}
void audit_between(benchmark::State& state) {
    static const auto others = simulated_films(30'000, 2);
    for (auto _ : state) benchmark::DoNotOptimize(near_duplicates(nih(), others, {}, 2).size());
}

void sketch(benchmark::State& state) {
    const auto side = static_cast<int>(state.range(0));
    const cv::Mat film = phantom::draw_film({1, 0, 0}, side).pixels;
    for (auto _ : state) benchmark::DoNotOptimize(sketch_film({film.data, film.total()}, side));
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK(sketch)->Arg(224)->Arg(1024)->Unit(benchmark::kMicrosecond);
BENCHMARK(search_within)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();
BENCHMARK(search_between)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();
BENCHMARK(audit_within)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();
BENCHMARK(audit_between)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
