#pragma once

#include "datasets/audit/perceptual_hash.h"

#include <vector>

namespace mlvicx {

/// The hashes of a set of images for comparison with one after another. Lies word by word in tiles, so that a register
/// holds the same word of several hashes and a tile fits in the first-level cache.
class HashTiles {
public:
    static constexpr std::size_t tile = 1024; ///< hashes
    /// A tile's hashes: `count` words 0, from word `tile` on words 1, and so on.
    struct Tile {
        const std::uint64_t* words;
        std::size_t count;
    };

    explicit HashTiles(std::span<const ImageSketch> images);
    std::size_t tiles() const { return (count_ + tile - 1) / tile; }
    Tile operator[](std::size_t number) const;

private:
    std::size_t count_;
    std::vector<std::uint64_t> words_;
};

/// Appends the positions in the tile, in order, of the hashes whose folded distance to `hash` is at most `limit`: that
/// differ from it, or from its inverse, in so many bits.
using HashScan = void (*)(const ImageSketch::Hash& hash, HashTiles::Tile among, int limit,
                          std::vector<std::uint32_t>& found);

/// Those that this processor can run, the slowest first.
std::vector<HashScan> hash_scans();

} // namespace mlvicx
