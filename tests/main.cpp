#include "core/environment.h"

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

MLVICX_BEFORE_LIBRARIES mlvicx::BeforeLibraries before = mlvicx::set_environment;

int main(int argc, char** argv) {
    return Catch::Session().run(argc, argv);
}
