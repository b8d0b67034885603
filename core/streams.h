#pragma once

#include <string>

namespace mlvicx {

/// Makes failed writes return the system's error instead of ending the process with a signal (SIGPIPE when the reader
/// has gone, SIGXFSZ at a file-size limit). A closed standard stream is redirected to /dev/null: otherwise the next
/// file opened would take its descriptor, and text would be written into that file. Call this first in `main`.
void secure_streams();

/// Flushes standard output and returns why some of it was lost; empty if everything was written, or if the reader has
/// closed the pipe (`| head`), having seen enough.
std::string lost_output();

} // namespace mlvicx
