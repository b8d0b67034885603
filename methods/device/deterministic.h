#pragma once

#include <functional>
#include <string>

namespace mlvicx {

/// From now on, in the whole process, LibTorch, cuDNN and cuBLAS take only algorithms that repeat their bits: the same
/// command on the same GPU with the same libraries gives the same figures. Otherwise the sums of some operations depend
/// on which of a GPU's threads is first. An operation for which LibTorch has no such algorithm runs all the same, and
/// `say` gets a line that names it when it first does.
///
/// Call it before the first work on a GPU, in the thread that will start trainings: cuBLAS reads its variable once
/// (CUBLAS_WORKSPACE_CONFIG, kept if it is set), and warnings go to their own thread's handler.
void use_deterministic_algorithms(std::function<void(const std::string&)> say);

/// The same if there is a GPU. A CPU repeats its bits without it, for the same number of threads.
void use_deterministic_gpus(std::function<void(const std::string&)> say);

/// Whether they are in use.
bool deterministic_algorithms();

} // namespace mlvicx
