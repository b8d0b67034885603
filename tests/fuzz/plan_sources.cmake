# What reads a plan's text and needs no LibTorch, which the target `plan` reads with.
set(plan_sources)
foreach(source plan_text plan_grid settings)
  list(APPEND plan_sources ${PROJECT_SOURCE_DIR}/experiments/${source}.cpp)
endforeach()
