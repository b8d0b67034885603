#include "experiments/protocols.h"

#include "core/error.h"

#include <algorithm>

namespace mlvicx {

const std::vector<Protocol>& protocol_descriptions() {
    using enum Task;
    static const std::vector<Protocol> protocols = {
        {"frozen", "frozen (linear probe)", classification},
        {"knn", "nearest neighbours", classification},
        {"partial", "last stage fine-tuned", classification},
        {"finetuned", "fine-tuned", classification},
        {"frozen_as_released", "frozen, as released", classification},
        {"finetuned_as_released", "fine-tuned, as released", classification},
        {"segmentation_frozen", "segmentation, frozen encoder", segmentation},
        {"segmentation_finetuned", "segmentation, fine-tuned encoder", segmentation}};
    return protocols;
}

const std::vector<std::string>& protocol_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& protocol : protocol_descriptions()) all.push_back(protocol.name);
        return all;
    }();
    return names;
}

const Protocol& described(const std::string& protocol) {
    const auto& all = protocol_descriptions();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Protocol& p) { return p.name == protocol; });
    ensure(found != all.end(), "this is no protocol");
    return *found;
}

const std::string& protocol_label(const std::string& protocol) {
    return described(protocol).label;
}

bool is_segmentation(const std::string& protocol) {
    return described(protocol).task == Task::segmentation;
}

bool on_frozen_features(const std::string& protocol) {
    return protocol == "frozen" || protocol == "knn";
}

bool has_linear_head(const std::string& protocol) {
    return protocol != "knn" && !is_segmentation(protocol);
}

FinetuneOptions partial_options() {
    FinetuneOptions options;
    options.learns = "last_stage";
    return options;
}

FinetuneOptions released_options(bool frozen) {
    FinetuneOptions options;
    options.learns = frozen ? "nothing" : "everything";
    options.epochs = 300;
    options.batch_size = 128;
    options.learning_rate = frozen ? 3e-3 : 3e-4;
    options.weight_decay = 0;
    options.warmup_epochs = 0;
    options.patience = 10;
    options.crop_low = 1;
    options.flip = 0.5;
    options.jitter = 0;
    options.precision = "fp32";
    options.schedule = "restarts";
    options.restart_epochs = 10;
    options.restart_factor = 2;
    options.lowest_rate = 1e-6;
    options.clip = 1;
    return options;
}

} // namespace mlvicx
