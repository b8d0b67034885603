# `cpack -G DEB` in the build folder: a .deb of the program for the release of Debian that it is built on, with the
# libraries that it is linked with as dependencies.
set(MLVICX_MAINTAINER "mlvicx-bench developers <mlvicx-bench@debian.invalid>" CACHE STRING "Maintainer of the package")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mlvicx-bench)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "${MLVICX_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "benchmark of self-supervised learning on chest X-rays")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Pre-trains image encoders on chest X-rays with SimCLR, BYOL, VICReg,
Barlow Twins and MLVICX, and compares them, and encoders from elsewhere,
by linear probes, nearest neighbours, fine-tuning and segmentation at
several label fractions. Plans describe whole experiments; results, with
every test image's scores, are in one SQLite file.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL program)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# By itself LibTorch takes any BLAS, also the reference one, which is a hundred times slower.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libopenblas0-pthread, gnuplot-nox | gnuplot, fonts-dejavu-core")
# Labels in other scripts than Latin, Greek and Cyrillic.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "fonts-noto-core, fonts-noto-cjk")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
# Two releases of Debian have packages of the same version: 0.1.0-1~deb12.
if(EXISTS /etc/os-release)
  file(STRINGS /etc/os-release release REGEX "^VERSION_ID=")
  string(REGEX REPLACE "[^0-9]" "" release "${release}")
  set(CPACK_DEBIAN_PACKAGE_RELEASE "1~deb${release}")
endif()
set(CPACK_MLVICX_TORCH_ROOT ${MLVICX_TORCH_ROOT})
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/stage_deb.cmake)
include(CPack)
