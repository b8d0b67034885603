// Pre-training killed for real. A fork of a process whose OpenMP threads already run may hang, so the child is this
// test program started again with the hidden test at the end.
#include "core/interrupt.h"
#include "core/safetensors.h"
#include "methods/device/device.h"
#include "methods/pretrain/pretrain.h"
#include "methods/resnet.h"
#include "methods/weights.h"

#include "tests/support/catch.h"
#include "tests/support/small_method.h"
#include "tests/support/temporary.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

extern char** environ;

using namespace mlvicx;

namespace {

constexpr int interrupted_status = 130;

/// Shared by parent and child: epochs long enough that a signal falls into one.
PretrainOptions run_options() {
    auto options = small_options();
    options.epochs = 6;
    options.batch_size = 4;
    return options;
}
const std::int64_t image_count = 81;
const std::int64_t steps_per_epoch = 20;

struct Run {
    TempFolder folder;
    std::filesystem::path checkpoint() const { return folder / "run.safetensors"; }
    /// Epochs finished over all starts: the log's size in bytes.
    std::uintmax_t epochs() const {
        const auto log = folder / "epochs";
        return std::filesystem::exists(log) ? std::filesystem::file_size(log) : 0;
    }

    pid_t start() const {
        ::setenv("MLVICX_TEST_RUN", folder.path.c_str(), 1);
        char program[] = "/proc/self/exe", tag[] = "[pretrain_child]";
        char* arguments[] = {program, tag, nullptr};
        posix_spawn_file_actions_t quiet;
        posix_spawn_file_actions_init(&quiet);
        posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
        pid_t child = 0;
        REQUIRE(::posix_spawn(&child, program, &quiet, nullptr, arguments, environ) == 0);
        posix_spawn_file_actions_destroy(&quiet);
        return child;
    }
    /// Waits until `count` epochs are done in all, or the child has ended.
    void wait_for_epochs(std::uintmax_t count) const {
        for (int i = 0; i < 60'000 && epochs() < count; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        REQUIRE(epochs() >= count);
    }
};

int status_of(pid_t child) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

std::vector<EpochRecord> run_small(const std::filesystem::path& checkpoint,
                                   const std::function<void(const EpochRecord&)>& on_epoch = {}) {
    const OneThread one_thread;
    const auto images = small_images(image_count);
    return pretrain(*small_method(), images, all_of(images), run_options(), torch::kCPU, {checkpoint, "run", on_epoch});
}

/// Compares every tensor of two checkpoints except the measured speed.
void check_equal(const std::filesystem::path& a, const std::filesystem::path& b) {
    const Safetensors left(a), right(b);
    REQUIRE(left.tensors().size() == right.tensors().size());
    for (const auto& [name, view] : left.tensors()) {
        CAPTURE(name);
        auto x = to_tensor(left, name).clone(), y = to_tensor(right, name).clone();
        if (name == "records") {
            const auto names = json::parse(left.meta("record_names")).as_array();
            for (std::size_t i = 0; i < names.size(); ++i)
                if (names[i].as_string() == "images_per_second")
                    x.select(1, static_cast<std::int64_t>(i)).zero_(),
                        y.select(1, static_cast<std::int64_t>(i)).zero_();
        }
        CHECK(torch::equal(x, y));
    }
}

} // namespace

TEST_CASE("pretrain: repeatedly killed by kill -9, it ends with the same bits", "[unit]") {
    const Run killed, undisturbed;
    run_small(undisturbed.checkpoint());
    std::mt19937 moments(std::random_device{}());
    int kills = 0;
    for (const std::uintmax_t epochs : {1, 2, 4}) {
        const pid_t child = killed.start();
        killed.wait_for_epochs(epochs);
        // Around the writing of the next checkpoint as well as within an epoch.
        std::this_thread::sleep_for(std::chrono::microseconds(moments() % 20'000));
        ::kill(child, SIGKILL);
        const int status = status_of(child);
        kills += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }
    CHECK(kills >= 2); // the last one may have come too late
    CHECK(WEXITSTATUS(status_of(killed.start())) == 0);
    check_equal(killed.checkpoint(), undisturbed.checkpoint());
}

TEST_CASE("pretrain: SIGTERM within an epoch writes a checkpoint that resumes exactly", "[unit]") {
    const Run stopped, undisturbed;
    run_small(undisturbed.checkpoint());
    bool within_epoch = false;
    for (const std::uintmax_t epochs : {1, 3}) {
        const pid_t child = stopped.start();
        stopped.wait_for_epochs(epochs);
        ::kill(child, SIGTERM);
        const int status = status_of(child);
        REQUIRE((WIFEXITED(status) && WEXITSTATUS(status) == interrupted_status));
        within_epoch |= std::stoll(Safetensors(stopped.checkpoint()).meta("step")) % steps_per_epoch != 0;
    }
    CHECK(within_epoch);
    CHECK(WEXITSTATUS(status_of(stopped.start())) == 0);
    check_equal(stopped.checkpoint(), undisturbed.checkpoint());
}

TEST_CASE("pretrain: ResNet-18 resumes with the same bits", "[slow]") {
    use_all_threads();
    const Run run;
    auto options = small_options();
    options.epochs = 3;
    options.image_size = 64;
    options.precision = "auto";
    const auto images = small_images(24);
    const auto make = [] {
        torch::manual_seed(3);
        return std::make_shared<SmallMethod>(std::make_shared<ResNet>("resnet18"));
    };
    struct Crash {};
    const auto undisturbed = make(), resumed = make();
    pretrain(*undisturbed, images, all_of(images), options, torch::kCPU);
    CHECK_THROWS_AS(pretrain(*make(), images, all_of(images), options, torch::kCPU,
                             {run.checkpoint(), "run",
                              [](const EpochRecord& record) {
                                  if (record.epoch == 1) throw Crash{};
                              }}),
                    Crash);
    pretrain(*resumed, images, all_of(images), options, torch::kCPU, {run.checkpoint(), "run"});
    const auto a = state_of(*undisturbed), b = state_of(*resumed);
    for (std::size_t i = 0; i < a.size(); ++i) {
        CAPTURE(a[i].first);
        CHECK(torch::equal(a[i].second, b[i].second));
    }
}

TEST_CASE("pretrain: the process that gets killed", "[.pretrain_child]") {
    const char* folder = std::getenv("MLVICX_TEST_RUN");
    REQUIRE(folder != nullptr);
    const std::filesystem::path here(folder);
    catch_interrupts();
    try {
        run_small(here / "run.safetensors",
                  [&](const EpochRecord&) { std::ofstream(here / "epochs", std::ios::app) << '.' << std::flush; });
    } catch (const Interrupted&) {
        std::_Exit(interrupted_status);
    }
}
