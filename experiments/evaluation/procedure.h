#pragma once

#include "core/config.h"
#include "results/store/store.h"

#include <torch/types.h>

#include <any>
#include <functional>

namespace mlvicx {

class Evaluation;

/// What a protocol learns on: features, extracted once for all protocols that need them, or the network itself.
enum class ProtocolNeeds { features, network };

/// What a protocol does: all that plans, identities, the runner and the commands know about it. Its options have their
/// own type; code that only passes them on holds them as std::any.
struct Procedure {
    Task task; ///< predicts each class of an image, or the pixels of each mask
    ProtocolNeeds needs;
    bool linear_head; ///< its scores come from a linear layer on the pooled last map, so heatmaps are defined
    std::any defaults;
    std::function<void(Fields&, std::any& options)> fields; ///< their keys in a plan
    /// What the options add to the identity of an evaluation: "options", and more if the protocol needs it.
    std::function<json::object(const std::any& options, const torch::Device&)> identity;
    std::function<JobResult(Evaluation&, const std::any& options)> evaluate;

    bool is_segmentation() const { return task == Task::segmentation; }
    bool on_features() const { return needs == ProtocolNeeds::features; }
};

/// A procedure as the file of a protocol writes it, with the type of its options.
template <typename Options> struct TypedProcedure {
    Task task = Task::classification; ///< each class of an image, or the pixels of each mask
    ProtocolNeeds needs = ProtocolNeeds::network;
    bool linear_head = true;
    Options defaults = {};
    std::function<void(Fields&, Options&)> fields;
    std::function<json::object(Options, const torch::Device&)> identity = {}; ///< empty: the fields as "options"
    std::function<JobResult(Evaluation&, const Options&)> evaluate;

    Procedure untyped() const {
        const auto of = [](const std::any& options) -> const Options& {
            return std::any_cast<const Options&>(options);
        };
        const auto plain = [fields = fields](Options options, const torch::Device&) {
            return json::object{{"options", resolved([&](Fields& f) { fields(f, options); })}};
        };
        return {task,
                needs,
                linear_head,
                defaults,
                [fields = fields](Fields& f, std::any& options) { fields(f, std::any_cast<Options&>(options)); },
                [of, identity = identity ? identity : plain](const std::any& options, const torch::Device& device) {
                    return identity(of(options), device);
                },
                [of, evaluate = evaluate](Evaluation& evaluation, const std::any& options) {
                    return evaluate(evaluation, of(options));
                }};
    }
};

} // namespace mlvicx
