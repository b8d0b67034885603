#include "experiments/protocol_table.h"

#include "core/error.h"
#include "core/suggest.h"
#include "experiments/evaluation/finetune.h"
#include "experiments/evaluation/knn.h"
#include "experiments/evaluation/linear_probe.h"
#include "experiments/evaluation/segmentation_procedure.h"

#include <fmt/ranges.h>

namespace mlvicx {

const std::vector<ProtocolEntry>& protocol_table() {
    static const std::vector<ProtocolEntry> table = {
        {"frozen", "frozen (linear probe)", "frozen", linear_probe_procedure()},
        {"knn", "nearest neighbours", "knn", knn_procedure()},
        {"partial", "last stage fine-tuned", "partial", partial_procedure()},
        {"finetuned", "fine-tuned", "finetuned", finetuned_procedure()},
        {"frozen_as_released", "frozen, as released", "frozen_as_released", released_procedure(true)},
        {"finetuned_as_released", "fine-tuned, as released", "finetuned_as_released", released_procedure(false)},
        {"segmentation_frozen", "segmentation, frozen encoder", "segmentation", segmentation_procedure(true)},
        {"segmentation_finetuned", "segmentation, fine-tuned encoder", "segmentation", segmentation_procedure(false)},
    };
    return table;
}

const ProtocolEntry& protocol_entry(const std::string& name, std::string_view where) {
    for (const auto& entry : protocol_table())
        if (entry.name == name) return entry;
    const auto known = protocol_names();
    user_error("{} has \"{}\", expected one of: {}{}", where, name, fmt::join(known, ", "), did_you_mean(name, known));
}

std::vector<std::string> protocol_names(const std::function<bool(const Procedure&)>& takes) {
    std::vector<std::string> names;
    for (const auto& entry : protocol_table())
        if (!takes || takes(entry.procedure)) names.push_back(entry.name);
    return names;
}

std::vector<Protocol> protocol_descriptions() {
    std::vector<Protocol> descriptions;
    for (const auto& entry : protocol_table()) descriptions.push_back({entry.name, entry.label, entry.procedure.task});
    return descriptions;
}

} // namespace mlvicx
