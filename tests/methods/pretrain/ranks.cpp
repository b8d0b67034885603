// R ranks with B / R images each are one rank with B: real processes that meet through Gloo.
#include "methods/pretrain/ranks.h"
#include "baselines/barlow_twins.h"
#include "baselines/byol.h"
#include "baselines/simclr.h"
#include "baselines/vicreg.h"
#include "methods/views/images.h"
#include "methods/weights.h"
#include "mlvicx/context_encoder.h"
#include "mlvicx/mlvicx.h"

#include "tests/support/normed_encoder.h"
#include "tests/support/rank_children.h"
#include "tests/support/small_method.h"

#include <cmath>
#include <fstream>
#include <map>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

const torch::Device cpu(torch::kCPU);
constexpr std::int64_t batch = 8;
constexpr int steps = 3;

// ---- equality
// --------------------------------------------------------------------------------------------------------

std::shared_ptr<Method> method_of(const std::string& name) {
    torch::manual_seed(5);
    const auto encoder = std::make_shared<NormedEncoder>();
    if (name == "simclr") {
        SimclrOptions options;
        options.hidden = 24, options.output = 12;
        return make_simclr(encoder, options);
    }
    if (name == "byol") {
        ByolOptions options;
        options.hidden = 24, options.output = 12;
        return make_byol(encoder, options);
    }
    if (name == "vicreg") {
        VicregOptions options;
        options.hidden = options.output = 24;
        return make_vicreg(encoder, options);
    }
    if (name == "barlow_twins") {
        BarlowTwinsOptions options;
        options.hidden = options.output = 12; // above twice the images the loss has another form, which vicreg has too
        return make_barlow_twins(encoder, options);
    }
    MlvicxOptions options;
    options.hidden = options.output = 24;
    options.level_channels = 4;
    return make_mlvicx(std::make_shared<ContextEncoder>("resnet18"), options);
}

/// The tensors of a run that must be equal: the first step's views and gradients, losses, and the state at the end.
using Trace = std::map<std::string, torch::Tensor>;

PretrainOptions traced_options() {
    auto options = small_options();
    options.batch_size = batch;
    options.image_size = 32;
    return options;
}

/// Trains a few steps in float64, as `pretrain` does in float32.
Trace trace_of(const std::string& name, World* world, const PretrainOptions& options = traced_options()) {
    const OneThread one_thread;
    const auto images = small_images(batch * steps);
    const auto method = method_of(name);
    method->to(torch::kFloat64);
    method->train();
    OptimizerOptions lars;
    lars.weight_decay = 1e-3;
    NamedTensors trained;
    for (const auto& item : method->named_parameters())
        if (item.value().requires_grad()) trained.emplace_back(item.key(), item.value());
    const auto optimizer = make_optimizer(lars, trained);
    Ranks ranks(world, options, *method);
    Trace trace;
    std::vector<torch::Tensor> losses;
    for (int step = 0; step < steps; ++step) {
        std::vector<std::int64_t> chosen;
        for (std::int64_t i = 0; i < batch; ++i) chosen.push_back((step * batch + 5 * i) % (batch * steps));
        chosen = ranks.own_part(chosen);
        const auto own = take_images(images, chosen, cpu);
        const auto view = [&](int number) {
            return encoder_input(make_views(own, chosen, options.view1, options.image_size, {7, step, number}))
                .to(torch::kFloat64);
        };
        const auto a = view(0), b = view(1);
        optimizer->zero_grad();
        const auto shared = ranks.share();
        const auto output = method->step(a, b);
        losses.push_back(output.loss.detach());
        ranks.backward(output.loss);
        if (step == 0) {
            trace["views"] = world != nullptr ? world->gather(torch::cat({a, b}, 1)) : torch::cat({a, b}, 1);
            for (const auto& [key, parameter] : trained)
                if (parameter.grad().defined()) trace["gradient." + key] = parameter.grad().clone();
        }
        optimizer->step(0.1);
        method->after_step((step + 1.0) / steps);
    }
    trace["losses"] = torch::stack(losses);
    for (const auto& [key, tensor] : state_of(*method)) trace["state." + key] = tensor.detach().clone();
    return trace;
}

