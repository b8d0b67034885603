#include "experiments/explain/rates.h"

#include "core/config.h"
#include "core/error.h"
#include "mlvicx_rates.h"

#include <algorithm>
#include <set>

namespace mlvicx {

namespace {

double seconds_of(const Rate& rate) {
    return static_cast<double>(rate.size.batch_size) / rate.images_per_second;
}

} // namespace

Rates::Rates(const json::value& text, const std::string& where) {
    const auto part = [&](const char* key, json::kind kind) -> const json::value& {
        const auto* found = text.is_object() ? text.get_object().if_contains(key) : nullptr;
        if (!found || found->kind() != kind) user_error("{}: $.{} is missing, or of another type", where, key);
        return *found;
    };
    for (const auto& item : part("machines", json::kind::object).get_object()) {
        RatedMachine machine;
        machine.key = std::string(item.key());
        std::string about;
        overlay(item.value(), where, "$.machines." + machine.key, [&](Fields& f) {
            f.field("label", machine.label);
            f.field("name", machine.name);
            f.field("about", about);
        });
        machines_.push_back(machine);
    }
    const json::array& rates = part("rates", json::kind::array).get_array();
    for (std::size_t i = 0; i < rates.size(); ++i) {
        Rate rate;
        const std::string path = fmt::format("$.rates[{}]", i);
        overlay(rates[i], where, path, [&](Fields& f) {
            f.field("machine", rate.machine);
            f.field("method", rate.method);
            f.field("encoder", rate.encoder);
            f.field("image_size", rate.size.image_size, at_least(1));
            f.field("batch_size", rate.size.batch_size, at_least(1));
            f.field("precision", rate.precision, {"bf16", "fp32"});
            f.field("images_per_second", rate.images_per_second, above(0));
            f.field("source", rate.source);
        });
        const bool known = std::any_of(machines_.begin(), machines_.end(),
                                       [&](const RatedMachine& machine) { return machine.key == rate.machine; });
        if (!known) user_error("{}: {}.machine is \"{}\", expected one of $.machines", where, path, rate.machine);
        if (rate.images_per_second <= 0) user_error("{}: {}.images_per_second is missing", where, path);
        rates_.push_back(rate);
    }
}

const Rates& Rates::recorded() {
    static const Rates rates(json::parse(rates_json), "rates.json");
    return rates;
}

void Rates::add(const RatedMachine& machine, const std::vector<Rate>& measured) {
    machines_.insert(machines_.begin(), machine);
    rates_.insert(rates_.end(), measured.begin(), measured.end());
}

bool Rates::has_bf16(const std::string& machine) const {
    return std::any_of(rates_.begin(), rates_.end(),
                       [&](const Rate& rate) { return rate.machine == machine && rate.precision == "bf16"; });
}

std::vector<const Rate*> Rates::like(const Query& query) const {
    std::vector<const Rate*> found;
    for (const auto& rate : rates_)
        if (rate.machine == query.machine && rate.method == query.method && rate.encoder == query.encoder &&
            rate.precision == query.precision)
            found.push_back(&rate);
    std::sort(found.begin(), found.end(),
              [](const Rate* a, const Rate* b) { return a->size.pixels() < b->size.pixels(); });
    return found;
}

std::optional<StepModel> Rates::model_of(const Query& query) const {
    std::vector<std::pair<StepSize, double>> measured;
    for (const Rate* rate : like(query)) measured.emplace_back(rate->size, seconds_of(*rate));
    return fitted(measured);
}

std::optional<double> Rates::step_seconds(const Query& query, const StepSize& size) const {
    const auto found = like(query);
    if (found.empty()) return std::nullopt;
    auto model = model_of(query);
    if (!model) {
        const Rate& rate = *found.back();
        double least = seconds_of(rate);
        model = StepModel{};
        for (const auto& other : rates_) {
            const auto known = model_of({query.machine, other.method, query.encoder, query.precision});
            if (!known || known->besides_pixels(rate.size) >= least) continue;
            least = known->besides_pixels(rate.size);
            model = known;
        }
        model->per_pixel = (seconds_of(rate) - model->besides_pixels(rate.size)) / rate.size.pixels();
    }
    return model->seconds(size);
}

std::optional<double> Rates::supervised_seconds(const Query& query, const StepSize& size) const {
    std::optional<double> least;
    for (const auto& rate : rates_)
        if (const auto seconds = step_seconds({query.machine, rate.method, query.encoder, query.precision}, size))
            least = least ? std::min(*least, *seconds) : *seconds;
    if (least) *least /= 2;
    return least;
}

} // namespace mlvicx
