#pragma once

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

namespace mlvicx {

/// Something that went wrong outside of the program and of its input.
struct MachineFault {
    std::string text; ///< one sentence for the user: "out of memory", "FILE: No space left on device"
    int status = 1;   ///< exit status of a command that ends with it
};

/// Memory that ran out over a file. The message is one sentence with its name.
class OutOfMemory : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The fault of the machine behind an exception: memory or threads ran out, in whatever library (status 1), or a file
/// system's operation failed (status 2). nullopt: something else.
std::optional<MachineFault> machine_fault(const std::exception& error);

} // namespace mlvicx
