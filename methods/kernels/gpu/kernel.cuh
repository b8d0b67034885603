#pragma once

// What our GPU kernels share. NVRTC compiles them when the program runs (methods/device/kernel_program.h), without the
// standard library; tests compile them for the host and run them there, one thread after the other.

#ifdef __CUDACC__
#define MLVICX_DEVICE __device__ __forceinline__
#else
#define MLVICX_DEVICE inline
#include <cmath>
#include <cstring>
#endif

namespace mlvicx::gpu {

using Index = long long;

/// Every kernel has blocks of this many threads.
constexpr int threads = 256;

/// A thread: its number in its block, and the block's place in the grid.
struct Thread {
    int number;
    int x, y, z;
};

/// A kernel is a struct with `Args`, passed by value, and one to three `phases`: the functions `first`, `second` and
/// `third` (arguments, thread, shared memory of its block). All threads of a block end one before the next begins, and
/// nothing but shared memory is handed on.
template <typename Kernel>
MLVICX_DEVICE void run_phase(int phase, const typename Kernel::Args& args, Thread t, void* shared) {
    if (phase == 0) Kernel::first(args, t, shared);
    if constexpr (Kernel::phases > 1)
        if (phase == 1) Kernel::second(args, t, shared);
    if constexpr (Kernel::phases > 2)
        if (phase == 2) Kernel::third(args, t, shared);
}

/// A kernel whose threads need nothing of one another.
struct OnePhase {
    static constexpr int phases = 1;
    static constexpr int shared = 0;
};

/// A bf16 number as it is stored.
struct Bf16 {
    unsigned short bits;
};

template <typename To, typename From> MLVICX_DEVICE To same_bits(From from) {
    static_assert(sizeof(To) == sizeof(From), "numbers of one size");
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}

MLVICX_DEVICE float infinity() {
    return same_bits<float>(0x7f800000U);
}

MLVICX_DEVICE float widened(float value) {
    return value;
}
MLVICX_DEVICE float widened(Bf16 value) {
    return same_bits<float>(static_cast<unsigned>(value.bits) << 16);
}

/// Rounds to nearest, ties to even; NaN stays NaN.
MLVICX_DEVICE void narrow(float value, float& to) {
    to = value;
}
MLVICX_DEVICE void narrow(float value, Bf16& to) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(to.bits) : "f"(value));
#else
    const auto bits = same_bits<unsigned>(value);
    const bool number = (bits & 0x7fffffffU) <= 0x7f800000U;
    to.bits = static_cast<unsigned short>(number ? (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16 : 0x7fc0U);
#endif
}

/// What a thread reads or writes at once: 16 bytes of a map. `width<T>` divides the number of channels.
template <typename T> constexpr int width = 16 / static_cast<int>(sizeof(T));

/// In memory, and as a thread computes with it.
template <typename T> struct Stored {
    static constexpr int count = width<T>;
    alignas(16) T values[count];
};
template <typename T> struct Pack {
    float values[width<T>];

    MLVICX_DEVICE float& operator[](int k) { return values[k]; }
    MLVICX_DEVICE float operator[](int k) const { return values[k]; }
};

/// Runs work(k) for each value of a pack.
template <typename T, typename Work> MLVICX_DEVICE void each(const Work& work) {
#ifdef __CUDACC__
#pragma unroll
#endif
    for (int k = 0; k < width<T>; ++k) work(k);
}
template <typename T> MLVICX_DEVICE Pack<T> filled(float value) {
    Pack<T> pack;
    each<T>([&](int k) { pack[k] = value; });
    return pack;
}
/// Copies 16 aligned bytes; on the GPU as one access.
template <typename To, typename From> MLVICX_DEVICE void copy(const From* from, To* to) {
#ifdef __CUDACC__
    *reinterpret_cast<uint4*>(to) = *reinterpret_cast<const uint4*>(from);
#else
    memcpy(to, from, 16);
#endif
}
template <typename T> MLVICX_DEVICE Pack<T> load(const T* from) {
    Stored<T> stored;
    copy(from, &stored);
    Pack<T> pack;
    each<T>([&](int k) { pack[k] = widened(stored.values[k]); });
    return pack;
}
template <typename T> MLVICX_DEVICE void store(const Pack<T>& pack, T* to) {
    Stored<T> stored;
    each<T>([&](int k) { narrow(pack[k], stored.values[k]); });
    copy(&stored, to);
}
/// The same number of floats, from a row of them.
template <typename T> MLVICX_DEVICE Pack<T> load_floats(const float* from) {
    Pack<T> pack;
    each<T>([&](int k) { pack[k] = from[k]; });
    return pack;
}

