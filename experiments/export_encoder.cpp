#include "experiments/export_encoder.h"

#include "core/error.h"
#include "core/files.h"
#include "core/safetensors.h"
#include "experiments/encoder_table.h"
#include "experiments/model_card.h"
#include "methods/weights.h"
#include "results/report/encoder_figures.h"

#include <torch/utils.h>

#include <cstdio>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// The encoder in a checkpoint of pre-training, which holds all of a method's networks. For BYOL it is the online
/// encoder, the one that is evaluated.
std::shared_ptr<Encoder> encoder_of_checkpoint(const Safetensors& file) {
    for (const std::string prefix : {"model.encoder.", "model.online.encoder."}) {
        if (!file.contains(prefix + "conv1.weight")) continue;
        const std::string name = file.contains(prefix + "layer1.0.conv3.weight") ? "resnet50" : "resnet18";
        const auto encoder = make_encoder(name + context_in(file, prefix));
        const torch::NoGradGuard no_gradient;
        for (auto [parameter, tensor] : state_of(*encoder)) {
            const auto type = tensor.is_floating_point() ? DType::f32 : DType::i64;
            file.at(prefix + parameter, type, tensor.sizes().vec());
            tensor.copy_(to_tensor(file, prefix + parameter));
        }
        return encoder;
    }
    user_error("{}: this checkpoint holds no encoder", file.file().string());
}

/// Reads the file back: what is on the disk must be what was asked for.
void check_written(const fs::path& file, const Encoder& encoder) {
    const auto again = load_encoder(file);
    const auto expected = state_of(encoder), found = state_of(*again);
    ensure(expected.size() == found.size(), "the exported file has a different number of tensors");
    for (std::size_t i = 0; i < expected.size(); ++i)
        ensure(expected[i].first == found[i].first && torch::equal(expected[i].second, found[i].second),
               "the exported file differs from what was written");
}

/// Next to the weights; another file there is not overwritten.
fs::path card_file(const fs::path& out) {
    auto card = fs::path(out).replace_extension(".md");
    if (fs::exists(card) && !read_text(card).starts_with(model_card_mark))
        user_error("{}: is not a model card that export wrote; move it or give another --out", card.string());
    return card;
}

/// The figures of a results file about weights with this digest, as Markdown.
std::string figures_of(const fs::path& results, const std::string& digest, const fs::path& encoder) {
    if (results.empty()) return "";
    Store store(results, true);
    const Transaction snapshot(store.db(), false);
    const Table figures = encoder_figures(store, digest);
    if (figures.lines.empty())
        user_error("{}: has no finished evaluation of {} (digest {}); expected one, or no --results", results.string(),
                   encoder.string(), digest);
    return table_markdown(figures) + "\nA figure belongs to the network that its line names: features through context "
                                     "bottlenecks (`+context`) are not\nthose of the network without them.\n";
}

} // namespace

void export_encoder(const EncoderExport& given) {
    if (given.out.extension() != ".safetensors")
        user_error("--out is \"{}\", expected a name that ends in .safetensors", given.out.string());
    const fs::path card = card_file(given.out);
    const Safetensors file(given.encoder);
    auto metadata = file.metadata();
    const auto format = metadata.find("format");
    const bool checkpoint = format != metadata.end() && format->second.starts_with("mlvicx-bench checkpoint");
    const auto source = checkpoint ? encoder_of_checkpoint(file) : load_encoder(given.encoder);
    if (checkpoint) metadata = {{"identity", metadata.contains("identity") ? metadata.at("identity") : ""}};
    const std::string digest = metadata.contains(digest_key) ? metadata.at(digest_key) : digest_of(file.tensors());
    const std::string figures = figures_of(given.results, digest, given.encoder);
    const auto encoder = given.with_context ? source : backbone_of(*source);
    metadata.erase("hash");    // it names the encoder as it was trained
    metadata["format"] = "pt"; // what Python's packages that read safetensors expect
    metadata["exported_from"] = digest;
    save_encoder(given.out, *encoder, metadata);
    check_written(given.out, *encoder);
    const Safetensors written(given.out);
    write_text(card, model_card(given.out, *encoder, written.metadata(), figures));
    std::printf("%s: %s, %zu tensors, read back and equal\n", given.out.string().c_str(), encoder->name().c_str(),
                state_of(*encoder).size());
    std::printf("%s: model card, with the lines that load it\n", card.string().c_str());
    if (backbone_of(*encoder)->name() != encoder->name())
        std::printf(
            "torchvision does not load it, because of the context bottlenecks; without --with-context it does\n");
    else if (source->name() != encoder->name())
        std::printf("the context bottlenecks are left out, so its features are not those of %s\n",
                    source->name().c_str());
}

} // namespace mlvicx
