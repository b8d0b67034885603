#include "core/environment.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "core/progress.h"
#include "experiments/commands/commands.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iterator>
#include <string_view>

namespace {

/// Whether a command is called that trains: the others need not be started twice.
bool computes(int argc, char** argv) {
    const std::string_view commands[] = {"run", "pretrain", "evaluate", "heatmaps"};
    return std::find_first_of(argv, argv + argc, std::begin(commands), std::end(commands)) != argv + argc;
}

} // namespace

int main(int argc, char** argv) {
    using namespace mlvicx;
    if (computes(argc, argv)) set_environment(argv);
    CLI::App app{"Reproducible benchmark of self-supervised learning on chest X-rays", "mlvicx-bench"};
    app.require_subcommand(1);
    app.fallthrough();
    app.add_flag_callback(
           "--quiet,-q", [] { set_quiet(true); }, "No progress, only results and errors")
        ->trigger_on_parse();
    for (auto* add : {add_doctor, add_phantom, add_prepare, add_inspect, add_audit, add_subsets, add_views,
                      add_pretrain, add_evaluate, add_heatmaps, add_export, add_run, add_status, add_report})
        add(app);
    catch_interrupts();
    try {
        app.parse(argc, argv);
        return 0;
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    } catch (const LeakageFound&) {
        return 3;
    } catch (const UserError& error) {
        std::fprintf(stderr, "mlvicx-bench: %s\n", error.what());
        return 2;
    } catch (const Interrupted&) {
        std::fprintf(stderr, "mlvicx-bench: interrupted\n");
        return 130;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "mlvicx-bench: internal error: %s\n", error.what());
        return 1;
    }
}
