# Whether steps can be recorded as CUDA graphs: LibTorch's header for them includes CUDA's, which wheels bring along.
if(MLVICX_TORCH_CUDA)
  set(cuda_graph_includes ${nccl_includes})
  mlvicx_has_backend(CUDA_GRAPH)
  if(MLVICX_HAS_CUDA_GRAPH)
    set_source_files_properties(methods/device/cuda_graph.cpp PROPERTIES INCLUDE_DIRECTORIES "${cuda_graph_includes}"
                                COMPILE_DEFINITIONS MLVICX_HAS_CUDA_GRAPHS SKIP_UNITY_BUILD_INCLUSION ON
                                SKIP_PRECOMPILE_HEADERS ON)
  else()
    message(STATUS "Without CUDA graphs: CUDA's headers were not found (checks/cuda_graph.log in the build folder)")
  endif()
endif()
