#pragma once

#include "results/report/table.h"
#include "results/store/store.h"

#include <string>

namespace mlvicx {

// `details.weights` of an evaluation identifies its encoder, with the keys that are known:
//   file, digest     of weights that came from a file; the digest is over the tensors (core/safetensors.h)
//   method, epochs, seed, dataset    of an encoder that the suite trained, from the file's metadata
//   settings         hash of everything it was made with except the seed: equal for seeds of one method
//   random           true: initial weights
//   control          "shuffled", "metadata": a control without an encoder of its own; `method` says what it is

/// The encoder of each row of a report, a line for each label and encoder: label, seeds of the evaluations, file,
/// digest, method, epochs, data. Empty if nothing is known (results older than details.weights).
std::string encoders_markdown(Store& store, const std::string& experiment = {});

/// The same as a table.
Table encoders_table(Store& store, const std::string& experiment = {});
/// The same for the terminal, with a label's encoders on one line if there are several: "simclr:
/// encoders/simclr.safetensors (4d7a04ff...), simclr, 300 epochs on nih".
std::string encoders_text(Store& store, const std::string& experiment = {});

} // namespace mlvicx
