# Defines the imported target libtorch::libtorch from exactly one root, in this order: MLVICX_LIBTORCH (a folder given
# by the user: an unpacked LibTorch, or Python's site-packages/torch), the torch package of python3, the system's
# package. The wheel's own find_package(Torch) is not used: it mixes libraries of two roots and requires a CUDA toolkit.
# Sets MLVICX_TORCH_ROOT, MLVICX_TORCH_VERSION, MLVICX_TORCH_ORIGIN and MLVICX_TORCH_CUDA.
set(MLVICX_LIBTORCH "" CACHE PATH "Folder of the LibTorch to build with (empty: python3's torch, else the system's)")

set(torch_header "include/torch/csrc/api/include/torch/torch.h")

# Python's torch if it is complete (Debian's package keeps its libraries elsewhere) and uses the current C++ library ABI
# (wheels before 2.6 do not, and cannot be linked with anything else that passes a std::string).
function(mlvicx_python_torch result)
  set(${result} "" PARENT_SCOPE)
  if(Python3_EXECUTABLE) # pip's build says which one
    set(MLVICX_PYTHON ${Python3_EXECUTABLE})
  endif()
  find_program(MLVICX_PYTHON NAMES python3)
  mark_as_advanced(MLVICX_PYTHON)
  if(NOT MLVICX_PYTHON)
    return()
  endif()
  execute_process(
    COMMAND ${MLVICX_PYTHON} -c
            "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
    OUTPUT_VARIABLE root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT root OR NOT EXISTS "${root}/lib/libtorch_cpu.so" OR NOT EXISTS "${root}/${torch_header}")
    return()
  endif()
  mlvicx_old_abi("${root}" old)
  if(old)
    message(STATUS "Ignoring Python's torch in ${root}: it was built for the old C++ library ABI")
    return()
  endif()
  set(${result} "${root}" PARENT_SCOPE)
endfunction()

function(mlvicx_old_abi root result)
  set(${result} OFF PARENT_SCOPE)
  set(config "${root}/share/cmake/Torch/TorchConfig.cmake")
  if(EXISTS "${config}")
    file(STRINGS "${config}" lines REGEX "_GLIBCXX_USE_CXX11_ABI=0")
    if(lines)
      set(${result} ON PARENT_SCOPE)
    endif()
  endif()
endfunction()

if(MLVICX_LIBTORCH)
  get_filename_component(root "${MLVICX_LIBTORCH}" ABSOLUTE)
  set(MLVICX_TORCH_ORIGIN "named by MLVICX_LIBTORCH")
  mlvicx_old_abi("${root}" old)
  if(old)
    message(FATAL_ERROR "LibTorch in ${root} was built for the old C++ library ABI (_GLIBCXX_USE_CXX11_ABI=0). "
                        "Use the \"cxx11 ABI\" archive, or a wheel of torch 2.6 or newer.")
  endif()
else()
  mlvicx_python_torch(root)
  set(MLVICX_TORCH_ORIGIN "python3's torch")
  if(NOT root AND EXISTS "/usr/${torch_header}")
    set(root "/usr")
    set(MLVICX_TORCH_ORIGIN "the system's package")
  endif()
endif()
if(NOT root)
  message(FATAL_ERROR "LibTorch was not found. Install libtorch-dev (Debian), or pip install torch, or pass "
                      "-DMLVICX_LIBTORCH=FOLDER; ./run build does this for you.")
endif()

set(MLVICX_TORCH_ROOT "${root}")
if(root STREQUAL "/usr")
  set(torch_lib_dir "/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}")
else()
  set(torch_lib_dir "${root}/lib")
endif()
set(torch_libraries "${torch_lib_dir}/libtorch.so" "${torch_lib_dir}/libtorch_cpu.so" "${torch_lib_dir}/libc10.so")
set(MLVICX_TORCH_CUDA OFF)
if(EXISTS "${torch_lib_dir}/libtorch_cuda.so")
  list(APPEND torch_libraries "${torch_lib_dir}/libtorch_cuda.so" "${torch_lib_dir}/libc10_cuda.so")
  set(MLVICX_TORCH_CUDA ON)
endif()
foreach(file IN LISTS torch_libraries ITEMS "${root}/${torch_header}")
  if(NOT EXISTS "${file}")
    message(FATAL_ERROR "LibTorch in ${root} (${MLVICX_TORCH_ORIGIN}) is incomplete: ${file} is missing.")
  endif()
endforeach()
if(MLVICX_CUDA AND NOT MLVICX_TORCH_CUDA)
  message(FATAL_ERROR "The preset requires CUDA, but LibTorch in ${root} (${MLVICX_TORCH_ORIGIN}) has none. Pass "
                      "-DMLVICX_LIBTORCH=FOLDER of one with CUDA (pip install torch==2.11.0 brings one; its folder is "
                      "site-packages/torch), or unset MLVICX_LIBTORCH and let ./run build cuda fetch it.")
endif()

add_library(libtorch::libtorch INTERFACE IMPORTED GLOBAL)
# Some of its classes (RecordFunction) have more members without NDEBUG, and its libraries are built with it, as Release is.
target_compile_definitions(libtorch::libtorch INTERFACE $<$<NOT:$<CONFIG:Release>>:NDEBUG>)
# SYSTEM: ignore warnings in their headers. /usr/include itself must not be listed (it breaks include_next).
if(NOT root STREQUAL "/usr")
  # Wheels ship their own fmt headers without a library for them: the fmt that is linked comes first.
  if(EXISTS "${root}/include/fmt")
    find_path(MLVICX_FMT_INCLUDE fmt/format.h)
    mark_as_advanced(MLVICX_FMT_INCLUDE)
    file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/first")
    file(CREATE_LINK "${MLVICX_FMT_INCLUDE}/fmt" "${CMAKE_BINARY_DIR}/first/fmt" SYMBOLIC)
    target_include_directories(libtorch::libtorch SYSTEM INTERFACE "${CMAKE_BINARY_DIR}/first")
  endif()
  target_include_directories(libtorch::libtorch SYSTEM INTERFACE "${root}/include")
endif()
target_include_directories(libtorch::libtorch SYSTEM INTERFACE "${root}/include/torch/csrc/api/include")
# The C++ library first: wheels export parts of an older one (std::filesystem), which would be used instead and crash.
target_link_libraries(libtorch::libtorch INTERFACE "-Wl,--no-as-needed" stdc++ ${torch_libraries} "-Wl,--as-needed")
# at::parallel_for is a template: compiled without this it runs every loop on one thread.
find_package(OpenMP REQUIRED COMPONENTS CXX)
target_link_libraries(libtorch::libtorch INTERFACE OpenMP::OpenMP_CXX)
target_link_options(libtorch::libtorch INTERFACE "-Wl,--allow-shlib-undefined")

# The version is in version.h up to about 2.8, later in headeronly/version.h; Debian's 1.13.1 calls itself 1.13.0.
set(version_lines "")
foreach(header "torch/headeronly/version.h" "torch/csrc/api/include/torch/version.h")
  if(NOT version_lines AND EXISTS "${root}/include/${header}")
    file(STRINGS "${root}/include/${header}" version_lines
         REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
  endif()
endforeach()
string(REGEX REPLACE "[^0-9;]" "" version_numbers "${version_lines}")
list(JOIN version_numbers "." MLVICX_TORCH_VERSION)
message(STATUS "LibTorch ${MLVICX_TORCH_VERSION} from ${root} (${MLVICX_TORCH_ORIGIN})")
