#pragma once

#include <string>

namespace mlvicx {

/// Lets whatever cannot be written fail where it is written, with the system's reason: the signals of a reader that has
/// gone (SIGPIPE) and of a limit on file sizes (SIGXFSZ) no longer end the process. A standard stream that was closed
/// leads to /dev/null: else the next file that is opened would take its number, and text would be written into it.
/// Call it first in `main`.
void secure_streams();

/// Flushes standard output and gives the reason why some of it is lost; empty where all was written, and where the
/// reader has gone (`| head`), who has what he wanted.
std::string lost_output();

} // namespace mlvicx
