#include "datasets/audit/hash_scan.h"
#include "core/random.h"
#include "tests/support/catch.h"

#include <bitset>

using namespace mlvicx;

namespace {

using Bits = std::bitset<ImageSketch::frequencies>;

ImageSketch::Hash hash_of(const Bits& bits) {
    ImageSketch::Hash hash{};
    for (std::size_t i = 0; i < bits.size(); ++i)
        if (bits[i]) hash[i / 64] |= std::uint64_t{1} << i % 64;
    return hash;
}

} // namespace

TEST_CASE("every form of the scan finds the hashes within the limit, inverted ones too, in order",
          "[hash_scan][unit]") {
    // Sizes that end within a register of eight, in a whole tile and in the next.
    for (const std::size_t count : {1U, 7U, 8U, 1024U, 2051U}) {
        Random random(count, Purpose::phantom);
        Bits wanted;
        for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = random.chance(0.5);
        std::vector<ImageSketch> images(count);
        std::vector<std::size_t> distances;
        for (auto& image : images) {
            // Around both limits: 75 bits and 175.
            Bits bits = wanted;
            const auto flips = (random.chance(0.5) ? 70 : 170) + random.below(11);
            for (std::size_t i = 0; i < flips; ++i) bits.flip(i * 7 % bits.size());
            image.hash = hash_of(bits);
            distances.push_back((bits ^ wanted).count());
        }
        std::vector<std::uint32_t> expected;
        for (std::size_t i = 0; i < count; ++i)
            if (distances[i] <= 75 || distances[i] >= 175) expected.push_back(static_cast<std::uint32_t>(i));

        const HashTiles tiles(images);
        REQUIRE(tiles.tiles() == (count + HashTiles::tile - 1) / HashTiles::tile);
        for (const HashScan scan : hash_scans()) {
            std::vector<std::uint32_t> found;
            for (std::size_t number = 0; number < tiles.tiles(); ++number) {
                std::vector<std::uint32_t> here;
                scan(hash_of(wanted), tiles[number], 75, here);
                for (const auto position : here)
                    found.push_back(static_cast<std::uint32_t>(number * HashTiles::tile) + position);
            }
            CHECK(found == expected);
        }
    }
}
