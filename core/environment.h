#pragma once

namespace mlvicx {

/// Sets the environment under which training on a CPU is fastest, as far as the user has not set it:
/// - GOMP_SPINCOUNT: how long a thread of GNU's OpenMP, on which LibTorch computes, spins before it sleeps. By default
///   milliseconds, and on cores that other processes use as well they are taken from the threads that it waits for (two
///   trainings side by side on two cores: 5 times slower; alone: the same). Not where OMP_WAIT_POLICY is set.
/// - OPENBLAS_THREAD_TIMEOUT: the same for OpenBLAS's own threads.
/// - GLIBC_TUNABLES: memory in huge pages, and blocks up to 1 GiB are kept for the next step instead of going back to
///   the system, which would clear every page of them anew (a training step: 1.1 to 1.4 times faster).
/// They are read when a program is loaded, so the program starts itself anew, once: call it first in `main`.
/// Nothing is done in a program with raised rights (setuid, file capabilities).
void set_environment(char** argv);

} // namespace mlvicx
