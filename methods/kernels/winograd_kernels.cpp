#include "methods/kernels/winograd_kernels.h"

#include "core/processor.h"
#include "methods/kernels/winograd_products.h"
#include "methods/kernels/winograd_transforms.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace mlvicx::winograd {

namespace {

constexpr std::int64_t positions = points * points;
/// Between the 36 products' matrices: matrices that are a power of two apart would share few lines of the cache.
constexpr std::int64_t gap = 16;

/// Memory that is not initialised.
std::unique_ptr<float[]> room(std::int64_t count) {
    return std::unique_ptr<float[]>(new float[static_cast<std::size_t>(count)]);
}

/// Where a tile's pixels begin.
struct Corner {
    std::int64_t image, row, column;
    MLVICX_INLINE Corner(const Shape& shape, std::int64_t tile)
        : image(tile / (shape.tile_rows() * shape.tile_columns())),
          row(tile / shape.tile_columns() % shape.tile_rows() * outputs),
          column(tile % shape.tile_columns() * outputs) {}
};

/// Where the channels of size x size pixels begin.
template <std::int64_t size> struct Pixels {
    const float* at[size * size]; ///< row by row
};

/// size x size pixels of a map [.., channels], from `channel` on; `outside` for those that are not in the map.
template <std::int64_t size>
MLVICX_INLINE Pixels<size> pixels(const Shape& shape, const float* map, std::int64_t channels, std::int64_t channel,
                                  const Corner& corner, std::int64_t margin, const float* outside) {
    Pixels<size> found;
    for (std::int64_t i = 0; i < size; ++i)
        for (std::int64_t j = 0; j < size; ++j) {
            const auto row = corner.row - margin + i, column = corner.column - margin + j;
            const bool inside = row >= 0 && row < shape.height && column >= 0 && column < shape.width;
            found.at[size * i + j] =
                inside ? map + ((corner.image * shape.height + row) * shape.width + column) * channels + channel
                       : outside;
        }
    return found;
}

/// The transform of size x size values of some channels: [36].
template <std::int64_t lanes, std::int64_t size, typename Transform>
MLVICX_INLINE void transformed(const Pixels<size>& from, std::int64_t channel, const Transform& transform,
                               Lanes<lanes>* to) {
    Lanes<lanes> values[size * size], columns[points * size];
#pragma GCC unroll 36
    for (std::int64_t k = 0; k < size * size; ++k) values[k] = load<lanes>(from.at[k] + channel);
#pragma GCC unroll 6
    for (std::int64_t j = 0; j < size; ++j) transform(values + j, size, columns + j, size);
#pragma GCC unroll 6
    for (std::int64_t i = 0; i < points; ++i) transform(columns + i * size, 1, to + i * points, 1);
}

/// The transforms of a tile's pixels of some channels, in row `row` of the 36 matrices: [rows, channels], or in panels
/// [channels / panel, panel_rows, panel].
template <std::int64_t lanes, std::int64_t size, typename Transform>
MLVICX_INLINE void transform_pixels(const Pixels<size>& from, std::int64_t channels, const Transform& transform,
                                    std::int64_t row, std::int64_t panel_rows, std::int64_t matrix, float* to) {
    for (std::int64_t channel = 0; channel < channels; channel += lanes) {
        Lanes<lanes> values[positions];
        transformed<lanes, size>(from, channel, transform, values);
        auto* const place = to + (panel_rows > 0 ? (channel / panel * panel_rows + row) * panel + channel % panel
                                                 : row * channels + channel);
#pragma GCC unroll 36
        for (std::int64_t p = 0; p < positions; ++p) store<lanes>(values[p], place + p * matrix);
    }
}

template <std::int64_t lanes, bool reversed>
MLVICX_INLINE void transform_weights(const Shape& shape, const float* weights, std::int64_t begin, std::int64_t end,
                                     float* to) {
    // By squares of channels, so that the 36 matrices, which lie far apart, are written in long runs.
    constexpr auto square = panel * panel;
    const auto squares = room(positions * square);
    const auto matrix = shape.in * shape.out;
    for (auto out = begin; out < end; out += panel)
        for (std::int64_t in = 0; in < shape.in; in += panel) {
            for (std::int64_t row = 0; row < panel; ++row) {
                Pixels<taps> from;
                for (std::int64_t tap = 0; tap < taps * taps; ++tap)
                    from.at[reversed ? taps * taps - 1 - tap : tap] =
                        weights + ((out + row) * taps * taps + tap) * shape.in + in;
                for (std::int64_t channel = 0; channel < panel; channel += lanes) {
                    Lanes<lanes> values[positions];
                    transformed<lanes, taps>(from, channel, of_weights<Lanes<lanes>>, values);
                    for (std::int64_t p = 0; p < positions; ++p)
                        store<lanes>(values[p], squares.get() + p * square + row * panel + channel);
                }
            }
            const auto place = reversed ? in * shape.out + out * panel : out * shape.in + in * panel;
            for (std::int64_t p = 0; p < positions; ++p) {
                const auto* const from = squares.get() + p * square;
                auto* const panels = to + p * matrix + place;
                if (reversed)
                    std::copy_n(from, square, panels);
                else
                    for (std::int64_t row = 0; row < panel; ++row)
                        for (std::int64_t column = 0; column < panel; ++column)
                            panels[row * panel + column] = from[column * panel + row];
            }
        }
}

/// So many tiles at a time: their matrices stay in the processor's second cache where channels are few; where they are
/// many, each reading of the weights serves many tiles. A multiple of all numbers of rows.
std::int64_t tiles_at_once(std::int64_t channels) {
    return channels / panel * (panel / 2);
}

/// A^T [..] A of the 36 products of a tile and some channels: its pixels of y that are in the map.
template <std::int64_t lanes>
MLVICX_INLINE void write_output(const Shape& shape, const Corner& corner, const float* products, std::int64_t matrix,
                                std::int64_t channel, float* y) {
    Lanes<lanes> values[positions], columns[outputs * points], pixels_of_row[outputs];
#pragma GCC unroll 36
    for (std::int64_t p = 0; p < positions; ++p) values[p] = load<lanes>(products + p * matrix);
#pragma GCC unroll 6
    for (std::int64_t j = 0; j < points; ++j) to_output(values + j, points, columns + j, points);
    for (std::int64_t i = 0; i < outputs && corner.row + i < shape.height; ++i) {
        to_output(columns + i * points, 1, pixels_of_row, 1);
        const auto first = (corner.image * shape.height + corner.row + i) * shape.width + corner.column;
        for (std::int64_t j = 0; j < outputs && corner.column + j < shape.width; ++j)
            store<lanes>(pixels_of_row[j], y + (first + j) * shape.out + channel);
    }
}

template <std::int64_t lanes, std::int64_t rows>
MLVICX_INLINE void convolve_tiles(const Shape& shape, const float* x, const float* weights, std::int64_t begin,
                                  std::int64_t end, float* y) {
    const auto most = std::min(tiles_at_once(shape.in), (end - begin + panel - 1) / panel * panel);
    const auto v_matrix = most * shape.in + gap, m_matrix = most * shape.out + gap;
    const auto v = room(positions * v_matrix), m = room(positions * m_matrix);
    const auto outside = zeros<float>(shape.in);
    std::fill_n(v.get(), positions * v_matrix, 0.0F); // rows beyond the last tile are computed too
    for (auto first = begin; first < end; first += most) {
        const auto count = std::min(most, end - first);
        for (std::int64_t tile = 0; tile < count; ++tile)
            transform_pixels<lanes, points>(
                pixels<points>(shape, x, shape.in, 0, Corner(shape, first + tile), 1, outside.get()), shape.in,
                of_input<Lanes<lanes>>, tile, 0, v_matrix, v.get());
        // Products read little memory that is not in a cache. Meanwhile comes what transforms would wait for: the next
        // tiles' pixels of x, and these tiles' of y.
        const auto multiplied = (count + rows - 1) / rows * rows;
        const auto parts = positions * (shape.out / (2 * lanes)) * (multiplied / rows);
        const auto begins = shape.pixels_before(first), next = shape.pixels_before(first + count),
                   after = shape.pixels_before(std::min(first + count + most, end));
        Fetch<false> read{x + next * shape.in, (after - next) * shape.in / parts};
        Fetch<true> write{y + begins * shape.out, (next - begins) * shape.out / parts};
        const auto fetch = [&] { read(), write(); };
        for (std::int64_t p = 0; p < positions; ++p)
            multiply_panels<lanes, rows>(v.get() + p * v_matrix, shape.in, 1, multiplied,
                                         weights + p * shape.in * shape.out, m.get() + p * m_matrix, shape.out,
                                         shape.out, shape.in, false, fetch);
        for (std::int64_t tile = 0; tile < count; ++tile)
            for (std::int64_t channel = 0; channel < shape.out; channel += lanes)
                write_output<lanes>(shape, Corner(shape, first + tile), m.get() + tile * shape.out + channel, m_matrix,
                                    channel, y);
    }
}

template <std::int64_t lanes, std::int64_t rows>
MLVICX_INLINE void weight_gradient_of_tiles(const Shape& shape, const float* x, const float* grad_y, const Block& of,
                                            std::int64_t begin, std::int64_t end, float* gradient) {
    constexpr std::int64_t most = 24; // the matrices of tiles and the sums fit in a second cache of 1 MiB
    const auto v_matrix = most * of.ins + gap, g_matrix = most * of.outs + gap, sums = of.outs * of.ins + gap;
    const auto v = room(positions * v_matrix), g = room(positions * g_matrix), sum = room(positions * sums);
    const auto outside = zeros<float>(block);
    std::fill_n(sum.get(), positions * sums, 0.0F);
    for (auto first = begin; first < end; first += most) {
        const auto count = std::min(most, end - first);
        for (std::int64_t tile = 0; tile < count; ++tile) {
            const Corner corner(shape, first + tile);
            transform_pixels<lanes, points>(pixels<points>(shape, x, shape.in, of.in, corner, 1, outside.get()), of.ins,
                                            of_input<Lanes<lanes>>, tile, most, v_matrix, v.get());
            transform_pixels<lanes, outputs>(
                pixels<outputs>(shape, grad_y, shape.out, of.out, corner, 0, outside.get()), of.outs,
                of_output_gradient<Lanes<lanes>>, tile, 0, g_matrix, g.get());
        }
        for (std::int64_t p = 0; p < positions; ++p)
            for (std::int64_t in = 0; in < of.ins; in += panel)
                multiply_panels<lanes, rows>(g.get() + p * g_matrix, 1, of.outs, of.outs,
                                             v.get() + p * v_matrix + in * most, sum.get() + p * sums + in, of.ins,
                                             panel, count, true, [] {});
    }
    for (std::int64_t out = 0; out < of.outs; ++out)
        for (std::int64_t in = 0; in < of.ins; in += lanes) {
            Lanes<lanes> values[positions], columns[taps * points], found[taps];
            for (std::int64_t p = 0; p < positions; ++p)
                values[p] = load<lanes>(sum.get() + p * sums + out * of.ins + in);
            for (std::int64_t j = 0; j < points; ++j) to_weight_gradient(values + j, points, columns + j, points);
            for (std::int64_t i = 0; i < taps; ++i) {
                to_weight_gradient(columns + i * points, 1, found, 1);
                auto* const row = gradient + ((of.out + out) * taps + i) * taps * shape.in + of.in + in;
                for (std::int64_t j = 0; j < taps; ++j) store<lanes>(found[j], row + j * shape.in);
            }
        }
}

} // namespace

