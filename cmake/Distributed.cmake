# Which of c10d's backends this LibTorch has: Gloo for CPUs, NCCL for GPUs. Writes mlvicx_distributed.h. Each is compiled
# and linked once, as methods/device uses it; whatever is missing leaves a program that trains in one process.
option(MLVICX_DISTRIBUTED "Train on several processes, if LibTorch can" ON)

# LibTorch's header asks for Gloo's, which wheels lack; names are all that it needs (methods/device/gloo_names.h).
set(gloo_names ${CMAKE_BINARY_DIR}/generated/gloo_names)
foreach(header algorithm common/error context rendezvous/store transport/device)
  file(CONFIGURE OUTPUT ${gloo_names}/gloo/${header}.h CONTENT "#include \"methods/device/gloo_names.h\"\n")
endforeach()
set(gloo_includes ${gloo_names} ${PROJECT_SOURCE_DIR})

# NCCL's header asks for CUDA's: those of the wheels that pip installs beside torch, or of a toolkit.
file(GLOB nccl_includes ${MLVICX_TORCH_ROOT}/../nvidia/*/include)
if(EXISTS /usr/local/cuda/include/cuda_runtime.h)
  list(APPEND nccl_includes /usr/local/cuda/include)
endif()
list(APPEND nccl_includes ${PROJECT_SOURCE_DIR})

# mlvicx_has_backend(NAME): sets MLVICX_HAS_NAME; checked again for another LibTorch, or if the check has changed.
function(mlvicx_has_backend name)
  string(TOLOWER ${name} lower)
  set(checked "${MLVICX_TORCH_ROOT} ${MLVICX_TORCH_VERSION} ${${lower}_includes}")
  foreach(source cmake/checks/${lower}.cpp methods/device/gloo_names.h methods/device/c10d_group.h)
    file(SHA256 ${PROJECT_SOURCE_DIR}/${source} digest)
    string(APPEND checked " ${digest}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${source})
  endforeach()
  if(NOT "${MLVICX_CHECKED_${name}}" STREQUAL "${checked}")
    message(STATUS "Looking for ${name} in LibTorch")
    unset(MLVICX_HAS_${name} CACHE)
    try_compile(MLVICX_HAS_${name} ${CMAKE_BINARY_DIR}/checks/${lower}
                SOURCES ${PROJECT_SOURCE_DIR}/cmake/checks/${lower}.cpp
                CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${${lower}_includes}"
                LINK_LIBRARIES libtorch::libtorch
                OUTPUT_VARIABLE output
                CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON)
    file(WRITE ${CMAKE_BINARY_DIR}/checks/${lower}.log "${output}")
    set(MLVICX_CHECKED_${name} "${checked}" CACHE INTERNAL "")
  endif()
endfunction()

set(without_gloo "LibTorch ${MLVICX_TORCH_VERSION} cannot be used with it (checks/gloo.log in the build folder)")
set(without_nccl "LibTorch ${MLVICX_TORCH_VERSION} is one without CUDA")
set(gloo "")
set(nccl "")
if(NOT MLVICX_DISTRIBUTED)
  set(without_gloo "it was configured with MLVICX_DISTRIBUTED=OFF")
else()
  mlvicx_has_backend(GLOO)
  if(MLVICX_HAS_GLOO)
    set(gloo "#define MLVICX_HAS_GLOO")
    set_source_files_properties(methods/device/c10d_world.cpp PROPERTIES INCLUDE_DIRECTORIES "${gloo_names}")
  endif()
  if(MLVICX_HAS_GLOO AND MLVICX_TORCH_CUDA)
    set(without_nccl "its headers or CUDA's were not found (checks/nccl.log in the build folder)")
    mlvicx_has_backend(NCCL)
    if(MLVICX_HAS_NCCL)
      set(nccl "#define MLVICX_HAS_NCCL")
      set_source_files_properties(methods/device/nccl_group.cpp PROPERTIES INCLUDE_DIRECTORIES "${nccl_includes}")
    endif()
  endif()
endif()
if(NOT gloo)
  message(STATUS "Without Gloo: pre-training takes one process, since ${without_gloo}")
endif()
# c10d's headers define names that others use.
set_source_files_properties(methods/device/c10d_world.cpp methods/device/nccl_group.cpp methods/device/world_watch.cpp
                            PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)

file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/mlvicx_distributed.h @ONLY CONTENT [[#pragma once

@gloo@
@nccl@
#define MLVICX_WITHOUT_GLOO "@without_gloo@"
#define MLVICX_WITHOUT_NCCL "@without_nccl@"
]])
