#include "experiments/encoder_table.h"

#include "core/error.h"
#include "methods/resnet.h"
#include "methods/weights.h"
#include "tests/support/catch.h"
#include "tests/support/named_tensors.h"
#include "tests/support/temporary.h"

#include <torch/torch.h>

using namespace mlvicx;

TEST_CASE("weights: files with torchvision's fc, or without counters, load", "[unit]") {
    const TempFolder folder;
    const ResNet source("resnet18");
    auto state = state_of(source);
    state.emplace_back("fc.weight", torch::rand({1000, 512}));
    state.emplace_back("fc.bias", torch::rand({1000}));
    for (const auto& item : source.named_buffers())
        if (contains(item.key(), "num_batches_tracked")) state = without(state, item.key());
    save_tensors(folder / "a.safetensors", state, {});

    ResNet target("resnet18");
    CHECK_FALSE(equal_state(source, target));
    load_state(target, Safetensors(folder / "a.safetensors"), {"fc."});
    CHECK(equal_state(source, target));
    const auto encoder = load_encoder(folder / "a.safetensors");
    CHECK(encoder->name() == "resnet18");
    CHECK(equal_state(source, *encoder));
}

TEST_CASE("encoders: every encoder is read back from its file unchanged", "[unit]") {
    const TempFolder folder;
    CHECK(encoder_table().size() == 8);
    for (const auto& entry : encoder_table()) {
        const std::string& name = entry.name;
        const auto encoder = make_encoder(name);
        CHECK(encoder->name() == name);
        CHECK(encoder->another()->name() == name);
        CHECK(backbone_of(*encoder)->name() == entry.backbone);
        save_encoder(folder / "a.safetensors", *encoder, {{"method", "test"}});
        const auto loaded = load_encoder(folder / "a.safetensors");
        CHECK(loaded->name() == name);
        CHECK(equal_state(*encoder, *loaded));
        CHECK(Safetensors(folder / "a.safetensors").meta("method") == "test");
    }
}

TEST_CASE("encoders: a file without metadata is recognised by its tensors", "[unit]") {
    const TempFolder folder;
    for (const std::string name : {"resnet18", "resnet18+context", "resnet18+channel_context",
                                   "resnet18+spatial_context", "resnet50", "resnet50+spatial_context"}) {
        const auto encoder = make_encoder(name);
        save_tensors(folder / "a.safetensors", state_of(*encoder), {});
        CHECK(load_encoder(folder / "a.safetensors")->name() == name);
    }
}

TEST_CASE("encoders: plain and context files serve each other's backbone", "[unit]") {
    const TempFolder folder;
    const auto plain = make_encoder("resnet18"), context = make_encoder("resnet18+context");
    save_encoder(folder / "plain.safetensors", *plain);
    save_encoder(folder / "context.safetensors", *context);

    auto from_context = make_encoder("resnet18");
    load_encoder_weights(*from_context, folder / "context.safetensors");
    CHECK(equal_state(*from_context, *backbone_of(*context)));

    auto from_plain = make_encoder("resnet18+context");
    const auto gate = from_plain->named_parameters()["context.2.spatial.weight"].clone();
    load_encoder_weights(*from_plain, folder / "plain.safetensors");
    CHECK(equal_state(*backbone_of(*from_plain), *plain));
    CHECK(torch::equal(gate, from_plain->named_parameters()["context.2.spatial.weight"]));

    load_encoder_weights(*from_plain, folder / "context.safetensors");
    CHECK(equal_state(*from_plain, *context));
}

TEST_CASE("encoders: context bottlenecks with one part do not pass for whole ones", "[unit]") {
    const TempFolder folder;
    const auto channel = make_encoder("resnet18+channel_context"), whole = make_encoder("resnet18+context");
    save_encoder(folder / "channel.safetensors", *channel);
    save_encoder(folder / "whole.safetensors", *whole);
    CHECK(contains(message_of([&] { load_encoder_weights(*whole, folder / "channel.safetensors"); }),
                   "missing context.0.spatial.weight"));
    CHECK(contains(message_of([&] { load_encoder_weights(*channel, folder / "whole.safetensors"); }),
                   "context.0.spatial.weight"));
    auto plain = make_encoder("resnet18");
    load_encoder_weights(*plain, folder / "channel.safetensors");
    CHECK(equal_state(*plain, *backbone_of(*channel)));
}

TEST_CASE("encoders: what does not fit is refused", "[unit]") {
    const TempFolder folder;
    const auto small = make_encoder("resnet18");
    save_encoder(folder / "a.safetensors", *small);
    auto large = make_encoder("resnet50");
    const auto text = message_of([&] { load_encoder_weights(*large, folder / "a.safetensors"); });
    CHECK(contains(text, "missing layer1.0.conv3.weight [256, 64, 1, 1]"));
    CHECK(contains(text, "layer1.0.conv1.weight is [64, 64, 3, 3] in the file, [64, 64, 1, 1] expected"));

    save_tensors(folder / "b.safetensors", {{"weight", torch::rand({3})}}, {});
    CHECK(contains(message_of([&] { load_encoder(folder / "b.safetensors"); }), "no ResNet"));
    save_tensors(folder / "c.safetensors", state_of(*small), {{"encoder", "vit"}});
    CHECK(contains(message_of([&] { load_encoder(folder / "c.safetensors"); }), "\"vit\""));
    const auto half = without(state_of(*make_encoder("resnet18+context")), "context.4.expand.weight");
    save_tensors(folder / "d.safetensors", half, {});
    CHECK(contains(message_of([&] { load_encoder(folder / "d.safetensors"); }),
                   "missing context.4.expand.weight [512, 256, 1, 1]"));
    CHECK_THROWS_AS(make_encoder("resnet18+"), UserError);
    CHECK_THROWS_AS(make_encoder("+context"), UserError);
    CHECK_THROWS_AS(load_encoder(folder / "none.safetensors"), UserError);
}
