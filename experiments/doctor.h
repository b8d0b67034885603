#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// The linear algebra that LibTorch calls for matrix products.
struct Blas {
    enum class Kind { openblas, mkl, other, reference, unknown } kind = Kind::unknown;
    std::string where;        ///< the library's file; empty if it is inside LibTorch
    std::string kernels = {}; ///< OpenBLAS: for which processor: "SkylakeX"
};
const char* name_of(Blas::Kind kind);

/// `file`: the library whose sgemm_ LibTorch reaches, links resolved (empty: none). `mkl_inside`: LibTorch was built
/// with MKL inside, as the x86 wheels are, and calls no library.
Blas blas_from(const std::string& file, bool mkl_inside);

/// What decides how fast a machine trains.
struct Machine {
    Blas blas;
    double gflops = 0; ///< measured: a float32 matrix product on all threads
    int threads = 1, cores = 1;
    bool avx2 = false, avx512 = false;
    bool bf16 = false;      ///< used by precision "auto"
    std::string bf16_fault; ///< why bf16 is not offered; empty if it is
    double memory_gb = 0, free_memory_gb = 0;
    std::vector<std::string> gpus; ///< "cuda:0 NVIDIA H200, compute capability 9.0, 139.8 GB free"
};
/// Inspects and measures; sets LibTorch's threads. Takes less than a second (longer with the reference BLAS).
Machine examine_machine();

/// What to change, one sentence each; empty if nothing slows a run down.
std::vector<std::string> advice(const Machine& machine);

/// The last line: "ready: ..." or how many things to change.
std::string verdict(const Machine& machine);

} // namespace mlvicx
