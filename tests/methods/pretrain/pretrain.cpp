#include "methods/pretrain/pretrain.h"
#include "core/files.h"
#include "core/safetensors.h"
#include "methods/device/torch_version.h"
#include "methods/weights.h"

#include "tests/support/bf16.h"
#include "tests/support/catch.h"
#include "tests/support/pretrained.h"
#include "tests/support/small_method.h"
#include "tests/support/temporary.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

using namespace mlvicx;

namespace {

const torch::Device cpu(torch::kCPU);

struct Crash {};

/// Trains `make`'s method with and without a crash after every second epoch and compares everything.
void check_resume(const std::function<std::shared_ptr<Method>()>& make, const PretrainOptions& options,
                  const torch::Tensor& images, std::int64_t crash_every) {
    const auto undisturbed = make(), resumed = make();
    const auto expected = pretrain(*undisturbed, images, all_of(images), options, cpu);
    const TempFolder folder;
    const auto file = folder / "resume.safetensors";
    std::vector<EpochRecord> records;
    for (int starts = 0; records.empty(); ++starts) {
        REQUIRE(starts < 20);
        const auto method = make(); // a new process would start with these weights
        try {
            records = pretrain(*method, images, all_of(images), options, cpu,
                               {file, "run", [&](const EpochRecord& r) {
                                    if ((r.epoch + 1) % crash_every == 0 && r.epoch + 1 < options.epochs) throw Crash{};
                                }});
            CHECK(starts == (options.epochs - 1) / crash_every);
            CHECK(equal_states(*method, *undisturbed));
        } catch (const Crash&) {
        }
    }
    CHECK(equal_records(records, expected));
    // A finished run returns at once, with its weights.
    const auto again = make();
    CHECK(equal_records(pretrain(*again, images, all_of(images), options, cpu, {file, "run"}), expected));
    CHECK(equal_states(*again, *undisturbed));
}

} // namespace

TEST_CASE("pretrain: a run resumed from checkpoints ends like an uninterrupted one, to the bit", "[unit]") {
    const OneThread one_thread;
    for (const char* optimizer : {"lars", "sgd", "adamw"}) {
        auto options = small_options();
        options.optimizer.name = optimizer;
        options.optimizer.learning_rate = std::string(optimizer) == "adamw" ? 1e-3 : 0.2;
        check_resume([] { return small_method(); }, options, small_images(), 3);
    }
}

