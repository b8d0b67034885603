#pragma once

#include "experiments/evaluation/procedure.h"

namespace mlvicx {

/// A U-Net on the encoder's maps (segmentation.h), the encoder frozen or trained with it. The result has the pixel
/// counts of the test images and all figures of them; where the job has a sheet it is drawn. Throws UserError where the
/// dataset has no masks.
Procedure segmentation_procedure(bool frozen);

} // namespace mlvicx
