#include "experiments/export_encoder.h"

#include "core/files.h"
#include "experiments/encoder_table.h"
#include "experiments/model_card.h"
#include "methods/weights.h"
#include "tests/support/catch.h"
#include "tests/support/noise.h"
#include "tests/support/python.h"
#include "tests/support/results_fixture.h"

#include <torch/torch.h>

#include <sstream>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

const std::map<std::string, std::string> metadata = {
    {"hash", "h1"},
    {"method", "mlvicx"},
    {"config", R"({"kind":"pretrain","seed":3,"training":{"epochs":300,"batch_size":256,"image_size":224}})"},
    {"dataset", "nih"},
    {"dataset_fingerprint", "f1n9e2"},
    {"health", "healthy"},
    {"suite_version", "0.1.0"},
    {"git_commit", "abc1234"}};

/// An encoder of the suite in `folder`, with batch norms that are not at their initial values.
std::shared_ptr<Encoder> saved(const TempFolder& folder, const std::string& name) {
    auto encoder = make_encoder(name);
    const torch::NoGradGuard no_grad;
    for (auto& [parameter, tensor] : state_of(*encoder))
        if (tensor.dim() == 1) tensor.copy_(1 + 0.2 * noise(tensor.sizes().vec(), 80));
    encoder->eval();
    save_encoder(folder / "e.safetensors", *encoder, metadata);
    return encoder;
}

/// The indented lines of a card after `heading`, as a script.
std::string lines_after(const std::string& card, const std::string& heading) {
    std::istringstream in(card.substr(card.find(heading)));
    std::string script;
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("    "))
            script += line.substr(4) + "\n";
        else if (!script.empty())
            break;
    return script;
}

} // namespace

TEST_CASE("export: torchvision loads the backbone with the card's three lines and gives the same features",
          "[reference]") {
    if (const auto lacks = python_lacks("torch, torchvision, safetensors.torch"); !lacks.empty())
        SKIP_TEST(lacks.c_str());
    for (const std::string name : {"resnet18", "resnet50", "resnet18+context"}) {
        const TempFolder folder;
        const auto backbone = backbone_of(*saved(folder, name));
        export_encoder({folder / "e.safetensors", folder / "b.safetensors", "", false});
        const auto card = read_text(folder / "b.md");
        const auto script = lines_after(card, "## How to load it");
        CHECK(std::count(script.begin(), script.end(), '\n') == 3);
        const auto images = noise({2, 3, 64, 64}, 81).to(torch::kFloat32);
        save_tensors(folder / "images.safetensors", {{"images", images}}, {});
        const auto said = run_python(folder, script + R"(
images = safetensors.torch.load_file("images.safetensors")["images"]
with torch.no_grad(): features = net.eval()(images)
safetensors.torch.save_file({"features": features}, "features.safetensors")
)");
        INFO(name << "\n" << script << said);
        REQUIRE(said.empty());
        const torch::NoGradGuard no_grad;
        backbone->eval();
        const auto ours = backbone->forward(images);
        const auto theirs = to_tensor(Safetensors(folder / "features.safetensors"), "features");
        REQUIRE(theirs.sizes() == ours.sizes());
        CHECK(largest_gap(ours, theirs) < 1e-4 * ours.abs().max().item<double>());
    }
}

TEST_CASE("export: with context bottlenecks torchvision refuses the file, and the card says so", "[reference]") {
    const TempFolder folder;
    saved(folder, "resnet18+context");
    export_encoder({folder / "e.safetensors", folder / "c.safetensors", "", true});
    const auto card = read_text(folder / "c.md");
    CHECK(contains(card, "does not load in torchvision"));
    CHECK(contains(card, "mlvicx-bench export --encoder c.safetensors --out backbone.safetensors"));
    export_encoder({folder / "c.safetensors", folder / "b.safetensors", "", false});
    CHECK(load_encoder(folder / "b.safetensors")->name() == "resnet18");
    if (const auto lacks = python_lacks("torch, torchvision, safetensors.torch"); !lacks.empty())
        SKIP_TEST(lacks.c_str());
    const auto script = lines_after(read_text(folder / "b.md"), "## How to load it");
    CHECK(run_python(folder, script).empty());
    auto wrong = script;
    wrong.replace(wrong.find("b.safetensors"), 13, "c.safetensors");
    CHECK(contains(run_python(folder, wrong), "context.0.squeeze.weight"));
}

