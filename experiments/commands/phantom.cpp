#include "datasets/phantom/phantom.h"
#include "core/error.h"
#include "core/files.h"
#include "core/progress.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/commands/field_options.h"

#include <memory>

namespace mlvicx {

void add_phantom(CLI::App& app) {
    struct Options {
        PhantomOptions phantom;
        std::string out;
        unsigned threads = 0;
    };
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("phantom", "Draw synthetic chest X-rays in a dataset's original layout");
    command->add_option("--out", options->out, "Folder to create; a complete one with the same options is kept")
        ->required()
        ->type_name("FOLDER");
    add_options(*command, "Options", [&](Fields& f) { fields(f, options->phantom); });
    command->add_option("--threads", options->threads, "Threads (0: all cores)")
        ->check(whole_number(0, 4096))
        ->capture_default_str();
    add_examples(*command, {"mlvicx-bench phantom --out phantom-nih --images 200 --size 256",
                            "mlvicx-bench phantom --out phantom-siim --layout siim --images 200"});
    command->callback([options] {
        const PhantomOptions& phantom = options->phantom;
        write_phantom(phantom, options->out, options->threads);
        say("{}: {} images of {} x {} pixels", options->out, phantom.images, phantom.size, phantom.size);
    });
}

} // namespace mlvicx
