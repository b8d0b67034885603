#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mlvicx {

/// Philox4x32 with 10 rounds: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// What random numbers are used for; streams with different purposes never share numbers.
enum class Purpose : std::uint16_t { split = 1, subset, order, view, weights, phantom, bootstrap };

/// A stream of random numbers that is a pure function of (seed, purpose, epoch, sample, view): the same sample gets
/// the same numbers whatever the batch order, thread count or device, and a resumed run needs no saved state.
class Random {
public:
    Random(std::uint64_t seed, Purpose purpose, std::uint32_t epoch = 0, std::uint32_t sample = 0,
           std::uint16_t view = 0);
    std::uint32_t bits();
    /// In [0, 1), 32 random bits.
    double uniform();
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// Standard normal (Box-Muller).
    double normal();
    /// In 0 .. n-1, without modulo bias; n > 0.
    std::uint32_t below(std::uint32_t n);
    bool chance(double probability) { return uniform() < probability; }

private:
    std::array<std::uint32_t, 4> counter_;
    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 4> block_{};
    unsigned used_ = 4;
};

/// Fisher-Yates; the same order for the same stream.
template <typename T> void shuffle(std::vector<T>& items, Random& random) {
    for (std::size_t i = items.size(); i > 1; --i)
        std::swap(items[i - 1], items[random.below(static_cast<std::uint32_t>(i))]);
}

} // namespace mlvicx