TEST_CASE("export: the card says what made the encoder, and its figures", "[unit]") {
    const TempFolder folder;
    saved(folder, "resnet18");
    const auto digest = Safetensors(folder / "e.safetensors").meta(digest_key);
    {
        Store store(folder / "r.db");
        store.describe_protocols(std::vector<Protocol>{{"frozen", "linear probe", Task::classification}});
        for (const int seed : {0, 1}) {
            auto key = results_test::job(fmt::format("e{}", seed), "mlvicx", 0.05, seed);
            key.config["encoder"] = "resnet18";
            auto done = results_test::result(seed == 0 ? 0.75 : 0.5);
            done.scored.reset(); // two images give no interval that is worth a test
            done.scores.clear();
            done.details["weights"] = {{"digest", seed == 0 ? digest : "other"}};
            store.claim(key, "me", 60);
            store.finish(key, done, results_test::provenance);
        }
    }
    export_encoder({folder / "e.safetensors", folder / "b.safetensors", folder / "r.db", false});
    const auto card = read_text(folder / "b.md");
    INFO(card);
    for (const char* part :
         {"# b.safetensors\n", "| network | resnet18, 512 features, 120 tensors, float32 |", "| method | mlvicx |",
          "| data | nih |", "| training | 300 epochs, 256 images per batch, views of 224 pixels |", "| seed | 3 |",
          "| verdict on the pre-training | healthy |",
          "| nih, linear probe | resnet18 | 5 % | 40 | 0 | 75.0, mean AUC of 2 classes |", "\"batch_size\": 256"})
        CHECK(contains(card, part));
    CHECK_FALSE(contains(card, "50.0, mean AUC"));
    const Safetensors written(folder / "b.safetensors");
    CHECK(written.meta("exported_from") == digest);
    CHECK(written.meta("method") == "mlvicx");
    CHECK(written.meta("format") == "pt");
    CHECK_FALSE(written.metadata().contains("hash"));
    CHECK(contains(card, "| digest of these weights | " + written.meta(digest_key) + " |"));

    export_encoder({folder / "e.safetensors", folder / "b.safetensors", "", false}); // a card of ours is replaced
    CHECK(contains(read_text(folder / "b.md"), "None were given: `mlvicx-bench export --results FILE` adds those"));

    save_tensors(folder / "w.safetensors", state_of(*make_encoder("resnet18")), {});
    export_encoder({folder / "w.safetensors", folder / "x.safetensors", "", false});
    CHECK(contains(read_text(folder / "x.md"), "| method | unknown: trained elsewhere |"));
}

TEST_CASE("export: what is wrong is refused before anything is written", "[unit]") {
    const TempFolder folder;
    saved(folder, "resnet18");
    write_text(folder / "notes.md", "mine");
    Store(folder / "r.db");
    const auto refusal = [&](const char* out, const std::filesystem::path& results) {
        return message_of([&] { export_encoder({folder / "e.safetensors", folder / out, results, false}); });
    };
    CHECK(contains(refusal("b.pth", ""), "b.pth\", expected a name that ends in .safetensors"));
    CHECK(contains(refusal("notes.safetensors", ""), "notes.md: is not a model card that export wrote"));
    CHECK(contains(refusal("b.safetensors", folder / "r.db"), "r.db: has no finished evaluation of "));
    CHECK_FALSE(refusal("b.safetensors", folder / "none.db").empty());
    for (const char* name : {"b.pth", "b.safetensors", "b.md", "notes.safetensors"})
        CHECK_FALSE(std::filesystem::exists(folder / name));
    CHECK(read_text(folder / "notes.md") == "mine");
}

TEST_CASE("export: the two lines of Python that an error shows convert checkpoints of every kind", "[reference]") {
    if (const auto lacks = python_lacks("torch, torchvision, safetensors.torch"); !lacks.empty())
        SKIP_TEST(lacks.c_str());
    const TempFolder folder;
    // Nested under keys of its own, strided and shared tensors, and entries that are no tensors.
    const auto said = run_python(folder, R"(
import torch, torchvision, safetensors.torch
net = torchvision.models.resnet18().to(memory_format=torch.channels_last)
state = net.state_dict()
torch.save({"epoch": 3, "arch": "resnet18", "none": None, "lists": [1, "a"],
            "model": {"online_encoder": {"net." + k: v for k, v in state.items()}, "stem": state["conv1.weight"]},
            "scale": torch.nn.Parameter(torch.ones(2))}, "nested.pth")
torch.save(state, "plain.pth")
torch.save(state, "old.pth", _use_new_zipfile_serialization=False)
safetensors.torch.save_file({k: v.contiguous() for k, v in state.items()}, "expected.safetensors")
)");
    INFO(said);
    REQUIRE(said.empty());
    const auto expected = load_encoder(folder / "expected.safetensors");
    for (const std::string name : {"nested", "plain", "old"}) {
        const auto text = message_of([&] { load_encoder(folder / (name + ".pth")); });
        std::istringstream in(text);
        std::string script;
        int lines = 0;
        for (std::string line; std::getline(in, line);)
            if (line.starts_with("  ")) {
                script += line.substr(2) + "\n";
                ++lines;
            }
        CHECK(lines == 2);
        const auto answer = run_python(folder, script);
        INFO(text << "\n" << answer);
        REQUIRE(answer.empty());
        const auto loaded = load_encoder(folder / (name + ".safetensors"));
        for (const auto& item : expected->named_parameters())
            CHECK(torch::equal(item.value(), loaded->named_parameters()[item.key()]));
    }
}
