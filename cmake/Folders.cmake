add_library(mlvicx_flags INTERFACE)
set(shadow -Wshadow)
if(MLVICX_UNITY)
  set(shadow -Wno-shadow) # a name may be local to one file and a parameter in another
endif()
# -fPIE everywhere: one precompiled header serves libraries and programs only if this flag is the same.
target_compile_options(mlvicx_flags INTERFACE -fPIE -Wall -Wextra ${shadow} -Wnon-virtual-dtor -Woverloaded-virtual)
if(MLVICX_WERROR)
  target_compile_options(mlvicx_flags INTERFACE -Werror)
endif()
if(MLVICX_SANITIZE)
  # Without vptr: LibTorch's libraries hide the type information that this check needs.
  set(sanitizers -fsanitize=${MLVICX_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # GCC warns about uninitialised members in the standard library's own code once the sanitizers have instrumented it.
  target_compile_options(mlvicx_flags INTERFACE ${sanitizers} $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(mlvicx_flags INTERFACE ${sanitizers})
endif()
if(MLVICX_FUZZ)
  target_compile_options(mlvicx_flags INTERFACE -fsanitize=fuzzer-no-link -Wno-deprecated-declarations)
  target_compile_definitions(mlvicx_flags INTERFACE FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)
endif()
target_include_directories(mlvicx_flags INTERFACE ${PROJECT_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)

# The precompiled header shared by all LibTorch code: torch.h takes half a minute to compile, with this a few seconds.
if(NOT MLVICX_FUZZ)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/torch_pch.cpp CONTENT "// holds the precompiled header\n")
  add_library(mlvicx_torch_pch OBJECT ${CMAKE_BINARY_DIR}/torch_pch.cpp)
  target_link_libraries(mlvicx_torch_pch PRIVATE mlvicx_flags libtorch::libtorch fmt::fmt mlvicx::boost_json)
  target_precompile_headers(mlvicx_torch_pch PRIVATE <torch/torch.h> <fmt/format.h> <boost/json.hpp>)
endif()

# mlvicx_use_pch(TARGET): the target uses the shared precompiled header; its definitions must equal the header's.
function(mlvicx_use_pch target)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:mlvicx_flags>)
  target_precompile_headers(${target} REUSE_FROM mlvicx_torch_pch)
endfunction()

# mlvicx_folder(NAME [TORCH] USES TARGETS...): a static library of all sources in NAME as mlvicx::NAME, except programs,
# which have their own main.
function(mlvicx_folder name)
  cmake_parse_arguments(arg "TORCH" "" "USES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/${name}/(main\\.cpp|performance/.*)$")
  add_library(mlvicx_${name} STATIC ${sources})
  add_library(mlvicx::${name} ALIAS mlvicx_${name})
  target_link_libraries(mlvicx_${name} PUBLIC $<BUILD_INTERFACE:mlvicx_flags> ${arg_USES})
  set_target_properties(mlvicx_${name} PROPERTIES EXPORT_NAME ${name})
  mlvicx_unity(mlvicx_${name} ${sources})
  if(arg_TORCH)
    target_link_libraries(mlvicx_${name} PUBLIC libtorch::libtorch)
    mlvicx_use_pch(mlvicx_${name})
  endif()
endfunction()

# mlvicx_text(FILE NAME): the header NAME.h with the text of FILE as the string mlvicx::NAME.
function(mlvicx_text file name)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${file})
  file(READ ${PROJECT_SOURCE_DIR}/${file} text)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/${name}.h @ONLY CONTENT [[#pragma once

namespace mlvicx {
inline constexpr const char* @name@ = R"text(@text@)text";
} // namespace mlvicx
]])
endfunction()

# mlvicx_program(NAME SOURCE USES TARGETS...): a program that uses LibTorch.
function(mlvicx_program name source)
  cmake_parse_arguments(arg "" "" "USES" ${ARGN})
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${arg_USES})
  mlvicx_use_pch(${name})
endfunction()
