#include "datasets/audit/hash_scan.h"

#include <algorithm>
#include <bit>
#include <tuple>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace mlvicx {

namespace {

using Hash = ImageSketch::Hash;
constexpr std::size_t tile = HashTiles::tile, hash_words = std::tuple_size_v<Hash>;

/// Inlined into callers compiled with and without the processor's popcount instruction.
[[gnu::always_inline]] inline void scan(const Hash& hash, HashTiles::Tile among, std::size_t from, int limit,
                                        std::vector<std::uint32_t>& found) {
    for (std::size_t i = from; i < among.count; ++i) {
        int distance = 0;
        for (std::size_t word = 0; word < hash_words; ++word)
            distance += __builtin_popcountll(hash[word] ^ among.words[word * tile + i]);
        if (distance <= limit || distance >= ImageSketch::frequencies - limit)
            found.push_back(static_cast<std::uint32_t>(i));
    }
}

void scan_anywhere(const Hash& hash, HashTiles::Tile among, int limit, std::vector<std::uint32_t>& found) {
    scan(hash, among, 0, limit, found);
}

#ifdef __x86_64__

[[gnu::target("popcnt")]] void scan_popcnt(const Hash& hash, HashTiles::Tile among, int limit,
                                           std::vector<std::uint32_t>& found) {
    scan(hash, among, 0, limit, found);
}

/// Eight hashes at a time.
[[gnu::target("avx512f,avx512vpopcntdq,popcnt")]] void scan_avx512(const Hash& hash, HashTiles::Tile among, int limit,
                                                                   std::vector<std::uint32_t>& found) {
    constexpr std::size_t lanes = 8;
    const __m512i low = _mm512_set1_epi64(limit), high = _mm512_set1_epi64(ImageSketch::frequencies - limit);
    __m512i wanted[hash_words];
    for (std::size_t word = 0; word < hash_words; ++word)
        wanted[word] = _mm512_set1_epi64(static_cast<long long>(hash[word]));
    std::size_t i = 0;
    for (; i + lanes <= among.count; i += lanes) {
        __m512i distance = _mm512_setzero_si512();
        for (std::size_t word = 0; word < hash_words; ++word) {
            const __m512i others = _mm512_loadu_si512(among.words + word * tile + i);
            distance = _mm512_add_epi64(distance, _mm512_popcnt_epi64(_mm512_xor_si512(wanted[word], others)));
        }
        unsigned near = _mm512_cmple_epi64_mask(distance, low) | _mm512_cmpge_epi64_mask(distance, high);
        for (; near != 0; near &= near - 1)
            found.push_back(static_cast<std::uint32_t>(i + static_cast<unsigned>(std::countr_zero(near))));
    }
    scan(hash, among, i, limit, found);
}

#endif

} // namespace

HashTiles::HashTiles(std::span<const ImageSketch> images) : count_(images.size()), words_(tiles() * hash_words * tile) {
    for (std::size_t i = 0; i < count_; ++i)
        for (std::size_t word = 0; word < hash_words; ++word)
            words_[(i / tile * hash_words + word) * tile + i % tile] = images[i].hash[word];
}

HashTiles::Tile HashTiles::operator[](std::size_t number) const {
    return {words_.data() + number * hash_words * tile, std::min(tile, count_ - number * tile)};
}

std::vector<HashScan> hash_scans() {
    std::vector<HashScan> scans{scan_anywhere};
#ifdef __x86_64__
    if (__builtin_cpu_supports("popcnt")) scans.push_back(scan_popcnt);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq")) scans.push_back(scan_avx512);
#endif
    return scans;
}

} // namespace mlvicx
