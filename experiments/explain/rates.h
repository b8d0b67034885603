#pragma once

#include "core/json.h"
#include "experiments/explain/step_model.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// A measured pre-training.
struct Rate {
    std::string machine, method, encoder; ///< "h200", "byol", "resnet18"
    StepSize size;
    std::string precision; ///< "bf16", "fp32"
    double images_per_second = 0;
    std::string source; ///< the record that has it
};

struct RatedMachine {
    std::string key, label; ///< "h200", "H200"
    std::string name;       ///< "NVIDIA H200"
};

/// Measured rates, and what they say about other sizes.
///
/// A method's measurements on a machine give the model of its step (step_model.h). From a single one the time per pixel
/// follows with the smallest other times of the machine's other methods, or none.
class Rates {
public:
    /// Reads the format of performance/records/rates.json. Throws UserError that begins with `where` for a text that
    /// does not have it.
    Rates(const json::value& text, const std::string& where);
    /// Those that come with the suite.
    static const Rates& recorded();

    void add(const RatedMachine& machine, const std::vector<Rate>& measured);
    const std::vector<RatedMachine>& machines() const { return machines_; }
    const std::vector<Rate>& all() const { return rates_; }
    /// Whether the machine was measured with bf16, which precision "auto" then means.
    bool has_bf16(const std::string& machine) const;

    struct Query {
        std::string machine, method, encoder, precision;
    };
    /// Seconds of one step of this size; nullopt if nothing like it was measured.
    std::optional<double> step_seconds(const Query& query, const StepSize& size) const;
    /// Seconds of a supervised step of this size, forward and backward, one view: half of the fastest method's step.
    /// Without the backward pass a third of that. The query's method does not matter.
    std::optional<double> supervised_seconds(const Query& query, const StepSize& size) const;

private:
    std::vector<const Rate*> like(const Query& query) const;
    std::optional<StepModel> model_of(const Query& query) const;

    std::vector<RatedMachine> machines_;
    std::vector<Rate> rates_;
};

} // namespace mlvicx
