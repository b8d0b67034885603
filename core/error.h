#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace mlvicx {

/// A mistake in the user's input: a file, a row, a key, an option. The message names it and says what was found and
/// what was expected. `main` prints it as one sentence and exits with status 2.
class UserError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A bug in the suite. `main` exits with status 1.
class InternalError : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Throws a UserError with a formatted message.
template <typename... Args> [[noreturn]] void user_error(fmt::format_string<Args...> format, Args&&... args) {
    throw UserError(fmt::format(format, std::forward<Args>(args)...));
}

/// Throws an InternalError if `condition` does not hold.
inline void ensure(bool condition, const char* what) {
    if (!condition) throw InternalError(what);
}

} // namespace mlvicx
