#include "core/environment.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "core/lost_pages.h"
#include "core/machine_fault.h"
#include "core/progress.h"
#include "core/streams.h"
#include "core/version.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "methods/device/deterministic.h"

#include <opencv2/core/utility.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <sstream>
#include <string_view>

namespace {

using namespace mlvicx;

/// Whether the called command trains, or measures how fast that would be; the others need not be started twice.
bool computes(int argc, char** argv) {
    const std::string_view commands[] = {"run",      "plan",    "pretrain", "evaluate",
                                         "heatmaps", "predict", "bench",    "doctor"};
    return std::find_first_of(argv, argv + argc, std::begin(commands), std::end(commands)) != argv + argc;
}

void set_up(int argc, char** argv, char** environment) {
    if (computes(argc, argv)) set_environment(argc, argv, environment);
}
MLVICX_BEFORE_LIBRARIES BeforeLibraries before = set_up;

/// Drops the frames that LibTorch adds to its messages, unless they are asked for.
std::string without_frames(const std::string& text, bool backtrace) {
    return backtrace ? text : text.substr(0, text.find("\nException raised from "));
}

/// Options of any command, set when the command line has been read.
struct Common {
    bool backtrace = false;
    bool requeue = false; ///< a job script submits the command again if it was interrupted
};

/// Runs the command; returns its exit status.
int run(CLI::App& app, int argc, char** argv, const Common& common) {
    try {
        app.parse(argc, argv);
        return 0;
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) { // --help, --version
            std::ostringstream page;
            app.exit(error, page, page);
            std::fputs(page.str().c_str(), stdout);
            return 0;
        }
        complain(mistake_of(app, error));
        return 2;
    } catch (const CheckFailed&) {
        return 3;
    } catch (const UserError& error) {
        complain(error.what());
        return 2;
    } catch (const Interrupted&) {
        if (common.requeue) {
            std::puts("requeue me");
            return 0;
        }
        complain("interrupted");
        return 130;
    } catch (const std::exception& error) {
        if (const auto fault = machine_fault(error)) {
            complain(fault->text);
            return fault->status;
        }
        if (std::ferror(stdout) != 0) return 1; // output failed; main says why
        complain(fmt::format("internal error: {}{}", without_frames(error.what(), common.backtrace),
                             common.backtrace ? "" : " (--backtrace shows where)"));
        return 1;
    }
}

} // namespace

int main(int argc, char** argv) {
    secure_streams();
    cv::setNumThreads(1); // images run in parallel, not the rows of one image
    CLI::App app{"Reproducible benchmark of self-supervised learning on chest X-rays", "mlvicx-bench"};
    app.require_subcommand(1);
    app.fallthrough();
    app.formatter_fn(help_page);
    app.set_help_flag("-h,--help", "Print this page");
    app.set_version_flag("--version", fmt::format("mlvicx-bench {}, commit {}", suite_version, git_commit))
        ->description("Print version and commit");
    app.add_flag_callback(
           "--quiet,-q", [] { set_quiet(true); }, "No progress, only results and errors")
        ->trigger_on_parse();
    const char* asked = std::getenv("MLVICX_BACKTRACE");
    Common common;
    common.backtrace = asked != nullptr && std::string_view(asked) == "1";
    app.add_flag_callback(
           "--deterministic", [] { use_deterministic_gpus([](const std::string& line) { say("{}", line); }); },
           "On a GPU: only algorithms that give the same bits in each run on the same GPU; slower")
        ->trigger_on_parse();
    app.add_flag("--requeue", common.requeue,
                 "After SIGUSR1 or SIGTERM save a checkpoint, print \"requeue me\" and end with status 0");
    app.add_flag("--backtrace", common.backtrace, "Show where an internal error arose (or MLVICX_BACKTRACE=1)");
    group_options(app, "Any command", {"--quiet", "--deterministic", "--requeue", "--backtrace", "--version"});
    for (auto* add :
         {add_doctor,   add_phantom,  add_prepare, add_inspect, add_audit,   add_subsets, add_views,     add_pretrain,
          add_evaluate, add_heatmaps, add_predict, add_export,  add_plan,    add_run,     add_slurm,     add_merge,
          add_status,   add_clean,    add_report,  add_verify,  add_compare, add_bench,   add_completion})
        add(app);
    add_examples(app, {"mlvicx-bench doctor", "mlvicx-bench run demo --results out/demo/results.db",
                       "mlvicx-bench report out/demo/results.db", "mlvicx-bench evaluate --help"});
    catch_interrupts();
    catch_lost_pages();
    const int status = run(app, argc, argv, common);
    const std::string lost = lost_output();
    if (lost.empty()) return status;
    complain("standard output could not be written: " + lost);
    return status == 0 ? 1 : status;
}
