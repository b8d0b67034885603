#pragma once

namespace mlvicx {

/// The level of the x86-64 instruction set (System V ABI) whose vectors this processor has: 3 with AVX2 and FMA, 4 with
/// AVX-512 in 8, 16, 32 and 64 bits; else 1, and 0 for another architecture. May be called before any constructor has
/// run.
inline int x86_64_level() {
#ifdef __x86_64__
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 1;
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
    return wide ? 4 : 3;
#else
    return 0;
#endif
}

} // namespace mlvicx
