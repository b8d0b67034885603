#pragma once

// Plans whose protocols end in seconds.

#include "experiments/plan_evaluation.h"

#include <initializer_list>
#include <utility>

namespace mlvicx::testing {

/// Sets in the "evaluate" part of a plan, for each protocol that trains in epochs, one epoch of small batches and a
/// narrow decoder. Other options stay.
inline void one_epoch_each(json::object& evaluate) {
    PlanEvaluation defaults;
    for (const auto& group : resolved([&](Fields& f) { fields(f, defaults); })) {
        const json::object* known = group.value().if_object();
        if (known == nullptr || !known->contains("epochs")) continue;
        json::value& own = evaluate[group.key()];
        if (!own.is_object()) own = json::object{};
        const std::initializer_list<std::pair<const char*, json::value>> quick = {
            {"epochs", 1}, {"batch_size", 16}, {"decoder_width", 4}, {"precision", "fp32"}};
        for (const auto& [key, value] : quick)
            if (known->contains(key)) own.as_object()[key] = value;
    }
}

} // namespace mlvicx::testing
