#include "core/error.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/commands/export_database.h"
#include "experiments/export_encoder.h"

#include <memory>

namespace mlvicx {

namespace {

struct Options {
    EncoderExport encoder;
    DatabaseExport database;
};

} // namespace

void add_export(CLI::App& app) {
    auto* command = app.add_subcommand("export", "Export an encoder with torchvision's parameter names (safetensors) "
                                                 "and a model card, or a results file to hand on");
    auto options = std::make_shared<Options>();
    auto& encoder = options->encoder;
    command
        ->add_option("--encoder", encoder.encoder,
                     "Encoder file, checkpoint of a pre-training, or weights of another program")
        ->type_name("FILE");
    command
        ->add_option("--out", encoder.out, "File to write (.safetensors); its model card gets the same name with .md")
        ->type_name("FILE");
    command->add_flag("--with-context", encoder.with_context, "Keep MLVICX's context bottlenecks (context.*)");
    command->add_option("--results", encoder.results, "Results file whose figures of this encoder the card shows")
        ->type_name("FILE");
    add_database_export(*command, options->database);
    add_examples(*command, {"mlvicx-bench export --encoder encoders/mlvicx.safetensors --out backbone.safetensors",
                            "mlvicx-bench export --database clean.db nih.db"});
    command->callback([options] {
        if (options->database.wanted()) return export_database(options->database);
        if (options->encoder.encoder.empty() || options->encoder.out.empty())
            user_error("export needs --encoder and --out, or --database and a results file");
        export_encoder(options->encoder);
    });
}

} // namespace mlvicx
