#pragma once

#include "core/json.h"
#include "experiments/method_table.h"

#include <string>
#include <vector>

namespace mlvicx {

/// One row of the table of recipes: values that replace defaults of the methods' options, so that plans for one kind of
/// data share one rule instead of writing rates of their own. A recipe is part of no identity, only the values that it
/// sets are: options written out in a plan are the same run. To add a recipe, add a row.
struct RecipeEntry {
    std::string name;
    std::string about;
    json::object all;     ///< options of pre-training, for every method that trains; neither epochs nor batch_size
    json::object methods; ///< by method's name: what else it gets, its own options included
};

/// The first is the default: the authors' recipes as they are.
const std::vector<RecipeEntry>& recipe_table();

/// Removes "recipe" from an object of options; its value, or `usual` if it is not there. Throws UserError that begins
/// with `where` (a file) and names the key below `path` ("$.pretrain") if there is no such recipe.
std::string take_recipe(json::object& options, const std::string& where, const std::string& path,
                        const std::string& usual = recipe_table().front().name);

/// Overlays a recipe on a method's options, before a plan's own keys are.
void overlay_recipe(const std::string& name, const MethodEntry& method, MethodOptions& own, PretrainOptions& options);

} // namespace mlvicx
