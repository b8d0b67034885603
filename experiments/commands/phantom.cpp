#include "datasets/phantom.h"
#include "core/error.h"
#include "core/files.h"
#include "core/progress.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"

#include <memory>

namespace mlvicx {

void add_phantom(CLI::App& app) {
    struct Options {
        PhantomOptions phantom;
        std::string out;
        unsigned threads = 0;
    };
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("phantom", "Draw synthetic chest films in a dataset's original layout");
    command->add_option("--out", options->out, "Folder to make; a complete one with the same options is kept")
        ->required()
        ->type_name("FOLDER");
    command->add_option("--films", options->phantom.films, "Number of images")
        ->check(whole_number(1, 10'000'000))
        ->capture_default_str();
    command->add_option("--size", options->phantom.size, "Pixels of the square images")
        ->check(whole_number(32, 2048))
        ->capture_default_str();
    command->add_option("--seed", options->phantom.seed, "Another seed gives other patients")
        ->check(whole_number())
        ->capture_default_str();
    command->add_option("--layout", options->phantom.layout, "The dataset whose files are written")
        ->check(one_of(phantom_layouts()))
        ->capture_default_str();
    command->add_option("--threads", options->threads, "0: all cores")
        ->check(whole_number(0, 4096))
        ->capture_default_str();
    add_examples(*command, {"mlvicx-bench phantom --out phantom-nih --films 200 --size 256",
                            "mlvicx-bench phantom --out phantom-siim --layout siim --films 200"});
    command->callback([options] {
        // The ranges are the plan's: one place checks both.
        PhantomOptions checked = options->phantom;
        const json::value given = resolved([&](Fields& f) { fields(f, checked); });
        overlay(given, "mlvicx-bench phantom", "option ", [&](Fields& f) { fields(f, checked); });
        write_phantom(checked, options->out, options->threads);
        say("{}: {} films of {} x {} pixels", options->out, checked.films, checked.size, checked.size);
    });
}

} // namespace mlvicx
