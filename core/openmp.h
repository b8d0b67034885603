#pragma once

namespace mlvicx {

/// Bounds how long idle OpenMP threads spin before they sleep. GNU's OpenMP, on which LibTorch computes, lets a thread
/// that waits for the others spin for milliseconds; on cores that other processes use as well, those milliseconds are
/// taken from the threads that it waits for (two trainings side by side on two cores: 5 times slower; alone: the same).
/// Call it first in `main`: the setting is read when a program is loaded, so the program starts itself anew, once.
/// OpenBLAS, which has threads of its own, is bounded likewise unless the user has set OPENBLAS_THREAD_TIMEOUT. Nothing
/// is done where the user has set OMP_WAIT_POLICY or GOMP_SPINCOUNT.
void bound_openmp_spinning(char** argv);

} // namespace mlvicx
