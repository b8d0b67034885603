#pragma once

namespace mlvicx {

/// Turns SIGINT, SIGTERM and SIGUSR1 (which batch systems send before a job's time is up) into a flag that long loops
/// poll at safe points. A second SIGINT or a second SIGTERM ends the process at once, with a sentence and the usual
/// status (128 + signal).
void catch_interrupts();
bool interrupted();

/// Thrown at a safe point after `interrupted()`; `main` exits with 130, or with 0 if --requeue was given.
class Interrupted {};

} // namespace mlvicx
