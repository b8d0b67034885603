#include "tests/support/catch.h"

#include "core/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

using namespace mlvicx;

TEST_CASE("random: Philox gives the published test vectors", "[reference]") {
    using Counter = std::array<std::uint32_t, 4>;
    // Random123's kat_vectors for philox4x32 with 10 rounds: zeros, ones, digits of pi.
    CHECK(philox({0, 0, 0, 0}, {0, 0}) == Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    constexpr std::uint32_t ones = 0xffffffff;
    CHECK(philox({ones, ones, ones, ones}, {ones, ones}) == Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random: a stream is a function of its five keys, and every key counts", "[unit]") {
    const auto first = [](std::uint64_t seed, Purpose purpose, std::uint32_t epoch, std::uint32_t sample,
                          std::uint16_t view) {
        Random random(seed, purpose, epoch, sample, view);
        return std::uint64_t{random.bits()} << 32 | random.bits();
    };
    CHECK(first(7, Purpose::view, 3, 5, 1) == first(7, Purpose::view, 3, 5, 1));
    const std::set<std::uint64_t> streams{first(7, Purpose::view, 3, 5, 1),
                                          first(8, Purpose::view, 3, 5, 1),
                                          first(7, Purpose::order, 3, 5, 1),
                                          first(7, Purpose::view, 4, 5, 1),
                                          first(7, Purpose::view, 3, 6, 1),
                                          first(7, Purpose::view, 3, 5, 0),
                                          first(7ull + (1ull << 32), Purpose::view, 3, 5, 1)};
    CHECK(streams.size() == 7);
}

TEST_CASE("random: numbers have the promised distributions", "[unit]") {
    Random random(1, Purpose::bootstrap);
    constexpr int count = 200'000;
    double sum = 0, squares = 0, normal_sum = 0, normal_squares = 0, low = 1, high = 0;
    for (int i = 0; i < count; ++i) {
        const double u = random.uniform(), z = random.normal();
        low = std::min(low, u), high = std::max(high, u);
        sum += u, squares += u * u, normal_sum += z, normal_squares += z * z;
    }
    CHECK(low >= 0);
    CHECK(high < 1);
    // Five standard errors each: a correct generator fails for one in a million seeds, and this seed is fixed.
    CHECK(sum / count == Approx(0.5).margin(5 * std::sqrt(1.0 / 12 / count)));
    CHECK(squares / count == Approx(1.0 / 3).margin(5 * std::sqrt(4.0 / 45 / count)));
    CHECK(normal_sum / count == Approx(0).margin(5 * std::sqrt(1.0 / count)));
    CHECK(normal_squares / count == Approx(1).margin(5 * std::sqrt(2.0 / count)));
}

TEST_CASE("random: below(n) returns every value equally often", "[unit]") {
    Random random(2, Purpose::order);
    std::array<int, 7> hits{};
    constexpr int count = 70'000;
    for (int i = 0; i < count; ++i) ++hits[random.below(7)];
    double chi = 0;
    for (const int n : hits) chi += (n - count / 7.0) * (n - count / 7.0) / (count / 7.0);
    CHECK(chi < 22.5); // 99.9 % of chi-squared with 6 degrees of freedom
    CHECK(random.below(1) == 0);
    // Without rejection, n = 3/4 of 2^32 would return some values twice as often as others.
    constexpr std::uint32_t large = 0xC0000000;
    int lower = 0;
    for (int i = 0; i < 30'000; ++i) lower += random.below(large) % 3 == 0;
    CHECK(lower == Approx(10'000).margin(5 * std::sqrt(30'000 * 2.0 / 9)));
}

TEST_CASE("random: shuffle is a permutation determined by the stream", "[unit]") {
    std::vector<int> items(100), again(100);
    std::iota(items.begin(), items.end(), 0);
    std::iota(again.begin(), again.end(), 0);
    Random one(3, Purpose::order, 1), two(3, Purpose::order, 1), other(3, Purpose::order, 2);
    shuffle(items, one);
    shuffle(again, two);
    CHECK(items == again);
    shuffle(again, other);
    CHECK(items != again);
    std::sort(items.begin(), items.end());
    for (int i = 0; i < 100; ++i) CHECK(items[static_cast<std::size_t>(i)] == i);
}
