#pragma once

#include "core/error.h"
#include "experiments/plan.h"
#include "tests/support/bench_process.h"

#include <map>
#include <string>

namespace mlvicx::testing {

/// The plan described by this JSON, read from a file as the program does. Throws as read_plan does.
inline Plan plan_of(const json::value& text, const std::map<std::string, std::string>& roots = {}) {
    const TempFolder folder;
    write_text(folder / "plan.json", json::serialize(text));
    return read_plan(folder / "plan.json", roots);
}

/// The message of the UserError that a plan causes; empty if the plan is accepted.
inline std::string refusal(const json::value& text, const std::map<std::string, std::string>& roots = {}) {
    try {
        plan_of(text, roots);
    } catch (const UserError& error) {
        return error.what();
    }
    return {};
}

} // namespace mlvicx::testing
