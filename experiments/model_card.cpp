#include "experiments/model_card.h"

#include "core/json.h"
#include "core/safetensors.h"
#include "core/version.h"
#include "experiments/encoder_table.h"
#include "methods/weights.h"
#include "results/report/text.h"

namespace mlvicx {

namespace {

using Metadata = std::map<std::string, std::string>;

std::string entry(const Metadata& metadata, const char* key, const char* otherwise = "unknown") {
    const auto found = metadata.find(key);
    return found == metadata.end() || found->second.empty() ? otherwise : found->second;
}

/// The training's configuration; an empty object if the file has none.
json::object config_of(const Metadata& metadata) {
    boost::system::error_code failed;
    const json::value config = json::parse(entry(metadata, "config", "{}"), failed);
    return failed || !config.is_object() ? json::object() : config.get_object();
}

/// "300 epochs, 256 images per batch, 224 pixels".
std::string training_text(const json::object& config) {
    const auto* training = config.if_contains("training");
    if (!training || !training->is_object()) return "unknown";
    const auto value = [&](const char* key) {
        const auto* found = training->get_object().if_contains(key);
        return found ? json::serialize(*found) : "?";
    };
    return fmt::format("{} epochs, {} images per batch, views of {} pixels", value("epochs"), value("batch_size"),
                       value("image_size"));
}

std::string facts(const Encoder& encoder, const Metadata& metadata, const json::object& config) {
    const auto* seed = config.if_contains("seed");
    const std::pair<const char*, std::string> rows[] = {
        {"network", fmt::format("{}, {} features, {} tensors, float32", encoder.name(), encoder.features(),
                                state_of(encoder).size())},
        {"method", entry(metadata, "method",
                         metadata.contains("identity") ? "unknown: from a checkpoint of a pre-training"
                                                       : "unknown: trained elsewhere")},
        {"data", entry(metadata, "dataset")},
        {"fingerprint of the data", entry(metadata, "dataset_fingerprint")},
        {"training", training_text(config)},
        {"seed", seed ? json::serialize(*seed) : "unknown"},
        {"verdict on the pre-training", entry(metadata, "health")},
        {"trained by", metadata.contains("suite_version")
                           ? fmt::format("mlvicx-bench {}, commit {}", entry(metadata, "suite_version"),
                                         entry(metadata, "git_commit"))
                           : "unknown"},
        {"exported by", fmt::format("mlvicx-bench {}, commit {}", suite_version, git_commit)},
        {"digest of these weights", entry(metadata, digest_key)},
        {"exported from weights with the digest", entry(metadata, "exported_from")},
    };
    std::string text = "| | |\n|:--|:--|\n";
    for (const auto& [name, value] : rows) text += fmt::format("| {} | {} |\n", name, markdown_escaped(value));
    return text;
}

std::string loading(const std::string& file, const Encoder& encoder) {
    const std::string backbone = backbone_of(encoder)->name();
    const std::string lines = fmt::format("    import torch, torchvision, safetensors.torch\n"
                                          "    net = torchvision.models.{}(); net.fc = torch.nn.Identity()\n"
                                          "    net.load_state_dict(safetensors.torch.load_file(\"{}\"))\n",
                                          backbone, file);
    if (encoder.name() == backbone)
        return "In Python, with torchvision's names:\n\n" + lines + "\n`net.eval()(images)` gives the features, [N, " +
               fmt::format("{}", encoder.features()) + "].\n";
    return fmt::format(
        "This file does not load in torchvision: its context bottlenecks (`context.*`) are layers between "
        "the stages that\ntorchvision's {0} lacks, and the stages were trained with them. mlvicx-bench "
        "loads it as it is. The {0} without\nthem, whose features differ, is written by\n\n"
        "    mlvicx-bench export --encoder {1} --out backbone.safetensors\n",
        backbone, file);
}

} // namespace

std::string model_card(const std::filesystem::path& file, const Encoder& encoder,
                       const std::map<std::string, std::string>& metadata, const std::string& figures) {
    const auto config = config_of(metadata);
    const std::string name = file.filename().string();
    std::string text = std::string(model_card_mark) + "\n";
    text += "# " + name + "\n";
    text += "An image encoder for chest X-rays.\n\n" + facts(encoder, metadata, config);
    text += "\n## How to load it\n" + loading(name, encoder);
    text += "\nInput: [N, 3, H, W], the grey image in all three channels, scaled to 0..1, minus 0.485, 0.456, 0.406, "
            "divided by\n0.229, 0.224, 0.225.\n";
    text += "\n## Figures\n";
    text += figures.empty() ? "None were given: `mlvicx-bench export --results FILE` adds those of a results file.\n"
                            : figures;
    text += "\n## Settings of the pre-training\n";
    text += config.empty() ? "The file does not say.\n" : "```json\n" + pretty(config) + "```\n";
    text +=
        "\n## Limits\nFor research. The figures hold for the data, labels and protocols that they name; nothing here "
        "was validated for\nclinical use. The terms of the data that it was trained on apply.\n";
    return text;
}

} // namespace mlvicx
