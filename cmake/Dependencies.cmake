# All dependencies except LibTorch; installed with the libraries, whose targets name them. If a dependency's own
# configuration requires more than the headers and libraries used here (Boost's components, every OpenCV module, GDCM's
# tools), they are found by hand.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CLI11 REQUIRED)

# Boost.JSON is used header-only (compiled once, in core/json.cpp), so the package names of releases do not matter.
find_path(MLVICX_BOOST_INCLUDE boost/json/src.hpp HINTS ${BOOST_ROOT}/include)
if(NOT MLVICX_BOOST_INCLUDE)
  message(FATAL_ERROR "Boost 1.75 or newer, with the headers of Boost.JSON, was not found (boost/json/src.hpp). Install "
                      "libboost1.81-dev (Debian 12), libboost-dev (Debian 13) or unpack a newer Boost and pass "
                      "-DBOOST_ROOT=FOLDER (./run does so with pip's cmeel-boost).")
endif()
mark_as_advanced(MLVICX_BOOST_INCLUDE)
add_library(mlvicx::boost_json INTERFACE IMPORTED GLOBAL)
target_include_directories(mlvicx::boost_json SYSTEM INTERFACE ${MLVICX_BOOST_INCLUDE})
target_compile_definitions(mlvicx::boost_json INTERFACE BOOST_JSON_NO_LIB=1)

# OpenCV by its own configuration if that is installed (a static OpenCV needs it), else its headers and three libraries:
# Debian ships the configuration in a package that pulls in every module and 500 MB.
set(opencv_parts core imgproc imgcodecs)
add_library(mlvicx::opencv INTERFACE IMPORTED GLOBAL)
find_package(OpenCV QUIET COMPONENTS ${opencv_parts})
if(OpenCV_FOUND)
  target_include_directories(mlvicx::opencv SYSTEM INTERFACE ${OpenCV_INCLUDE_DIRS})
  list(TRANSFORM opencv_parts PREPEND opencv_)
  target_link_libraries(mlvicx::opencv INTERFACE ${opencv_parts})
else()
  find_path(MLVICX_OPENCV_INCLUDE opencv2/imgcodecs.hpp PATH_SUFFIXES opencv4)
  mark_as_advanced(MLVICX_OPENCV_INCLUDE)
  target_include_directories(mlvicx::opencv SYSTEM INTERFACE ${MLVICX_OPENCV_INCLUDE})
  foreach(part IN LISTS opencv_parts)
    find_library(MLVICX_OPENCV_${part} opencv_${part})
    mark_as_advanced(MLVICX_OPENCV_${part})
    if(NOT MLVICX_OPENCV_INCLUDE OR NOT MLVICX_OPENCV_${part})
      message(FATAL_ERROR "OpenCV 4 (${part}) was not found. Install libopencv-${part}-dev, or pass -DOpenCV_DIR=FOLDER.")
    endif()
    target_link_libraries(mlvicx::opencv INTERFACE ${MLVICX_OPENCV_${part}})
  endforeach()
endif()

# libjpeg decodes JPEG images, because OpenCV hides its warnings; zlib inflates and computes checksums. By hand:
# libjpeg's own configuration is not packaged everywhere.
find_package(ZLIB REQUIRED)
find_path(MLVICX_JPEG_INCLUDE jpeglib.h)
find_library(MLVICX_JPEG jpeg)
mark_as_advanced(MLVICX_JPEG_INCLUDE MLVICX_JPEG)
if(NOT MLVICX_JPEG_INCLUDE OR NOT MLVICX_JPEG)
  message(FATAL_ERROR "libjpeg was not found. Install libjpeg-dev (libjpeg-turbo).")
endif()
add_library(mlvicx::jpeg INTERFACE IMPORTED GLOBAL)
target_include_directories(mlvicx::jpeg SYSTEM INTERFACE ${MLVICX_JPEG_INCLUDE})
target_link_libraries(mlvicx::jpeg INTERFACE ${MLVICX_JPEG})

# GDCM decodes and writes DICOM; without it the program reports codings that need it. GDCM's own configuration prints
# pages about tools that are not needed.
option(MLVICX_DICOM "Read DICOM files, if GDCM is there" ON)
find_path(MLVICX_GDCM_INCLUDE gdcmImageReader.h PATH_SUFFIXES gdcm-3.0 gdcm-3.1 gdcm-3.2)
mark_as_advanced(MLVICX_GDCM_INCLUDE)
set(gdcm_libraries "")
foreach(part MSFF DSED DICT Common)
  find_library(MLVICX_GDCM_${part} NAMES gdcm${part})
  mark_as_advanced(MLVICX_GDCM_${part})
  list(APPEND gdcm_libraries ${MLVICX_GDCM_${part}})
endforeach()
set(MLVICX_GDCM "")
if(MLVICX_DICOM AND MLVICX_GDCM_INCLUDE AND NOT gdcm_libraries MATCHES "NOTFOUND")
  add_library(mlvicx::gdcm INTERFACE IMPORTED GLOBAL)
  target_include_directories(mlvicx::gdcm SYSTEM INTERFACE ${MLVICX_GDCM_INCLUDE})
  target_link_libraries(mlvicx::gdcm INTERFACE ${gdcm_libraries})
  target_compile_definitions(mlvicx::gdcm INTERFACE MLVICX_HAS_GDCM=1)
  set(MLVICX_GDCM mlvicx::gdcm)
else()
  message(STATUS "Without GDCM: DICOM files cannot be read")
endif()

# Pango draws the text of figures in every script; without it, letters outside ASCII become question marks.
set(MLVICX_PANGO AUTO CACHE STRING "Draw text with Pango: ON, OFF, or AUTO (if it is there)")
set_property(CACHE MLVICX_PANGO PROPERTY STRINGS AUTO ON OFF)
set(MLVICX_LETTERING "")
if(MLVICX_PANGO)
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(MLVICX_PANGOCAIRO QUIET IMPORTED_TARGET GLOBAL pangocairo>=1.50)
  endif()
  if(MLVICX_PANGOCAIRO_FOUND)
    set(MLVICX_LETTERING mlvicx::pango)
    add_library(mlvicx::pango INTERFACE IMPORTED GLOBAL)
    target_link_libraries(mlvicx::pango INTERFACE PkgConfig::MLVICX_PANGOCAIRO)
    target_compile_definitions(mlvicx::pango INTERFACE MLVICX_HAS_PANGO=1)
  elseif(MLVICX_PANGO STREQUAL "AUTO")
    message(STATUS "Without Pango: figures have question marks for letters outside ASCII")
  else()
    message(FATAL_ERROR "Pango 1.50 or newer was not found by pkg-config (pangocairo). Install libpango1.0-dev and "
                        "pkg-config, or pass -DMLVICX_PANGO=OFF.")
  endif()
endif()
