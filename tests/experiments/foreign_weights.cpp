#include "experiments/encoder_table.h"

#include "methods/resnet.h"
#include "methods/weight_names.h"
#include "methods/weights.h"
#include "tests/support/catch.h"
#include "tests/support/named_tensors.h"
#include "tests/support/noise.h"
#include "tests/support/temporary.h"

#include <torch/torch.h>

#include <functional>
#include <limits>

using namespace mlvicx;

namespace {

using Change = std::function<void(std::string& name, torch::Tensor& value)>;

/// A ResNet-18 with batch norms that are not at their initial values.
const ResNet& source() {
    static const ResNet net = [] {
        ResNet made("resnet18");
        const torch::NoGradGuard no_grad;
        for (auto& [name, tensor] : state_of(made))
            if (tensor.dim() == 1) tensor.copy_(1 + 0.2 * noise(tensor.sizes().vec(), 70));
        return made;
    }();
    return net;
}

NamedTensors changed(const Change& change, const Encoder& encoder = source()) {
    NamedTensors state;
    for (auto [name, value] : state_of(encoder)) {
        value = value.detach().clone();
        change(name, value);
        state.emplace_back(name, value);
    }
    return state;
}

NamedTensors with_prefix(const std::string& prefix, NamedTensors state = state_of(source())) {
    for (auto& entry : state) entry.first = prefix + entry.first;
    return state;
}

/// torch.nn.Sequential's numbers, as nn.Sequential(*resnet18().children()) has them.
NamedTensors numbered(const std::string& prefix, NamedTensors state = state_of(source())) {
    for (auto& [name, value] : state)
        for (const auto& [child, number] : {std::pair("conv1.", "0."),
                                            {"bn1.", "1."},
                                            {"layer1.", "4."},
                                            {"layer2.", "5."},
                                            {"layer3.", "6."},
                                            {"layer4.", "7."}})
            if (name.starts_with(child)) {
                name = prefix + number + name.substr(std::string(child).size());
                break;
            }
    return state;
}

NamedTensors both(NamedTensors first, const NamedTensors& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

/// The same network a little further on, as a moving average is.
NamedTensors average() {
    return changed([](const std::string&, torch::Tensor& value) {
        if (value.is_floating_point()) value *= 1.01;
    });
}

NamedTensors some(const std::vector<std::string>& names) {
    NamedTensors tensors;
    for (const auto& name : names) tensors.emplace_back(name, torch::ones({2, 2}));
    return tensors;
}

struct Opened {
    TempFolder folder;
    std::filesystem::path file = folder / "w.safetensors";
    explicit Opened(const NamedTensors& tensors) { save_tensors(file, tensors, {}); }
    std::string notes() const {
        std::vector<std::string> notes;
        with_torchvision_names(Safetensors(file), &notes);
        std::string text;
        for (const auto& note : notes) text += note + "\n";
        return text;
    }
    std::string refusal() const {
        return message_of([&] { load_encoder(file); });
    }
};

/// The context bottlenecks of an encoder under the names of MLVICX's release, children of the module `parent`.
NamedTensors released_context(const Encoder& encoder, const std::string& parent) {
    NamedTensors tensors;
    for (const auto& [name, value] : state_of(encoder)) {
        if (!name.starts_with("context.")) continue;
        const std::string part = contains(name, "squeeze")  ? "cam.fc.0.weight"
                                 : contains(name, "expand") ? "cam.fc.2.weight"
                                                            : "sam.conv1.weight";
        tensors.emplace_back(parent + "cbt" + std::to_string(name[8] - '0' + 1) + "." + part, value);
    }
    return tensors;
}

} // namespace

TEST_CASE("foreign weights: files of other code bases load bit by bit, and what was left out is counted", "[unit]") {
    struct Layout {
        const char* from;
        NamedTensors tensors;
        std::vector<std::string> says;
    };
    const auto state = state_of(source());
    for (const auto& layout : std::vector<Layout>{
             {"torchvision, timm", both(state, some({"fc.weight", "fc.bias"})), {"left out 2 other tensors (fc (2))"}},
             {"solo-learn",
              both(both(with_prefix("backbone."), with_prefix("momentum_backbone.", average())),
                   some({"classifier.weight", "projector.0.weight", "projector.3.weight", "queue"})),
              {"removed the prefix \"backbone.\"", "not its average or state under \"momentum_backbone.\"",
               "left out 124 other tensors (classifier, momentum_backbone (120), projector (2), queue)"}},
             {"lightly",
              both(both(numbered("backbone."), numbered("backbone_momentum.", average())),
                   some({"projection_head.layers.0.weight"})),
              {"numbered layers", "\"backbone_momentum.\""}},
             {"byol-pytorch",
              both(both(both(with_prefix("net."), with_prefix("online_encoder.net.")),
                        with_prefix("target_encoder.net.", average())),
                   some({"net.fc.weight", "online_encoder.projector.net.0.weight"})),
              {"its equal copy under \"online_encoder.net.\" is ignored", "under \"target_encoder.net.\""}},
             {"MoCo v3",
              both(both(with_prefix("module.base_encoder."), with_prefix("module.momentum_encoder.", average())),
                   some({"module.base_encoder.fc.0.weight", "module.predictor.0.weight"})),
              {"removed the prefix \"module.base_encoder.\"",
               "(module.base_encoder.fc, module.momentum_encoder (120), module.predictor)"}},
             {"SwAV",
              both(with_prefix("module."), some({"module.projection_head.0.weight", "module.prototypes.weight"})),
              {"left out 2 other tensors (module.projection_head, module.prototypes)"}},
             {"torch.compile over DataParallel", with_prefix("_orig_mod.module.encoder."), {}},
             {"CoBooM",
              both(both(numbered("online_network.encoder."), numbered("target_network.encoder.", average())),
                   some({"online_network.projetion.bn1.weight", "codebook._ema_w", "sa.query_linear.weight"})),
              {"removed the prefix \"online_network.encoder.\"", "\"target_network.encoder.\""}},
             {"numbered with its classifier",
              both(numbered("model."), some({"model.9.weight", "model.10.weight"})),
              {"(model.10, model.9)"}},
         }) {
        INFO(layout.from);
        const Opened opened(layout.tensors);
        const auto notes = opened.notes();
        INFO(notes);
        for (const auto& part : layout.says) CHECK(contains(notes, part));
        const auto loaded = load_encoder(opened.file);
        CHECK(loaded->name() == "resnet18");
        CHECK(equal_state(*loaded, source()));
    }
}

TEST_CASE("foreign weights: MLVICX's release loads with its context bottlenecks if they are complete", "[unit]") {
    const auto encoder = make_encoder("resnet18+context");
    const auto backbone = backbone_of(*encoder);
    for (const std::string parent : {"", "online.", "model.encoder."}) {
        const auto head = some({parent + "projetion.l1.0.weight", parent + "resize_project.convs.0.weight"});
        const auto network = both(numbered(parent + "encoder.", state_of(*backbone)), head);
        const auto context = released_context(*encoder, parent);
        CHECK(context.size() == 15);
        const Opened whole(both(network, context));
        CHECK(contains(whole.notes(), "read 15 tensors of MLVICX's release"));
        const auto loaded = load_encoder(whole.file);
        CHECK(loaded->name() == "resnet18+context");
        CHECK(equal_state(*loaded, *encoder));
        const auto plain = make_encoder("resnet18");
        load_encoder_weights(*plain, whole.file);
        CHECK(equal_state(*plain, *backbone));

        const Opened part(both(network, without(context, parent + "cbt3.cam.fc.2.weight")));
        CHECK(contains(part.refusal(), "missing context.2.expand.weight [128, 64, 1, 1]"));
        const Opened other(both(both(network, context), some({parent + "cbt3.cam.fc.2.bias"})));
        CHECK(contains(other.refusal(), "unexpected context.2.cam.fc.2.bias [2, 2]"));
        const Opened none(network);
        CHECK(load_encoder(none.file)->name() == "resnet18");
    }
}

TEST_CASE("foreign weights: a stem of one channel gives the same output on grey images", "[unit]") {
    torch::Tensor grey_weight;
    const Opened opened(changed([&](const std::string& name, torch::Tensor& value) {
        if (name == "conv1.weight") grey_weight = value = value.sum(1, true);
    }));
    const auto loaded = load_encoder(opened.file);
    const auto weight = loaded->named_parameters()["conv1.weight"];
    REQUIRE(weight.sizes() == torch::IntArrayRef({64, 3, 7, 7}));
    // ImageNet's mean and standard deviation by channel, as all encoders get their images.
    const auto mean = torch::tensor({0.485, 0.456, 0.406}, torch::kFloat64).view({1, 3, 1, 1});
    const auto deviation = torch::tensor({0.229, 0.224, 0.225}, torch::kFloat64).view({1, 3, 1, 1});
    const auto grey = (noise({2, 1, 40, 40}, 71) + 1) / 2;
    const auto three = torch::conv2d((grey - mean) / deviation, weight.to(torch::kFloat64), {}, 2, 3);
    const double scale = (1 / deviation).mean().item<double>();
    const double middle = (mean / deviation).mean().item<double>() / scale;
    CHECK(middle == Approx(0.4488).epsilon(1e-4));
    CHECK(1 / scale == Approx(0.2260).epsilon(1e-3));
    const auto one = torch::conv2d((grey - middle) * scale, grey_weight.to(torch::kFloat64), {}, 2, 3);
    CHECK(largest_gap(one, three) < 1e-6 * one.abs().max().item<double>());
}

TEST_CASE("foreign weights: other types and shapes of the same weights are converted", "[unit]") {
    for (const auto type : {torch::kFloat16, torch::kBFloat16, torch::kFloat64}) {
        const Opened opened(changed([&](const std::string&, torch::Tensor& value) {
            if (value.is_floating_point()) value = value.to(type);
        }));
        const auto loaded = load_encoder(opened.file);
        for (const auto& [name, value] : state_of(source())) {
            const auto expected = value.is_floating_point() ? value.to(type).to(torch::kFloat32) : value;
            const auto found = loaded->named_parameters().contains(name) ? loaded->named_parameters()[name]
                                                                         : loaded->named_buffers()[name];
            CHECK(torch::equal(found, expected));
        }
    }
    const Opened norms(changed([](const std::string& name, torch::Tensor& value) {
        if (value.dim() == 1) value = value.view({1, -1, 1, 1});
        if (contains(name, "downsample.0")) value = value.flatten(1);
    }));
    CHECK(equal_state(*load_encoder(norms.file), source()));
    const Opened counters(changed([](const std::string&, torch::Tensor& value) {
        if (value.dim() == 0) value = value.to(torch::kFloat32).view({1});
    }));
    CHECK(equal_state(*load_encoder(counters.file), source()));
}

TEST_CASE("foreign weights: what matches only in part is refused with both sides", "[unit]") {
    const auto state = state_of(source());
    NamedTensors half;
    for (const auto& entry : state)
        if (!entry.first.starts_with("layer4.")) half.push_back(entry);
    const auto text = Opened(both(half, some({"stage4.0.conv1.weight"}))).refusal();
    INFO(text);
    CHECK(contains(
        text, "w.safetensors: the weights do not fit the network: missing layer4.0.conv1.weight [512, 256, 3, 3]"));
    CHECK(contains(text, ", ... (25 in all); unexpected stage4.0.conv1.weight [2, 2]"));
    CHECK(
        contains(Opened(both(state, some({"attention.0.weight"}))).refusal(), "unexpected attention.0.weight [2, 2]"));
    CHECK(
        contains(Opened(both(state, some({"layer1.0.se.fc1.weight"}))).refusal(), "unexpected layer1.0.se.fc1.weight"));
    CHECK(contains(Opened(both(state, numbered(""))).refusal(), "unexpected 0.weight [64, 3, 7, 7]"));
    CHECK(contains(Opened(both(with_prefix("a."), with_prefix("b.", average()))).refusal(),
                   "has 2 ResNets, with the prefixes \"a.\" and \"b.\""));
    CHECK(contains(Opened(both(released_context(*make_encoder("resnet18+context"), ""),
                               both(numbered("encoder."), some({"encoder.cbt1.cam.fc.0.weight"}))))
                       .refusal(),
                   "would both be context.0.squeeze.weight; expected one of them"));
}

TEST_CASE("foreign weights: other networks than ResNet-18 and -50 are named", "[unit]") {
    const auto state = state_of(source());
    CHECK(
        contains(Opened(both(state, some({"layer1.2.conv1.weight"}))).refusal(),
                 "holds a ResNet with 3, 2, 2, 2 blocks of two convolutions in its stages; expected 2, 2, 2, 2 of two "
                 "(resnet18) or 3, 4, 6, 3 of three (resnet50)"));
    for (const auto& [shape, says] :
         {std::pair(std::vector<std::int64_t>{64, 3, 3, 3}, "[64, 3, 3, 3]"), // CIFAR's stem
          {{64, 4, 7, 7}, "[64, 4, 7, 7]"},
          {{64, 1, 7, 7, 7}, "[64, 1, 7, 7, 7]"}, // of volumes
          {{7, 7, 3, 64}, "[7, 7, 3, 64]"}}) {    // channels last, from other frameworks
        const auto text = Opened(changed([&](const std::string& name, torch::Tensor& value) {
                              if (name == "conv1.weight") value = torch::zeros(shape);
                          })).refusal();
        INFO(text);
        CHECK(contains(text, std::string("wrong conv1.weight is ") + says + " in the file, [64, 3, 7, 7] expected"));
    }
}

TEST_CASE("foreign weights: values that no weights have are refused in every type, and nothing is loaded", "[unit]") {
    for (const auto type : {torch::kFloat16, torch::kBFloat16, torch::kFloat64}) {
        const Opened opened(changed([&](const std::string& name, torch::Tensor& value) {
            if (value.is_floating_point()) value = value.to(type);
            if (name == "layer2.0.conv1.weight") value.view(-1)[3] = std::numeric_limits<double>::quiet_NaN();
        }));
        const auto target = make_encoder("resnet18"), before = make_encoder("resnet18");
        copy_state(*target, *before);
        const auto text = message_of([&] { load_encoder_weights(*target, opened.file); });
        CHECK(contains(text, "w.safetensors: tensor layer2.0.conv1.weight [128, 64, 3, 3] has 1 value that no weights "
                             "have (the first is nan, at element 3)"));
        CHECK(equal_state(*target, *before));
    }
}
