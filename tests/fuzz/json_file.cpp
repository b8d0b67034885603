#include "core/json_text.h"
#include "datasets/import.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

/// JSON as plans, mappings and subsets have it, and the options of a plan's dataset.
void json_file(const Input& input) {
    const json::value value = read_json(input.file("plan.json"));
    json::parse(canonical(value)); // Boost rounds numbers of 17 digits and more, so the values may differ
    readable(value);
    pretty(value);
    ImportOptions options;
    const auto visit = [&](Fields& f) { fields(f, options); };
    overlay(value, "plan.json", "$", visit);
    const json::value whole = resolved(visit);
    ImportOptions again;
    overlay(whole, "plan.json", "$", [&](Fields& f) { fields(f, again); });
    ensure(resolved([&](Fields& f) { fields(f, again); }) == whole, "options are not what was written");
    each_path(visit, [](const std::string&, std::string&) {});
}

} // namespace mlvicx::fuzz
