#pragma once

// For the lint of builds with LibTorch 1.x only. Its headers name std::vector of a type that is not complete yet, which
// clang refuses where vector's members are constexpr (C++20): here they are not. The rest of the library stays as it
// is.
#include <algorithm>
#include <memory>
#include <string>
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#define __fill_a1 fill_a1_of_bits // already declared constexpr; not needed for a lint
#include <vector>
#undef __fill_a1
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR constexpr
