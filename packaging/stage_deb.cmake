# What Debian wants otherwise than other systems, in the files about to be packed (cmake/Package.cmake).
if(NOT CPACK_MLVICX_TORCH_ROOT STREQUAL "/usr")
  message(FATAL_ERROR "A .deb depends on the package of LibTorch, but this build has the one in "
                      "${CPACK_MLVICX_TORCH_ROOT}. Configure with -DMLVICX_LIBTORCH=/usr (package libtorch-dev).")
endif()
file(GLOB_RECURSE binaries ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/mlvicx-bench)
list(FILTER binaries INCLUDE REGEX "/bin/mlvicx-bench$")
if(NOT binaries)
  message(FATAL_ERROR "The program is not in ${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
endif()
foreach(binary IN LISTS binaries)
  get_filename_component(prefix ${binary}/../.. ABSOLUTE)
  file(GLOB pages ${prefix}/share/man/man1/*.1)
  foreach(page IN LISTS pages)
    execute_process(COMMAND gzip -9nf ${page} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  if(EXISTS ${prefix}/share/zsh/site-functions)
    file(RENAME ${prefix}/share/zsh/site-functions ${prefix}/share/zsh/vendor-completions)
  endif()
  string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH, if that is set
  set(changelog ${prefix}/share/doc/mlvicx-bench/changelog.Debian)
  file(WRITE ${changelog} "mlvicx-bench (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * Built from source.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
  execute_process(COMMAND gzip -9nf ${changelog} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
