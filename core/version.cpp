#include "core/version.h"

#include "mlvicx_build.h"

namespace mlvicx {

const char* const git_commit = MLVICX_GIT_COMMIT;
const char* const suite_version = MLVICX_VERSION;

} // namespace mlvicx
