#pragma once

#include "tests/support/bench_process.h"
#include "tests/support/catch.h"

namespace mlvicx::testing {

/// Runs the program and expects that it succeeds.
inline Ran ran_well(const TempFolder& folder, const std::vector<std::string>& arguments) {
    Ran ran = run_bench(folder, arguments);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    return ran;
}

/// A folder with a dataset in the layout of `dataset`, prepared, and a classifier from it: model.safetensors.
struct Trained {
    TempFolder folder;
    Trained(const std::string& dataset, const std::string& protocol, const std::string& window = "auto") {
        ran_well(folder, {"phantom", "--layout", dataset, "--out", "raw", "--images", "90", "--size", "80"});
        std::vector<std::string> prepare = {"prepare",  "--dataset", dataset, "--root",          "raw", "--size", "48",
                                            "--window", window,      "--out", "data.safetensors"};
        if (dataset != "nih") prepare.insert(prepare.end(), {"--split", "patient"});
        ran_well(folder, prepare);
        out = ran_well(folder, evaluation(protocol)).out;
    }
    static std::vector<std::string> evaluation(const std::string& protocol) {
        return {"evaluate",
                "--data",
                "data.safetensors",
                "--encoder",
                "random",
                "--image-size",
                "64",
                "--set",
                "finetuned.epochs=1",
                "--set",
                "finetuned.precision=fp32",
                "--set",
                "precision=fp32",
                "--protocol",
                protocol,
                "--out",
                "evaluated.csv",
                "--save",
                "model.safetensors"};
    }
    std::string out;
};

/// A frozen classifier of the NIH layout, made once; tests write only new files next to it.
inline const TempFolder& nih() {
    static const Trained trained("nih", "frozen");
    return trained.folder;
}

} // namespace mlvicx::testing