/// The largest difference over all tensors that begin with `prefix`, relative to the largest value of them all.
double difference(const Trace& a, const Trace& b, const std::string& prefix) {
    double gap = 0, size = 0;
    for (const auto& [name, tensor] : a)
        if (name.rfind(prefix, 0) == 0) {
            gap = std::max(gap, largest_gap(tensor, b.at(name)));
            size = std::max(size, tensor.to(torch::kFloat64).abs().max().item<double>());
        }
    REQUIRE(size > 0);
    return gap / size;
}

void check_equal(const std::string& methods, int size) {
    if (!world_fault().empty()) SKIP_TEST(world_fault().c_str());
    const TempFolder folder;
    RankChildren children(folder, size, "rank_trace", methods);
    std::map<std::string, Trace> alone;
    std::istringstream names(methods);
    for (std::string name; names >> name;) alone[name] = trace_of(name, nullptr);
    for (int rank = 0; rank < size; ++rank) {
        INFO("rank " << rank << ": " << children.errors(rank));
        REQUIRE(children.status(rank) == 0);
    }
    for (const auto& [name, expected] : alone)
        for (int rank = 0; rank < size; ++rank) {
            CAPTURE(name, rank);
            const Safetensors file(folder / fmt::format("{}.{}", name, rank));
            Trace found;
            for (const auto& [key, view] : file.tensors()) found[key] = to_tensor(file, key).clone();
            REQUIRE(found.size() == expected.size());
            CHECK(difference(expected, found, "views") == 0);
            CHECK(difference(expected, found, "losses") < 1e-9);
            CHECK(difference(expected, found, "gradient") < 1e-9);
            CHECK(difference(expected, found, "state") < 1e-9);
        }
}

} // namespace

TEST_CASE("ranks: two processes with half the batch each are one process with the batch, for all methods", "[unit]") {
    check_equal("simclr byol vicreg barlow_twins mlvicx", 2);
}

TEST_CASE("ranks: four processes with a quarter of the batch each are one process with the batch, for all methods",
          "[slow]") {
    check_equal("simclr byol vicreg barlow_twins mlvicx", 4);
}

TEST_CASE("ranks: the processes of the equality", "[.rank_trace]") {
    const RankWork own;
    const auto world = join_world(own.place);
    std::istringstream names(own.work);
    for (std::string name; names >> name;) {
        NamedTensors tensors;
        for (const auto& [key, tensor] : trace_of(name, world.get())) tensors.emplace_back(key, tensor.contiguous());
        save_tensors(own.folder / fmt::format("{}.{}", name, own.place.rank), tensors, {});
    }
}

// ---- the whole loop
// --------------------------------------------------------------------------------------------------

namespace {

struct Stop {};

std::shared_ptr<SmallMethod> looped_method() {
    torch::manual_seed(8);
    return std::make_shared<SmallMethod>(std::make_shared<NormedEncoder>());
}

PretrainOptions looped_options() {
    auto options = small_options();
    options.epochs = 6;
    return options;
}

/// Pre-trains to the end, or until epoch `stop` is finished.
std::vector<EpochRecord> run_loop(SmallMethod& method, const std::filesystem::path& checkpoint, World* world,
                                  std::int64_t stop = -1) {
    const OneThread one_thread;
    const auto images = small_images();
    return pretrain(method, images, all_of(images), looped_options(), cpu,
                    {.checkpoint = checkpoint,
                     .identity = "run",
                     .on_epoch =
                         [&](const EpochRecord& record) {
                             if (record.epoch == stop) throw Stop{};
                         },
                     .world = world});
}

} // namespace

