#include "experiments/method_table.h"

#include "core/error.h"
#include "core/suggest.h"
#include "experiments/encoder_table.h"
#include "experiments/protocol_table.h"

#include <fmt/ranges.h>
#include <torch/utils.h>

#include <algorithm>

namespace mlvicx {

void fields(Fields& f, FeaturesOptions& options) {
    for (auto& [dataset, file] : options.files)
        f.field({dataset.c_str(), "Features of this dataset's images", FieldKey::file}, file);
}

const std::vector<MethodEntry>& method_table() {
    using Options = MethodOptions;
    using Net = std::shared_ptr<Encoder>;
    static const std::vector<MethodEntry> table = {
        {"simclr", true, false, [](Fields& f, Options& o) { fields(f, o.simclr); }, simclr_recipe,
         [](Net net, const Options& o) { return make_simclr(std::move(net), o.simclr); }},
        {"byol", true, false, [](Fields& f, Options& o) { fields(f, o.byol); }, byol_recipe,
         [](Net net, const Options& o) { return make_byol(std::move(net), o.byol); }},
        {"vicreg", true, false, [](Fields& f, Options& o) { fields(f, o.vicreg); }, vicreg_recipe,
         [](Net net, const Options& o) { return make_vicreg(std::move(net), o.vicreg); }},
        {"barlow_twins", true, false, [](Fields& f, Options& o) { fields(f, o.barlow_twins); }, barlow_twins_recipe,
         [](Net net, const Options& o) { return make_barlow_twins(std::move(net), o.barlow_twins); }},
        {"mlvicx", true, true, [](Fields& f, Options& o) { fields(f, o.mlvicx); }, mlvicx_recipe,
         [](Net net, const Options& o) { return make_mlvicx(std::move(net), o.mlvicx); }},
        {"random", false, false, [](Fields&, Options&) {}, nullptr, nullptr},
        {"weights", false, false,
         [](Fields& f, Options& o) {
             f.field({"file", "Weights under torchvision's names", FieldKey::file}, o.weights.file);
         },
         nullptr, nullptr},
        {"features", false, false,
         [](Fields& f, Options& o) { f.group("files", [&](Fields& inner) { fields(inner, o.features); }); }, nullptr,
         nullptr, Evaluated::features},
        {"shuffled", false, false, [](Fields&, Options&) {}, nullptr, nullptr, Evaluated::shuffled},
        {"metadata", false, false, [](Fields&, Options&) {}, nullptr, nullptr, Evaluated::metadata},
    };
    return table;
}

const MethodEntry& method_entry(const std::string& name, std::string_view where) {
    std::vector<std::string> known;
    for (const auto& entry : method_table()) {
        if (entry.name == name) return entry;
        known.push_back(entry.name);
    }
    user_error("{}: unknown method \"{}\", expected one of: {}{}", where, name, fmt::join(known, ", "),
               did_you_mean(name, known));
}

bool has_protocol(const MethodEntry& method, const std::string& protocol) {
    const ProtocolEntry& entry = protocol_entry(protocol);
    if (method.is_check()) return entry.name == "frozen";
    return method.has_network() || entry.procedure.on_features();
}

void require_valid(const MethodOptions& own, const std::string& where) {
    require_valid(own.mlvicx, where); // those of other methods are defaults
}

std::vector<std::string> trained_methods() {
    std::vector<std::string> names;
    for (const auto& entry : method_table())
        if (entry.trains) names.push_back(entry.name);
    return names;
}

PretrainOptions resolve_pretrain(const MethodEntry& entry, const std::function<void(PretrainOptions&)>& overrides) {
    ensure(entry.trains, "a control has no pre-training options");
    PretrainOptions wanted, options;
    overrides(wanted);
    options.epochs = wanted.epochs;
    options.batch_size = wanted.batch_size;
    entry.recipe(options);
    auto& warmup = options.schedule.warmup_epochs;
    warmup = std::min(warmup, static_cast<double>(options.epochs) / 10);
    overrides(options);
    return options;
}

std::shared_ptr<Encoder> initial_encoder(const std::string& name, std::int64_t seed) {
    torch::manual_seed(static_cast<std::uint64_t>(seed)); // the only use of LibTorch's own generator
    return make_encoder(name);
}

std::shared_ptr<Method> initial_method(const MethodEntry& entry, const MethodOptions& options,
                                       const std::string& backbone, std::int64_t seed) {
    ensure(entry.trains, "a control has no method to build");
    auto encoder = initial_encoder(entry.encoder(backbone, options), seed);
    return entry.make(std::move(encoder),
                      options); // continues the generator: the heads' weights are drawn after the encoder's
}

} // namespace mlvicx
