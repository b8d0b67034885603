#include "methods/pretrain/saved_training.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/json.h"

#include <fmt/ranges.h>
#include <torch/torch.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mlvicx {

namespace {

/// The names of all values, in order of first appearance.
std::vector<std::string> columns_of(const std::vector<EpochRecord>& records) {
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

/// The tensors' digest leaves out the step, which a flipped bit would turn into another.
constexpr auto header_digest_key = "header_digest";

std::string header_digest(const std::map<std::string, std::string>& metadata) {
    json::object content;
    for (const auto& [key, value] : metadata)
        if (key != header_digest_key) content[key] = value;
    return sha256(canonical(content));
}

} // namespace

void save_training(const std::filesystem::path& file, const SavedTraining& training) {
    auto tensors = training.tensors;
    const auto columns = columns_of(training.records);
    if (!training.records.empty()) tensors.emplace_back("records", table_of(training.records, columns));
    std::map<std::string, std::string> metadata{
        {"format", training.format},
        {digest_key, digest_of(tensors)},
        {"identity", training.identity},
        {"step", std::to_string(training.step)},
        {"record_names", json::serialize(json::array(columns.begin(), columns.end()))}};
    metadata[header_digest_key] = header_digest(metadata);
    save_tensors(file, tensors, metadata);
}

std::optional<Safetensors> open_training(const std::filesystem::path& file, const std::string& format,
                                         const std::string& identity) {
    if (!std::filesystem::exists(file)) return std::nullopt;
    Safetensors saved(file);
    if (saved.meta("format") != format)
        user_error("{}: format is '{}', expected '{}'", file.string(), saved.meta("format"), format);
    verify_digest(saved);
    if (const auto entry = saved.metadata().find(header_digest_key); entry != saved.metadata().end())
        if (const auto found = header_digest(saved.metadata()); found != entry->second)
            user_error("{}: its header has the digest {}, but says {}: the file was changed or is damaged",
                       file.string(), found, entry->second);
    if (saved.meta("identity") != identity)
        user_error("{}: checkpoint of another run (identity '{}', expected '{}'); remove it or name another file",
                   file.string(), saved.meta("identity"), identity);
    return saved;
}

std::int64_t step_of(const Safetensors& saved) {
    const std::string& text = saved.meta("step");
    std::int64_t step = -1;
    const char* end = text.data() + text.size();
    if (std::from_chars(text.data(), end, step).ptr != end || step < 0)
        user_error("{}: step is '{}', expected a count", saved.file().string(), text);
    return step;
}

std::vector<EpochRecord> records_of(const Safetensors& saved) {
    if (!saved.contains("records")) return {};
    boost::system::error_code failed;
    const auto names = json::parse(saved.meta("record_names"), failed);
    saved.at("records", DType::f64, {-1, -1});
    const auto table = to_tensor(saved, "records");
    if (failed || !names.is_array() || static_cast<std::int64_t>(names.as_array().size()) != table.size(1))
        user_error("{}: record_names do not match the {} columns of records", saved.file().string(), table.size(1));
    return records_from(table, names.as_array());
}

void require_shapes(const Safetensors& saved, const NamedTensors& targets) {
    for (const auto& [name, target] : targets)
        if (saved.at(name).shape != target.sizes().vec())
            user_error("{}: {} has shape [{}], expected [{}]", saved.file().string(), name,
                       fmt::join(saved.at(name).shape, ", "), fmt::join(target.sizes().vec(), ", "));
}

void copy_saved(const Safetensors& saved, const NamedTensors& targets) {
    const torch::NoGradGuard no_gradient;
    for (auto [name, target] : targets) target.copy_(to_tensor(saved, name));
}

} // namespace mlvicx
