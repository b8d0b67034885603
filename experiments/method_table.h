#pragma once

#include "baselines/barlow_twins.h"
#include "baselines/byol.h"
#include "baselines/simclr.h"
#include "baselines/vicreg.h"
#include "mlvicx/mlvicx.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// The control that starts from a file of torchvision-named weights.
struct WeightsOptions {
    std::string file;
};

/// Features that other programs computed (docs/foreign_encoders.md).
struct FeaturesOptions {
    std::map<std::string, std::string> files; ///< by the dataset's name in the plan; empty: none
};
void fields(Fields& f, FeaturesOptions& options); ///< a key for each entry that `files` has

/// What a method's evaluations look at.
enum class Evaluated {
    network,  ///< an encoder: trained, with initial weights, or with those of a file
    features, ///< features from files; there is no network
    shuffled, ///< a control: features of the initial encoder, with permuted labels
    metadata, ///< a control: sex, age and view of the images, not their pixels
};

/// The options of all methods; each method uses only its own member.
struct MethodOptions {
    SimclrOptions simclr;
    ByolOptions byol;
    VicregOptions vicreg;
    BarlowTwinsOptions barlow_twins;
    MlvicxOptions mlvicx;
    WeightsOptions weights;
    FeaturesOptions features;
};

/// One row of the table of methods: all that plans, the runner and the commands know about a method. To add a method,
/// add a row, with its options in MethodOptions.
struct MethodEntry {
    std::string name;
    bool trains = true;   ///< false: a control, evaluated without pre-training
    bool context = false; ///< its encoder has the context bottlenecks that MlvicxOptions::context names
    void (*fields)(Fields&, MethodOptions&) = nullptr;
    void (*recipe)(PretrainOptions&) = nullptr; ///< the authors' views, optimiser and schedule; null for controls
    std::shared_ptr<Method> (*make)(std::shared_ptr<Encoder>, const MethodOptions&) = nullptr; ///< null for controls
    Evaluated evaluated = Evaluated::network;

    /// The encoder's name if the plan says "resnet18" or "resnet50".
    std::string encoder(const std::string& backbone, const MethodOptions& own) const {
        return context ? backbone + own.mlvicx.encoder_suffix() : backbone;
    }
    /// One of the controls that say what a figure is without images, or without labels. They have only the linear
    /// probe, and are not compared with the other methods.
    bool is_check() const { return evaluated == Evaluated::shuffled || evaluated == Evaluated::metadata; }
    /// Whether a network passes images, as fine-tuning and segmentation need.
    bool has_network() const { return evaluated == Evaluated::network; }
};

const std::vector<MethodEntry>& method_table();

/// The row of this name. Throws UserError that begins with `where` and lists the known names.
const MethodEntry& method_entry(const std::string& name, std::string_view where);

/// Whether the method is evaluated with this protocol.
bool has_protocol(const MethodEntry& method, const std::string& protocol);

/// Checks of the options that the ranges of single fields cannot make. Throws UserError that begins with `where`.
void require_valid(const MethodOptions& own, const std::string& where);

/// The names of all methods except the controls.
std::vector<std::string> trained_methods();

/// A method's options for a run: struct defaults, then the method's recipe, then `overrides`. The recipe sees the run's
/// epochs and batch size, and its warm-up is cut to a tenth of a short run unless the overrides set it.
PretrainOptions resolve_pretrain(const MethodEntry& entry, const std::function<void(PretrainOptions&)>& overrides);

/// An encoder whose initial weights depend only on the name and the seed.
std::shared_ptr<Encoder> initial_encoder(const std::string& name, std::int64_t seed);

/// The method with all its networks, on the CPU. Initial weights depend only on names, options and seed; the encoder
/// starts from the weights that `initial_encoder` gives for the same seed.
std::shared_ptr<Method> initial_method(const MethodEntry& entry, const MethodOptions& options,
                                       const std::string& backbone, std::int64_t seed);

} // namespace mlvicx
