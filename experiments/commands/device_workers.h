#pragma once

#include <string>
#include <vector>

namespace mlvicx {

/// The devices that a list names: "0,1" are GPUs by their index, other names are those of `--device`. Throws UserError
/// for an empty name, or a device that does not exist here.
std::vector<std::string> devices_from(const std::string& list);

/// Runs this process's command once for each device, in as many processes at once, each with its share of the cores and
/// `--device` in place of `--devices`. Shows what they say with their number before it, and at the end the output of
/// one that has finished. A process that ends otherwise is named, and the others go on; what it worked on is free for
/// them. Throws UserError if jobs failed or no process finished, InternalError if one failed by a bug, Interrupted
/// after a signal, when all have saved their progress.
void run_on_devices(const std::vector<std::string>& devices);

} // namespace mlvicx
