#pragma once

#include <cstdint>
#include <vector>

namespace mlvicx::winograd {

/// A convolution of 3 x 3 taps, stride 1 and padding 1, of maps [images, height, width, in] to [.., out] in float32,
/// whose channels are multiples of `panel`: so many lie together in a panel of a matrix, row after row. It is computed
/// in tiles of 4 x 4 pixels; those at the lower and right edges may reach beyond the map.
struct Shape {
    std::int64_t images, height, width, in, out;

    std::int64_t tile_rows() const { return (height + 3) / 4; }
    std::int64_t tile_columns() const { return (width + 3) / 4; }
    std::int64_t tiles() const { return images * tile_rows() * tile_columns(); }
    /// Pixels of the maps before this tile, about: as if tiles had equal parts of them, in the order of memory.
    std::int64_t pixels_before(std::int64_t tile) const { return images * height * width * tile / tiles(); }
};
constexpr std::int64_t panel = 32;

/// A part of the weights: input channels [in, in + ins) and output channels [out, out + outs), at most `block` of both.
struct Block {
    std::int64_t in, ins, out, outs;
};
constexpr std::int64_t block = 64;

/// The passes over a range of tiles or channels, which may run in parallel for different ranges.
struct Kernels {
    const char* processor; ///< that it is made for
    /// Output channels [begin, end), multiples of `panel`, of weights [out, 3, 3, in], transformed: [36, out / panel,
    /// in, panel].
    void (*transform)(const Shape& shape, const float* weights, std::int64_t begin, std::int64_t end, float* to);
    /// The same for the gradient of the input: taps in reverse, and channels exchanged; [36, in / panel, out, panel].
    void (*transform_reversed)(const Shape& shape, const float* weights, std::int64_t begin, std::int64_t end,
                               float* to);
    /// Tiles [begin, end) of y, with transformed weights.
    void (*convolve)(const Shape& shape, const float* x, const float* transformed, std::int64_t begin, std::int64_t end,
                     float* y);
    /// What tiles [begin, end) contribute to the gradient [out, 3, 3, in] of the weights of a block.
    void (*weight_gradient)(const Shape& shape, const float* x, const float* grad_y, const Block& of,
                            std::int64_t begin, std::int64_t end, float* gradient);
};

/// Those that run on this processor, the fastest first. ATEN_CPU_CAPABILITY, with which LibTorch's own vectors are
/// limited ("avx2", "default"), limits these too.
const std::vector<Kernels>& kernels();

} // namespace mlvicx::winograd
