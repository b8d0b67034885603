#pragma once

#include "core/error.h"

#include <string>

namespace mlvicx {

/// What a build without GDCM says where a DICOM file is met.
[[noreturn]] inline void without_gdcm(const std::string& name) {
    user_error("{}: is DICOM, and this program was built without GDCM; install libgdcm-dev and build again", name);
}

} // namespace mlvicx
