# Writes mlvicx_build.h, which describes this build. Only the files that include it are recompiled after a commit.
set(MLVICX_GIT_COMMIT "unknown")
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
  execute_process(COMMAND ${GIT_EXECUTABLE} -C ${PROJECT_SOURCE_DIR} describe --always --abbrev=12 --dirty --exclude=*
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed AND commit)
    set(MLVICX_GIT_COMMIT ${commit})
  endif()
  # A commit or a checkout changes the log of HEAD: the next build reconfigures.
  if(EXISTS ${PROJECT_SOURCE_DIR}/.git/logs/HEAD)
    set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
                                                                 ${PROJECT_SOURCE_DIR}/.git/logs/HEAD)
  endif()
else()
  # An archive of the repository, by git or from a hosting site: git has written its commit into this file.
  file(STRINGS ${PROJECT_SOURCE_DIR}/cmake/archive_commit.txt commit LIMIT_COUNT 1)
  if(commit MATCHES "^[0-9a-f]+$")
    string(SUBSTRING ${commit} 0 12 MLVICX_GIT_COMMIT)
  endif()
endif()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/mlvicx_build.h @ONLY CONTENT [[#pragma once

#define MLVICX_VERSION "@PROJECT_VERSION@"
#define MLVICX_GIT_COMMIT "@MLVICX_GIT_COMMIT@"
#define MLVICX_BUILD_TYPE "@CMAKE_BUILD_TYPE@"
#define MLVICX_TORCH_ORIGIN "@MLVICX_TORCH_ORIGIN@"
#define MLVICX_TORCH_RELEASE "@MLVICX_TORCH_VERSION@"
]])
# Writes mlvicx_rates.h, the measured rates from which `mlvicx-bench plan` estimates times.
set(rates ${PROJECT_SOURCE_DIR}/experiments/performance/records/rates.json)
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${rates})
file(READ ${rates} MLVICX_RATES)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/mlvicx_rates.h @ONLY CONTENT [[#pragma once

namespace mlvicx {

inline constexpr const char* rates_json = R"rates(@MLVICX_RATES@)rates";

} // namespace mlvicx
]])