// NOLINTBEGIN(bugprone-macro-parentheses): of names and attributes
// The same passes for vectors of so many floats and, in the products, so many rows at a time as fill the registers.
#define MLVICX_WINOGRAD(NAME, TARGET, LANES, ROWS)                                                                     \
    namespace NAME {                                                                                                   \
    TARGET void transform(const Shape& s, const float* w, std::int64_t begin, std::int64_t end, float* to) {           \
        transform_weights<LANES, false>(s, w, begin, end, to);                                                         \
    }                                                                                                                  \
    TARGET void transform_reversed(const Shape& s, const float* w, std::int64_t begin, std::int64_t end, float* to) {  \
        transform_weights<LANES, true>(s, w, begin, end, to);                                                          \
    }                                                                                                                  \
    TARGET void convolve(const Shape& s, const float* x, const float* w, std::int64_t begin, std::int64_t end,         \
                         float* y) {                                                                                   \
        convolve_tiles<LANES, ROWS>(s, x, w, begin, end, y);                                                           \
    }                                                                                                                  \
    TARGET void weight_gradient(const Shape& s, const float* x, const float* grad_y, const Block& of,                  \
                                std::int64_t begin, std::int64_t end, float* gradient) {                               \
        weight_gradient_of_tiles<LANES, ROWS>(s, x, grad_y, of, begin, end, gradient);                                 \
    }                                                                                                                  \
    constexpr Kernels all{#NAME, transform, transform_reversed, convolve, weight_gradient};                            \
    }
// NOLINTEND(bugprone-macro-parentheses)

namespace {
MLVICX_WINOGRAD(any_processor, , 4, 4)
#ifdef __x86_64__
MLVICX_WINOGRAD(avx2, __attribute__((target("avx2,fma"))), 8, 4)
MLVICX_WINOGRAD(avx512, __attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw"))), 16, 8)
#endif
} // namespace

const std::vector<Kernels>& kernels() {
    static const std::vector<Kernels> runnable = [] {
        std::vector<Kernels> found;
#ifdef __x86_64__
        const char* limit = std::getenv("ATEN_CPU_CAPABILITY");
        const std::string_view most = limit != nullptr ? limit : "";
        const int level = std::min(x86_64_level(), most == "default" ? 1 : most == "avx2" ? 3 : 4);
        if (level >= 4) found.push_back(avx512::all);
        if (level >= 3) found.push_back(avx2::all);
#endif
        found.push_back(any_processor::all);
        return found;
    }();
    return runnable;
}

} // namespace mlvicx::winograd
