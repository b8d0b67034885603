#include "experiments/export_encoder.h"

#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"

#include <memory>

namespace mlvicx {

void add_export(CLI::App& app) {
    auto* command = app.add_subcommand(
        "export", "Export an encoder with torchvision's parameter names (safetensors) and a model card");
    auto options = std::make_shared<EncoderExport>();
    command
        ->add_option("--encoder", options->encoder,
                     "Encoder file, checkpoint of a pre-training, or weights of another program")
        ->required()
        ->type_name("FILE");
    command
        ->add_option("--out", options->out, "File to write (.safetensors); its model card gets the same name with .md")
        ->required()
        ->type_name("FILE");
    command->add_flag("--with-context", options->with_context, "Keep MLVICX's context bottlenecks (context.*)");
    command->add_option("--results", options->results, "Results file whose figures of this encoder the card shows")
        ->type_name("FILE");
    add_examples(*command, {"mlvicx-bench export --encoder encoders/mlvicx.safetensors --out backbone.safetensors"});
    command->callback([options] { export_encoder(*options); });
}

} // namespace mlvicx
