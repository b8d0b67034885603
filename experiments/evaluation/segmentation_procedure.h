#pragma once

#include "experiments/evaluation/procedure.h"

namespace mlvicx {

/// A U-Net on the encoder's maps (segmentation.h), with the encoder frozen or trained. The result has the pixel counts
/// of the test images and all metrics derived from them; if the job asks for a figure, it is drawn. Throws UserError if
/// the dataset has no masks.
Procedure segmentation_procedure(bool frozen);

} // namespace mlvicx
