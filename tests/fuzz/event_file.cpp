#include "core/event_file.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

void event_file(const Input& input) {
    const auto file = input.file("events.tfevents");
    event_steps(file);
    write_event(file, {3, 1.5, {{"loss", 0.5}}});
    const auto steps = event_steps(file);
    ensure(!steps.empty() && steps.back() == 3, "a step that was written is not read");
}

} // namespace mlvicx::fuzz
