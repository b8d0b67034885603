#pragma once

namespace mlvicx {

/// Turns SIGINT and SIGTERM into a flag that long loops poll at safe points. A second signal ends the process
/// immediately with the usual status (128 + signal).
void catch_interrupts();
bool interrupted();

/// Thrown at a safe point after `interrupted()`; `main` exits with 130.
class Interrupted {};

} // namespace mlvicx
