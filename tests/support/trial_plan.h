#pragma once

#include "core/json.h"

namespace mlvicx::testing {

/// A plan that is in order, to be changed: two trained methods and a control, 4 pre-trainings and 24 evaluations.
inline constexpr const char* good = R"({
  "name": "trial",
  "datasets": {"images": {"importer": "nih", "root": "images", "size": 64}},
  "pretrain": {"epochs": 20, "batch_size": 64, "optimizer": {"learning_rate": 0.7}},
  "methods": ["simclr", {"name": "mlvicx", "hidden": 256, "optimizer": {"weight_decay": 0.5}}, "random"],
  "controls": false,
  "evaluate": {"fractions": [0.1, 1], "protocols": ["frozen", "finetuned"], "image_size": 64},
  "seeds": [0, 1]
})";

inline json::object good_plan() {
    return json::parse(good).as_object();
}

} // namespace mlvicx::testing
