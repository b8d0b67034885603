#pragma once

// Catch2 2 and 3 under one name. LibTorch's headers must come first: they define CHECK too, and the last one wins.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp> // has Approx where we want it
#endif

#include <cstdio>

/// Ends a test that cannot run here; ctest reports its entry as skipped.
#define SKIP_TEST(reason)                                                                                              \
    do {                                                                                                               \
        std::printf("SKIPPED: %s\n", reason);                                                                          \
        return;                                                                                                        \
    } while (false)
