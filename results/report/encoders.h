#pragma once

#include "results/store/store.h"

#include <string>

namespace mlvicx {

// `details.weights` of an evaluation says which encoder it is of, with the keys that are known:
//   file, digest     of weights that came from a file; the digest is over the tensors (core/safetensors.h)
//   method, epochs, seed, dataset    of an encoder that the suite trained, from the file's metadata
//   settings         hash of all that made it but the seed: equal for encoders that are seeds of one method
//   random           true: initial weights

/// Which encoder each row of a report is of, a line for each label and encoder: label, seeds of the evaluations, file,
/// digest, method, epochs, data. Empty where nothing is known (results of before details.weights).
std::string encoders_markdown(Store& store, const std::string& experiment = {});

/// The same for the terminal, a label's encoders in one line where there are several:
/// "simclr: encoders/simclr.safetensors (4d7a04ff...), simclr, 300 epochs on nih".
std::string encoders_text(Store& store, const std::string& experiment = {});

} // namespace mlvicx
