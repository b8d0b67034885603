# `cmake --install BUILD`: the component "program" (program, plans, documents; man pages and completions if they were
# built: target mlvicx_pages) and the component "library" (headers, static libraries, find_package(mlvicx)).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(data_dir ${CMAKE_INSTALL_DATADIR}/mlvicx-bench)
set(folders core results datasets methods baselines mlvicx experiments)

# ---- component program ---------------------------------------------------------------------------------------------
# LibTorch is found where it was at build time, unless it is the system's. A package that brings its own place names it.
set(MLVICX_INSTALL_RPATH "" CACHE STRING "Where the installed program finds LibTorch (empty: where the build found it)")
if(MLVICX_INSTALL_RPATH)
  set_target_properties(mlvicx-bench PROPERTIES INSTALL_RPATH "${MLVICX_INSTALL_RPATH}")
elseif(NOT MLVICX_TORCH_ROOT STREQUAL "/usr")
  set_target_properties(mlvicx-bench PROPERTIES INSTALL_RPATH "${MLVICX_TORCH_ROOT}/lib")
endif()
install(TARGETS mlvicx-bench COMPONENT program)
install(DIRECTORY experiments/plans DESTINATION ${data_dir} COMPONENT program)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program FILES_MATCHING PATTERN *.md)
install(FILES README.md packaging/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
# For those who start the program with another LibTorch than this (pip's torch).
file(WRITE ${CMAKE_BINARY_DIR}/libtorch "${MLVICX_TORCH_VERSION}\n")
install(FILES ${CMAKE_BINARY_DIR}/libtorch DESTINATION ${data_dir} COMPONENT program)

# The completions and the manual come from the program's own tables of options and help pages.
set(pages ${CMAKE_BINARY_DIR}/pages)
set(bash_name mlvicx-bench)
set(zsh_name _mlvicx-bench)
set(fish_name mlvicx-bench.fish)
set(bash_dir ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
set(zsh_dir ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
set(fish_dir ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
set(page_files "")
foreach(shell bash zsh fish)
  set(page ${pages}/${shell}/${${shell}_name})
  add_custom_command(OUTPUT ${page} DEPENDS mlvicx-bench VERBATIM
                     COMMAND ${CMAKE_COMMAND} -E make_directory ${pages}/${shell}
                     COMMAND mlvicx-bench completion ${shell} > ${page})
  list(APPEND page_files ${page})
  install(FILES ${page} DESTINATION ${${shell}_dir} COMPONENT program OPTIONAL)
endforeach()
find_program(MLVICX_HELP2MAN help2man)
mark_as_advanced(MLVICX_HELP2MAN)
if(MLVICX_HELP2MAN)
  set(man ${pages}/man/.built)
  add_custom_command(OUTPUT ${man} DEPENDS mlvicx-bench ${PROJECT_SOURCE_DIR}/packaging/man_pages VERBATIM
                     COMMAND ${PROJECT_SOURCE_DIR}/packaging/man_pages $<TARGET_FILE:mlvicx-bench> ${pages}/man
                     COMMAND ${CMAKE_COMMAND} -E touch ${man})
  list(APPEND page_files ${man})
  install(DIRECTORY ${pages}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program FILES_MATCHING PATTERN *.1*)
else()
  message(STATUS "Without help2man: no manual pages are made")
endif()
add_custom_target(mlvicx_pages ALL DEPENDS ${page_files})

# ---- component library ---------------------------------------------------------------------------------------------
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mlvicx)
set(header_dir ${CMAKE_INSTALL_INCLUDEDIR}/mlvicx-bench)
foreach(folder IN LISTS folders)
  target_include_directories(mlvicx_${folder} INTERFACE $<INSTALL_INTERFACE:${header_dir}>)
  target_compile_features(mlvicx_${folder} INTERFACE cxx_std_20)
  install(TARGETS mlvicx_${folder} EXPORT mlvicxTargets ARCHIVE COMPONENT library)
  install(DIRECTORY ${folder} DESTINATION ${header_dir} COMPONENT library FILES_MATCHING PATTERN *.h
          PATTERN *.cuh PATTERN plans EXCLUDE PATTERN performance EXCLUDE PATTERN commands EXCLUDE)
endforeach()
install(EXPORT mlvicxTargets NAMESPACE mlvicx:: DESTINATION ${package_dir} COMPONENT library)
set(torch_root ${MLVICX_TORCH_ROOT})
set(MLVICX_HAS_GDCM OFF)
if(MLVICX_GDCM)
  set(MLVICX_HAS_GDCM ON)
endif()
set(MLVICX_HAS_PANGO OFF)
if(MLVICX_LETTERING)
  set(MLVICX_HAS_PANGO ON)
endif()
configure_package_config_file(cmake/mlvicxConfig.cmake.in ${CMAKE_BINARY_DIR}/mlvicxConfig.cmake
                              INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/mlvicxConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/mlvicxConfig.cmake ${CMAKE_BINARY_DIR}/mlvicxConfigVersion.cmake
              cmake/LibTorch.cmake cmake/Dependencies.cmake
        DESTINATION ${package_dir} COMPONENT library)