TEST_CASE("ranks: a checkpoint is continued by another number of ranks", "[unit]") {
    if (!world_fault().empty()) SKIP_TEST(world_fault().c_str());
    const TempFolder folder;
    const auto undisturbed = looped_method();
    const auto expected = run_loop(*undisturbed, "", nullptr);
    for (const auto& [size, stop] : {std::pair{2, 1}, {4, 3}}) { // one process ends it
        RankChildren children(folder, size, "rank_loop", std::to_string(stop));
        for (int rank = 0; rank < size; ++rank) {
            INFO("rank " << rank << ": " << children.errors(rank));
            REQUIRE(children.status(rank) == 0);
        }
    }
    const auto resumed = looped_method();
    const auto records = run_loop(*resumed, folder / "loop", nullptr);
    REQUIRE(records.size() == expected.size());
    for (std::size_t i = 0; i < records.size(); ++i)
        for (std::size_t k = 0; k < records[i].values.size(); ++k) {
            const auto& [name, value] = records[i].values[k];
            CAPTURE(i, name);
            CHECK(name == expected[i].values[k].first);
            if (name == "loss" || name == "embedding_std" || name == "embeddings" || name == "learning_rate")
                CHECK(value == Approx(expected[i].values[k].second).epsilon(1e-4)); // float32
        }
    const auto a = state_of(*undisturbed), b = state_of(*resumed);
    for (std::size_t i = 0; i < a.size(); ++i) {
        CAPTURE(a[i].first);
        CHECK(largest_gap(a[i].second, b[i].second) < 1e-4);
    }
}

TEST_CASE("ranks: the processes of a pre-training that ends early", "[.rank_loop]") {
    const RankWork own;
    const auto world = join_world(own.place);
    const auto method = looped_method();
    CHECK_THROWS_AS(run_loop(*method, own.folder / "loop", world.get(), std::stoll(own.work)), Stop);
}

// ---- in one process
// --------------------------------------------------------------------------------------------------

TEST_CASE("ranks: a batch that cannot be shared is refused", "[unit]") {
    auto options = looped_options();
    const auto method = looped_method();
    const auto refusal = [&](World* world) { return message_of([&] { Ranks(world, options, *method); }); };
    AloneWorld three(3), four(4);
    CHECK(refusal(&three) ==
          "batch_size is 8, which 3 ranks cannot share equally; expected a multiple of 3, such as 9");
    CHECK(refusal(&four).empty());
    options.norm_batch = 4;
    CHECK(contains(refusal(&four), "norm_batch is 4 of a batch_size of 8, so 2 ranks train it"));
    CHECK(contains(refusal(nullptr), "here is 1"));
    options.norm_batch = 3;
    CHECK(contains(message_of([&] { require_valid(options, "plan"); }), "plan.norm_batch is 3"));
}

TEST_CASE("ranks: norm_batch belongs to a run's identity only where it changes something", "[unit]") {
    const auto identity = [](const char* text) {
        auto options = looped_options();
        const auto visit = [&](Fields& f) { fields(f, options); };
        overlay(json::parse(text), "plan", "$", visit);
        return json::serialize(resolved(visit));
    };
    const auto without = identity("{}");
    CHECK_FALSE(contains(without, "norm_batch"));
    CHECK(identity(R"({"norm_batch": 8})") == without); // the whole batch
    CHECK(contains(identity(R"({"norm_batch": 4})"), "\"norm_batch\":4"));
}

TEST_CASE("ranks: networks with batch norms that cannot be shared are refused", "[unit]") {
    AloneWorld two(2);
    const auto method = small_method(); // with LibTorch's own
    CHECK_THROWS_AS(Ranks(&two, looped_options(), *method), InternalError);
    auto options = looped_options();
    options.norm_batch = 4; // shares none
    CHECK_NOTHROW(Ranks(&two, options, *method));
}
