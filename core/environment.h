#pragma once

namespace mlvicx {

/// Sets the environment variables that make training on a CPU fastest, unless the user has set them:
/// - GOMP_SPINCOUNT: how long a thread of GNU OpenMP, which LibTorch uses, spins before it sleeps. The default is
///   milliseconds; on cores shared with other processes these are taken from the very threads that it waits for (two
///   trainings side by side on two cores: 5 times slower; one training: no difference). Not set if OMP_WAIT_POLICY is.
/// - OPENBLAS_THREAD_TIMEOUT: the same for OpenBLAS's own threads.
/// - GLIBC_TUNABLES: memory in huge pages, and blocks of up to 1 GiB are kept for the next step instead of being
///   returned to the system, which would have to clear every page again (a training step is 1.1 to 1.4 times faster).
/// They are read when a program is loaded, so the program re-executes itself once: call this first in `main`. Does
/// nothing in a program with elevated privileges (setuid, file capabilities).
void set_environment(char** argv);

} // namespace mlvicx
