// The steps in PyTorch that the suite is compared with (experiments/performance/compare).
#include "core/json.h"
#include "methods/weights.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/python.h"

#include <torch/torch.h>

#include <algorithm>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

/// Writes a method's first step with small heads; returns its file's name.
std::string written_step(const TempFolder& folder, const std::string& method) {
    std::vector<std::string> words{"bench",          "--method", method,      "--batch", "8",
                                   "--size",         "64",       "--device",  "cpu",     "--set",
                                   "precision=fp32", "--set",    "output=32", "--step",  method + ".safetensors"};
    if (method != "simclr") words.insert(words.end(), {"--set", "hidden=48"});
    const Ran ran = run_bench(folder, words);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    return method + ".safetensors";
}

/// Runs a script of the comparison as a program in `folder`; what it prints, with "exit status N" if N is not 0.
std::string said_by(const TempFolder& folder, const std::string& script, const std::string& arguments) {
    return run_python(folder, "import runpy, sys\nsys.path.insert(0, '" MLVICX_SOURCE
                              "/experiments/performance/compare')\nsys.argv = '" +
                                  script + " " + arguments + "'.split()\nrunpy.run_path(sys.path[0] + '/" + script +
                                  "', run_name='__main__')\n");
}

const char* const modules = "torch, torchvision, safetensors";

} // namespace

TEST_CASE("pytorch step: all five methods give our loss from our weights and views", "[slow]") {
    if (const auto lacks = python_lacks(modules); !lacks.empty()) SKIP_TEST(lacks.c_str());
    const TempFolder folder;
    std::string files;
    for (const std::string method : {"simclr", "byol", "vicreg", "barlow_twins", "mlvicx"})
        files += written_step(folder, method) + " ";
    const auto said = said_by(folder, "check.py", files);
    INFO(said);
    CHECK_FALSE(contains(said, "exit status"));
    CHECK_FALSE(contains(said, "DIFFERS"));
    CHECK(std::count(said.begin(), said.end(), '\n') == 5);

    // Other weights are another step.
    Safetensors right(folder / "simclr.safetensors");
    NamedTensors tensors;
    for (const auto& [name, view] : right.tensors()) tensors.emplace_back(name, to_tensor(right, name).clone());
    for (auto& [name, tensor] : tensors)
        if (name == "projector.7.weight") tensor[0] = 5; // a scale that no norm undoes
    save_tensors(folder / "wrong.safetensors", tensors, right.metadata());
    const auto wrong = said_by(folder, "check.py", "wrong.safetensors");
    INFO(wrong);
    CHECK(contains(wrong, "simclr: PyTorch "));
    CHECK(contains(wrong, "DIFFERS"));
    CHECK(contains(wrong, "exit status 3"));
    CHECK(contains(said_by(folder, "pytorch_step.py", "wrong.safetensors"), "not timed"));
}

TEST_CASE("pytorch step: a tuned step is the plain one, and is timed once it was found right", "[slow]") {
    if (const auto lacks = python_lacks(modules); !lacks.empty()) SKIP_TEST(lacks.c_str());
    const TempFolder folder;
    const auto file = written_step(folder, "byol"); // its target moves after the step
    for (const std::string form : {"plain", "tuned"}) {
        const auto said = said_by(folder, "pytorch_step.py", file + " --seconds 0.1 --form " + form);
        INFO(said);
        const auto line = json::parse(said.substr(0, said.find('\n')));
        CHECK(std::string(line.at("form").as_string()) == form);
        CHECK(line.at("images_per_second").to_number<double>() > 0);
    }
    // Both optimisers move the weights alike; a bias before a norm has a gradient of rounding only.
    const auto gap =
        run_python(folder, "import sys; sys.path.insert(0, '" MLVICX_SOURCE "/experiments/performance/compare')"
                           R"(
import pytorch_step
a, b = (pytorch_step.Step('byol.safetensors', form, 'fp32', 'cpu') for form in ('plain', 'tuned'))
a(), b()
for p, q in zip(a.optimizer.momentum.values(), b.optimizer.momentum.values()):
    assert p.abs().max() > 0
    assert p.dim() == 1 or (p - q).abs().max() <= 0.01 * p.abs().max(), (p - q).abs().max()
)");
    CHECK(gap == "");
}
