#include "experiments/protocol_table.h"

#include "results/segmentation_report.h"

namespace mlvicx {

const std::vector<std::string>& protocol_names() {
    static const std::vector<std::string> names = {"frozen",
                                                   "knn",
                                                   "partial",
                                                   "finetuned",
                                                   "frozen_as_released",
                                                   "finetuned_as_released",
                                                   "segmentation_frozen",
                                                   "segmentation_finetuned"};
    return names;
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
