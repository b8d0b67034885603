#pragma once

// Tests against Python's packages: the environment variable MLVICX_PYTHON names the program, python3 by default.

#include "core/files.h"
#include "tests/support/temporary.h"

#include <sys/wait.h>

#include <cstdlib>
#include <string>

namespace mlvicx::testing {

inline std::string python() {
    const char* given = std::getenv("MLVICX_PYTHON");
    return given && *given ? given : "python3";
}

/// Runs a script in `folder`; its standard output and error, and "exit status N" if N is not 0.
inline std::string run_python(const TempFolder& folder, const std::string& script) {
    write_text(folder / "script.py", script);
    const std::string command = "cd '" + folder.path.string() + "' && PYTHONDONTWRITEBYTECODE=1 '" + python() +
                                "' script.py > script.out 2>&1 < /dev/null";
    const int state = std::system(command.c_str());
    const int status = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
    return read_text(folder / "script.out") + (status == 0 ? "" : "exit status " + std::to_string(status) + "\n");
}

/// Why a test with these modules ("torch, torchvision") cannot run; empty if it can.
inline std::string python_lacks(const std::string& modules) {
    const TempFolder folder;
    const std::string said = run_python(folder, "import " + modules + "\n");
    if (said.empty()) return "";
    return python() + " cannot import " + modules + " (MLVICX_PYTHON names another Python)";
}

} // namespace mlvicx::testing
