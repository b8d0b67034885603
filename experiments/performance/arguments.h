#pragma once

#include <algorithm>
#include <sstream>
#include <string>

namespace mlvicx {

/// Takes `--name VALUE` out of a benchmark program's arguments; the rest is Google Benchmark's.
template <typename Value> void take(int& argc, char** argv, const std::string& name, Value& value) {
    for (int i = 1; i + 1 < argc; ++i)
        if (argv[i] == name) {
            std::istringstream(argv[i + 1]) >> value;
            std::copy(argv + i + 2, argv + argc, argv + i);
            argc -= 2;
            return;
        }
}

} // namespace mlvicx
