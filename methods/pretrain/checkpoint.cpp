#include "methods/pretrain/checkpoint.h"

#include "core/error.h"
#include "methods/weights.h"

#include <fmt/ranges.h>
#include <torch/torch.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mlvicx {

namespace {

constexpr auto format = "mlvicx-bench checkpoint 2";

/// All tensors that training changes, by their names in the file.
NamedTensors training_tensors(const Method& method, Optimizer& optimizer) {
    NamedTensors result;
    for (const auto& [name, tensor] : state_of(method)) result.emplace_back("model." + name, tensor);
    for (const auto& [name, tensor] : optimizer.state()) result.emplace_back("optimizer." + name, tensor);
    return result;
}

/// The names of all values, in order of first appearance.
std::vector<std::string> names_of(const std::vector<EpochRecord>& records) {
    std::vector<std::string> names;
    for (const auto& record : records)
        for (const auto& [name, value] : record.values)
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    return names;
}

/// Records as one table [epochs, values], so that every bit is restored; the names go to the metadata. NaN if an epoch
/// lacks a value: no saved epoch has a NaN value.
torch::Tensor table_of(const std::vector<EpochRecord>& records, const std::vector<std::string>& names) {
    const auto table = torch::full({std::ssize(records), std::ssize(names)}, std::nan(""), torch::kFloat64);
    for (std::size_t epoch = 0; epoch < records.size(); ++epoch)
        for (const auto& [name, value] : records[epoch].values)
            table[static_cast<std::int64_t>(epoch)][std::find(names.begin(), names.end(), name) - names.begin()] =
                value;
    return table;
}

std::vector<EpochRecord> records_from(const torch::Tensor& table, const json::array& names) {
    std::vector<EpochRecord> records;
    for (std::int64_t epoch = 0; epoch < table.size(0); ++epoch) {
        EpochRecord record{epoch, {}};
        for (std::size_t i = 0; i < names.size(); ++i) {
            const double value = table[epoch][static_cast<std::int64_t>(i)].item<double>();
            if (!std::isnan(value)) record.values.emplace_back(json::value_to<std::string>(names[i]), value);
        }
        records.push_back(std::move(record));
    }
    return records;
}

std::int64_t step_from(const Safetensors& file) {
    const std::string& text = file.meta("step");
    std::int64_t step = -1;
    const char* end = text.data() + text.size();
    if (std::from_chars(text.data(), end, step).ptr != end || step < 0)
        user_error("{}: step is '{}', expected a count", file.file().string(), text);
    return step;
}

void read_records(const Safetensors& file, TrainingState& state) {
    if (!file.contains("records")) return;
    boost::system::error_code failed;
    const auto names = json::parse(file.meta("record_names"), failed);
    file.at("records", DType::f64, {-1, -1});
    const auto table = to_tensor(file, "records");
    if (failed || !names.is_array() || static_cast<std::int64_t>(names.as_array().size()) != table.size(1))
        user_error("{}: record_names do not match the {} columns of records", file.file().string(), table.size(1));
    state.records = records_from(table, names.as_array());
}

} // namespace

void save_checkpoint(const std::filesystem::path& file, const Method& method, Optimizer& optimizer,
                     const TrainingState& state, const std::string& identity) {
    auto tensors = training_tensors(method, optimizer);
    json::array names;
    if (!state.records.empty()) {
        const auto columns = names_of(state.records);
        names = json::array(columns.begin(), columns.end());
        tensors.emplace_back("records", table_of(state.records, columns));
    }
    if (!state.sums.empty()) tensors.emplace_back("epoch.sums", torch::tensor(state.sums, torch::kFloat64));
    if (state.embeddings.defined()) tensors.emplace_back("epoch.embeddings", state.embeddings);
    save_tensors(file, tensors,
                 {{"format", format},
                  {digest_key, digest_of(tensors)},
                  {"identity", identity},
                  {"step", std::to_string(state.step)},
                  {"record_names", json::serialize(names)}});
}

bool load_checkpoint(const std::filesystem::path& file, Method& method, Optimizer& optimizer, TrainingState& state,
                     const std::string& identity) {
    if (!std::filesystem::exists(file)) return false;
    const Safetensors saved(file);
    if (saved.meta("format") != format)
        user_error("{}: format is '{}', expected '{}'", file.string(), saved.meta("format"), format);
    verify_digest(saved);
    if (saved.meta("identity") != identity)
        user_error("{}: checkpoint of another run (identity '{}', expected '{}'); remove it or name another file",
                   file.string(), saved.meta("identity"), identity);
    const torch::NoGradGuard no_gradient;
    const auto targets = training_tensors(method, optimizer);
    for (const auto& [name, target] : targets) // check everything before copying anything
        if (saved.at(name).shape != target.sizes().vec())
            user_error("{}: {} has shape [{}], expected [{}]", file.string(), name,
                       fmt::join(saved.at(name).shape, ", "), fmt::join(target.sizes().vec(), ", "));
    state = {};
    state.step = step_from(saved);
    read_records(saved, state);
    if (saved.contains("epoch.sums")) {
        saved.at("epoch.sums", DType::f64, {-1});
        const auto sums = to_tensor(saved, "epoch.sums");
        state.sums.assign(sums.data_ptr<double>(), sums.data_ptr<double>() + sums.numel());
    }
    if (saved.contains("epoch.embeddings")) {
        saved.at("epoch.embeddings", DType::f32, {-1, -1});
        state.embeddings = to_tensor(saved, "epoch.embeddings").clone();
    }
    for (auto [name, target] : targets) target.copy_(to_tensor(saved, name));
    return true;
}

} // namespace mlvicx