/// Pixels in rows of channels, in `parts` (views or images) of `rows` each. A block of threads takes `length` rows of a
/// part, `lanes` threads side by side for a row. The division depends on the shape alone, so sums do not depend on the
/// card.
struct Rows {
    Index rows, length;
    int parts, channels, lanes, blocks; ///< blocks: of a part

    MLVICX_DEVICE int at_once() const { return threads / lanes; }
};

/// A thread's share: rows first, first + step, ... before end of the whole map, and channels channel, channel + 1, ...
struct Share {
    Index first, end;
    int step, channel;
    int row, lane; ///< the thread's place in its block
};

/// Blocks are numbered by x within a part and by y over the parts. A thread without a share has no rows.
template <typename T> MLVICX_DEVICE Share share_of(const Rows& rows, Thread t) {
    Share share;
    share.step = rows.at_once();
    share.row = t.number / rows.lanes;
    share.lane = t.number % rows.lanes;
    share.channel = share.lane * width<T>;
    const Index begin = t.x * rows.length, left = rows.rows - begin;
    share.end = t.y * rows.rows + begin + (left < rows.length ? left : rows.length);
    share.first = share.row < share.step ? t.y * rows.rows + begin + share.row : share.end;
    return share;
}

/// Adds the sums that the threads of a block left in shared memory, in a fixed order: those of one channel.
MLVICX_DEVICE float sum_of_rows(const float* sums, const Rows& rows, int channel) {
    float sum = 0;
    for (int i = 0; i < rows.at_once(); ++i) sum += sums[i * rows.channels + channel];
    return sum;
}

} // namespace mlvicx::gpu

// MLVICX_KERNEL(NAME, KERNEL): a kernel under the name by which the program finds it. MLVICX_KERNELS(NAME, TEMPLATE):
// the kernel for both types, NAME_bf16 and NAME_float.
#define MLVICX_KERNELS(name, kernel)                                                                                   \
    MLVICX_KERNEL(name##_bf16, kernel<mlvicx::gpu::Bf16>)                                                              \
    MLVICX_KERNEL(name##_float, kernel<float>)

#ifdef __CUDACC__
namespace mlvicx::gpu {
template <typename Kernel> __device__ __forceinline__ void run_all(const typename Kernel::Args& args, void* shared) {
    const Thread thread{static_cast<int>(threadIdx.x), static_cast<int>(blockIdx.x), static_cast<int>(blockIdx.y),
                        static_cast<int>(blockIdx.z)};
#pragma unroll
    for (int phase = 0; phase < Kernel::phases; ++phase) {
        run_phase<Kernel>(phase, args, thread, shared);
        if (phase + 1 < Kernel::phases) __syncthreads();
    }
}
} // namespace mlvicx::gpu
#define MLVICX_KERNEL(name, ...)                                                                                       \
    extern "C" __global__ void __launch_bounds__(256) name(const __grid_constant__ __VA_ARGS__::Args args) {           \
        extern __shared__ double name##_shared[];                                                                      \
        mlvicx::gpu::run_all<__VA_ARGS__>(args, name##_shared);                                                        \
    }
#elif !defined(MLVICX_KERNEL)
#define MLVICX_KERNEL(name, ...) // tests define it to collect the kernels
#endif