TEST_CASE("pretrain: the loss falls, and each epoch is recorded", "[unit]") {
    const OneThread one_thread;
    auto options = small_options();
    options.optimizer.name = "adamw";
    options.optimizer.learning_rate = 2e-2;
    for (auto* recipe : {&options.view1, &options.view2}) {
        recipe->crop_low = 0.9; // an easy task
        recipe->flip = recipe->jitter = recipe->blur = 0;
    }
    const auto images = small_images();
    const auto method = small_method();
    std::vector<std::int64_t> seen;
    const auto records = pretrain(*method, images, all_of(images), options, cpu,
                                  {.on_epoch = [&](const EpochRecord& record) { seen.push_back(record.epoch); }});
    REQUIRE(records.size() == 10);
    CHECK(seen == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(value_of(records.back(), "loss") < 0.9 * value_of(records.front(), "loss"));
    for (const auto& record : records) {
        const double sum =
            25 * value_of(record, "invariance") + 25 * value_of(record, "variance") + value_of(record, "covariance");
        CHECK(value_of(record, "loss") == Approx(sum).epsilon(1e-5));
        CHECK(value_of(record, "images_per_second") > 0);
        CHECK(value_of(record, "embedding_std") > 0);
        const double rank = value_of(record, "effective_rank");
        CHECK((rank >= 1 && rank <= 16)); // a linear head on 16 features
        CHECK(value_of(record, "dimensions") == 32);
        CHECK(value_of(record, "embeddings") == 32); // four batches of 8
    }
}

TEST_CASE("pretrain: the learning rate is per 256 images under LARS and SGD, and follows the schedule", "[unit]") {
    const OneThread one_thread;
    auto options = small_options();
    options.epochs = 4;
    const auto images = small_images();
    for (const char* name : {"lars", "sgd", "adamw"}) {
        options.optimizer.name = name;
        const double base = std::string(name) == "adamw" ? 0.2 : 0.2 * 8 / 256;
        const auto records = pretrain(*small_method(), images, all_of(images), options, cpu);
        CHECK(value_of(records[0], "learning_rate") == Approx(base * 3 / 4)); // step 3 of a warm-up of 4
        const double share = (1 + std::cos(M_PI * 7 / 12)) / 2;               // step 7 of the cosine's 12
        CHECK(value_of(records[2], "learning_rate") == Approx(base * (share + 0.001 * (1 - share))));
    }
}

TEST_CASE("pretrain: an epoch takes each chosen image at most once, in its own order", "[unit]") {
    const OneThread one_thread;
    // Flat images whose grey value is their index, and views that leave them unchanged.
    std::vector<torch::Tensor> flat;
    for (int i = 0; i < 60; ++i) flat.push_back(torch::full({1, 24, 24}, i, torch::kUInt8));
    const std::vector<std::int64_t> chosen{3, 50, 7, 8, 21, 22, 23, 40, 41, 59, 12};
    auto options = small_options();
    options.epochs = 3;
    options.batch_size = 4;
    for (auto* recipe : {&options.view1, &options.view2}) {
        recipe->crop_low = recipe->ratio_low = recipe->ratio_high = 1;
        recipe->jitter = recipe->blur = recipe->solarize = 0;
    }
    const auto method = small_method();
    std::vector<std::vector<std::int64_t>> epochs{{}};
    method->on_views = [&](const torch::Tensor& a, const torch::Tensor& b) {
        CHECK((a.sizes() == torch::IntArrayRef{4, 3, 24, 24}));
        CHECK(a.is_contiguous(torch::MemoryFormat::ChannelsLast));
        CHECK(torch::allclose(a, b));
        for (int i = 0; i < 4; ++i)
            epochs.back().push_back(std::lround((a[i][0].mean().item<double>() * 0.229 + 0.485) * 255));
    };
    pretrain(*method, torch::cat(flat), chosen, options, cpu,
             {.on_epoch = [&](const EpochRecord&) { epochs.emplace_back(); }});
    const std::set<std::int64_t> allowed(chosen.begin(), chosen.end());
    for (int e = 0; e < 3; ++e) {
        const std::set<std::int64_t> used(epochs[e].begin(), epochs[e].end());
        CHECK(epochs[e].size() == 8); // the last three images do not fill a batch
        CHECK(used.size() == 8);
        for (const auto number : used) CHECK(allowed.count(number) == 1);
    }
    CHECK(epochs[0] != epochs[1]);
    CHECK(epochs[1] != epochs[2]);
}

TEST_CASE("pretrain: NaN stops with the step, the terms and the last good checkpoint", "[unit]") {
    const OneThread one_thread;
    const auto images = small_images();
    const TempFolder folder;
    const auto file = folder / "nan.safetensors";
    const auto method = small_method();
    method->poison_at = 9; // the tenth step, in the third epoch
    const auto run = [&](Method& m, const PretrainOptions& options) {
        return message_of([&] { pretrain(m, images, all_of(images), options, cpu, {file, "run"}); });
    };
    const auto message = run(*method, small_options());
    for (const char* part : {"step 10 ", "epoch 3", "loss nan", "variance ", "covariance ", "(step 8)"})
        CHECK(contains(message, part));
    CHECK(contains(message, file.string()));
    CHECK(Safetensors(file).meta("step") == "8");

    std::filesystem::remove(file);
    auto wild = small_options();
    wild.optimizer.name = "sgd";
    wild.optimizer.learning_rate = 1e38;
    const auto diverged = run(*small_method(), wild);
    CHECK(contains(diverged, "training diverged"));
    CHECK(contains(diverged, "no checkpoint has been written yet"));
    CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("pretrain: impossible training options are refused in one sentence", "[unit]") {
    const OneThread one_thread;
    const auto images = small_images(6);
    const auto run = [&](const PretrainOptions& options) {
        return message_of([&] { pretrain(*small_method(), images, all_of(images), options, cpu); });
    };
    auto options = small_options();
    const auto too_few = run(options);
    CHECK((contains(too_few, "batch_size is 8") && contains(too_few, "only 6 images")));
    options.batch_size = 1;
    CHECK(contains(run(options), "batch_size is 1"));
    options.batch_size = 4;
    options.view2.crop_low = 0.9, options.view2.crop_high = 0.5;
    CHECK(contains(run(options), "view2"));
    options.view2 = {};
    options.precision = "fp8";
    CHECK(contains(run(options), "fp8"));
}

TEST_CASE("pretrain: a checkpoint of another run, another shape or a damaged one is refused", "[unit]") {
    const OneThread one_thread;
    const auto images = small_images();
    const TempFolder folder;
    const auto file = folder / "identity.safetensors";
    auto options = small_options();
    options.epochs = 1;
    pretrain(*small_method(), images, all_of(images), options, cpu, {file, "run A"});
    const auto resume = [&](Method& method, const std::string& identity) {
        return message_of([&] { pretrain(method, images, all_of(images), options, cpu, {file, identity}); });
    };
    const auto other = resume(*small_method(), "run B");
    CHECK((contains(other, file.string()) && contains(other, "run A") && contains(other, "run B")));

    class Wider : public SmallMethod {
    public:
        Wider() { register_buffer("more", torch::zeros({3})); }
    } wider;
    CHECK(contains(resume(wider, "run A"), "model.more"));

    const std::string good = read_text(file);
    std::string flipped = good;
    flipped[flipped.size() - 3] ^= 1; // one bit of a number
    write_text(file, flipped);
    CHECK(contains(resume(*small_method(), "run A"), file.string() + ": its tensors have the digest"));
    const std::string step = R"("step":")";
    std::string earlier = good;
    earlier[earlier.find(step) + step.size()] ^= 1;
    write_text(file, earlier);
    CHECK(contains(resume(*small_method(), "run A"), file.string() + ": its header has the digest"));
    write_text(file, good);
    CHECK(resume(*small_method(), "run A").empty());

    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    CHECK(contains(resume(*small_method(), "run A"), file.string()));
    std::ofstream(file, std::ios::trunc);
    CHECK(contains(resume(*small_method(), "run A"), file.string()));
}

TEST_CASE("pretrain: bf16 runs the method under autocast and keeps weights in float32", "[unit]") {
    NEEDS_BF16();
    const OneThread one_thread;
    auto options = small_options();
    options.epochs = 2;
    const auto images = small_images();
    const auto exact = pretrain(*small_method(), images, all_of(images), options, cpu);
    options.precision = "bf16";
    const auto method = small_method();
    bool under_autocast = true;
    method->on_views = [&](const torch::Tensor&, const torch::Tensor&) {
        under_autocast &= autocast_enabled(torch::kCPU);
    };
    const auto rounded = pretrain(*method, images, all_of(images), options, cpu);
    CHECK(under_autocast);
    CHECK_FALSE(autocast_enabled(torch::kCPU));
    for (const auto& parameter : method->parameters()) CHECK(parameter.scalar_type() == torch::kFloat32);
    CHECK(value_of(rounded.back(), "loss") == Approx(value_of(exact.back(), "loss")).epsilon(0.02));
}

TEST_CASE("pretrain: an epoch on a GPU begins with the CPU's loss", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    auto options = small_options();
    options.epochs = 1;
    const auto images = small_images();
    const auto expected = pretrain(*small_method(), images, all_of(images), options, cpu);
    const torch::Device gpu(torch::kCUDA, 0);
    const auto method = small_method();
    method->to(gpu);
    const TempFolder folder;
    const auto file = folder / "gpu.safetensors";
    const auto records = pretrain(*method, images, all_of(images), options, gpu, {file, "run"});
    CHECK(value_of(records[0], "loss") == Approx(value_of(expected[0], "loss")).epsilon(1e-2));
    CHECK(Safetensors(file).meta("step") == "4");
}
