#include "core/error.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/commands/export_database.h"
#include "experiments/encoder_table.h"
#include "methods/weights.h"

#include <torch/utils.h>

#include <cstdio>
#include <memory>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

struct Options {
    fs::path encoder, out;
    bool with_context = false;
    DatabaseExport database;
};

/// The encoder in a checkpoint of pre-training, which holds all of a method's networks. For BYOL it is the online
/// encoder, the one that is evaluated.
std::shared_ptr<Encoder> encoder_of_checkpoint(const Safetensors& file) {
    for (const std::string prefix : {"model.encoder.", "model.online.encoder."}) {
        if (!file.contains(prefix + "conv1.weight")) continue;
        std::string name = file.contains(prefix + "layer1.0.conv3.weight") ? "resnet50" : "resnet18";
        const auto context = file.tensors().lower_bound(prefix + "context.");
        if (context != file.tensors().end() && context->first.starts_with(prefix + "context.")) name += "+context";
        const auto encoder = make_encoder(name);
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

void export_encoder(const Options& given) {
    if (given.encoder.empty() || given.out.empty())
        user_error("export needs --encoder and --out, or --database and a results file");
    const Safetensors file(given.encoder);
    auto metadata = file.metadata();
    const auto format = metadata.find("format");
    const bool checkpoint = format != metadata.end() && format->second.starts_with("mlvicx-bench checkpoint");
    auto encoder = checkpoint ? encoder_of_checkpoint(file) : load_encoder(given.encoder);
    if (checkpoint) metadata = {{"identity", metadata.contains("identity") ? metadata.at("identity") : ""}};
    if (!given.with_context) encoder = backbone_of(*encoder);
    metadata.erase("hash"); // the hash no longer names the changed encoder
    save_encoder(given.out, *encoder, metadata);
    check_written(given.out, *encoder);
    std::printf("%s: %s, %zu tensors, read back and equal\n", given.out.string().c_str(), encoder->name().c_str(),
                state_of(*encoder).size());
}

} // namespace

void add_export(CLI::App& app) {
    auto* command = app.add_subcommand("export", "Export an encoder with torchvision's parameter names (safetensors), "
                                                 "or a results file to hand on");
    auto options = std::make_shared<Options>();
    command->add_option("--encoder", options->encoder, "Encoder file or checkpoint of a pre-training")
        ->type_name("FILE");
    command->add_option("--out", options->out, "File to write (.safetensors)")->type_name("FILE");
    command->add_flag("--with-context", options->with_context, "Keep MLVICX's context bottlenecks (context.*)");
    add_database_export(*command, options->database);
    add_examples(*command, {"mlvicx-bench export --encoder encoders/mlvicx.safetensors --out backbone.safetensors",
                            "mlvicx-bench export --database clean.db nih.db"});
    command->callback([options] {
        if (options->database.wanted()) return export_database(options->database);
        export_encoder(*options);
    });
}

} // namespace mlvicx
