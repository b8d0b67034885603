#pragma once

#include "experiments/evaluation/foreign_features.h"
#include "experiments/open_dataset.h"
#include "experiments/plan.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mlvicx {

/// Adds the controls `shuffled` and `metadata` as methods: those that the list `wanted` (the plan's "controls") names,
/// both if it is true, none if it is false. If it is null, those that cost little and whose name no method has,
/// provided that the plan has the linear probe: `metadata`, and `shuffled` if `random` needs the same features. Throws
/// UserError that begins with `where` for another name, and for a control that is named in a plan without the linear
/// probe.
void add_controls(Plan& plan, const json::value* wanted, const std::string& where);

/// Checks what methods without a network and external tests need of a plan whose lists are in order. Throws UserError
/// for a method that has none of the plan's protocols, features without a file for a dataset, an external test between
/// other datasets than the plan evaluates and knows, and one without a protocol on features.
void require_complete(const Plan& plan);

/// Checks the files of features against the datasets, by their names in the plan, and what external tests ask of them,
/// before long work. Returns sentences on rows that are not used. Throws UserError.
std::vector<std::string> check_inputs(const Plan& plan, const std::map<std::string, OpenDataset>& datasets);

/// What a method without a network looks at on a dataset of the plan; nullopt for other methods. Throws UserError.
std::optional<GivenFeatures> given_features(const PlanMethod& method, const std::string& name,
                                            const PreparedDataset& dataset);

/// Sentences on what the plan does not evaluate: protocols that need a network with features, heatmaps likewise, the
/// control `metadata` on evaluated datasets that are not in `with_attributes`.
std::vector<std::string> left_out_of(const Plan& plan, const std::set<std::string>& with_attributes);

} // namespace mlvicx
