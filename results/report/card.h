#pragma once

#include "results/store/store.h"

#include <string>

namespace mlvicx {

/// How an experiment's figures were made, for the appendix of a paper: data and splits, pre-training, evaluation and
/// what was chosen on which images, seeds and draws, exclusions, intervals, versions. Markdown paragraphs of at most 80
/// columns, from the results file only; states nothing that the file does not have.
std::string card_text(Store& store, const std::string& experiment = {});

} // namespace mlvicx
