#include "experiments/explain/costs.h"

#include "core/json.h"
#include "experiments/encoder_table.h"

#include <torch/torch.h>

#include <algorithm>
#include <map>

namespace mlvicx {

namespace {

double bytes_of(const torch::nn::Module& module) {
    double bytes = 0;
    for (const auto& tensors : {module.parameters(), module.buffers()})
        for (const auto& tensor : tensors) bytes += static_cast<double>(tensor.nbytes());
    return bytes;
}

MethodSize size_of(const PlanMethod& method, bool bf16) {
    const auto& options = method.pretrain;
    const auto network = initial_method(*method.entry, method.own, method.encoder, 0);
    double trained = 0;
    for (const auto& parameter : network->parameters())
        if (parameter.requires_grad()) trained += static_cast<double>(parameter.nbytes());
    const double state = options.optimizer.name == "adamw" ? 2 * trained : trained;
    const auto pixels = static_cast<double>(options.batch_size * options.image_size * options.image_size);
    MethodSize size;
    size.encoder = bytes_of(network->encoder());
    size.checkpoint = bytes_of(*network) + state;
    size.training = bytes_of(*network) + trained + state +
                    pixels * bytes_per_pixel(method.entry->encoder(method.encoder, method.own), bf16);
    return size;
}

/// The number of features of an encoder.
double width_of(const std::string& encoder) {
    return encoder.starts_with("resnet50") ? 2048 : 512;
}

} // namespace

std::string kind_of(const PlanMethod& method) {
    MethodOptions own = method.own;
    json::object config = resolved([&](Fields& f) { method.entry->fields(f, own); });
    config["method"] = method.entry->name;
    config["encoder"] = method.encoder;
    config["optimizer"] = method.pretrain.optimizer.name;
    config["precision"] = method.pretrain.precision;
    config["batch_size"] = method.pretrain.batch_size;
    config["image_size"] = method.pretrain.image_size;
    return canonical(config);
}

bool uses_bf16(const std::string& precision, const torch::Device& device) {
    return precision == "bf16" || (precision == "auto" && has_fast_bf16(device));
}

std::vector<MethodSize> method_sizes(const Plan& plan, const torch::Device& device) {
    std::map<std::string, MethodSize> known;
    std::vector<MethodSize> sizes;
    for (const auto& method : plan.methods) {
        sizes.emplace_back();
        if (!method.entry->trains) continue;
        const auto [size, is_new] = known.try_emplace(kind_of(method));
        if (is_new) size->second = size_of(method, uses_bf16(method.pretrain.precision, device));
        sizes.back() = size->second;
    }
    return sizes;
}

double bytes_per_pixel(const std::string& encoder, bool bf16) {
    const double plain = encoder.starts_with("resnet50") ? 480 * 11.1 / 2.5 : 480; // by the numbers of activations
    const double context = encoder.ends_with("+context") ? 150 : 0;
    return (plain + context) * (bf16 ? 1 : 2.5);
}

double prepared_bytes(const DatasetFacts& facts) {
    return static_cast<double>((facts.images + facts.stored_masks) * facts.image_size * facts.image_size);
}

DiskUse disk_use(const Plan& plan, const Jobs& jobs, const Needs& needs, const std::vector<MethodSize>& sizes,
                 const std::function<bool(const Job&)>& open) {
    DiskUse use;
    for (const auto& facts : needs.datasets)
        if (!facts.is_prepared) use.prepared += prepared_bytes(facts);
    for (const auto& job : jobs.pretrain) {
        if (!open(job)) continue;
        use.encoders += sizes[job.method].encoder;
        use.checkpoint = std::max(use.checkpoint, sizes[job.method].checkpoint);
    }
    for (const auto& job : jobs.evaluate) {
        if (!open(job)) continue;
        const DatasetFacts& facts = needs.dataset(job.key.dataset);
        if (!job.features.empty())
            use.features = std::max(use.features,
                                    4 * static_cast<double>(facts.images) * width_of(plan.methods[job.method].encoder));
        const bool masks = protocol_entry(job.key.protocol).procedure.is_segmentation();
        const double figures = masks ? 3.0 * static_cast<double>(facts.masks) : static_cast<double>(facts.classes);
        use.results += 4 * static_cast<double>(facts.test) * figures + 4000; // and its metrics and configuration
    }
    return use;
}

} // namespace mlvicx
