#pragma once

namespace mlvicx {

/// Sets the environment variables that make training on a CPU fastest, unless the user has set them:
/// - GOMP_SPINCOUNT: how long a thread of GNU OpenMP, which LibTorch uses, spins before it sleeps. The default is
///   milliseconds; on cores shared with other processes these are taken from the very threads that it waits for (two
///   trainings side by side on two cores: 5 times slower; one training: no difference). Not set if OMP_WAIT_POLICY is.
/// - OPENBLAS_THREAD_TIMEOUT: the same for OpenBLAS's own threads.
/// - OPENBLAS_CORETYPE: the kernels for the instructions that the processor has (x86-64 with AVX2). OpenBLAS goes by
///   the processor's name, and takes kernels of 2004 for one that is younger than itself: a Xeon of 2023 with 0.3.21,
///   Debian 12's, trained at half its speed.
/// - GLIBC_TUNABLES: memory in huge pages, and blocks of up to 1 GiB are kept for the next step instead of being
///   returned to the system, which would have to clear every page again (a training step is 1.1 to 1.4 times faster).
/// They are read when a program is loaded, so the program re-executes itself once. Does nothing in a program with
/// elevated privileges (setuid, file capabilities).
///
/// Call it as BeforeLibraries: getenv does not work there yet, so it takes the environment.
void set_environment(int argc, char** argv, char** environment);

/// A function that runs before the initialisers of all libraries, which take LibTorch a third of a second: a program
/// that starts itself again then pays for them once. It must not need static objects. Once in a program:
///     MLVICX_BEFORE_LIBRARIES BeforeLibraries before = set_environment;
using BeforeLibraries = void (*)(int argc, char** argv, char** environment);
#define MLVICX_BEFORE_LIBRARIES __attribute__((section(".preinit_array"), used)) static

} // namespace mlvicx
