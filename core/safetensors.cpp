#include "core/safetensors.h"

#include "core/error.h"
#include "core/foreign_file.h"
#include "core/json_text.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace mlvicx {

namespace {

struct TypeRow {
    DType type;
    const char* name;
    std::size_t size;
};
constexpr std::array<TypeRow, 9> types{{{DType::u8, "U8", 1},
                                        {DType::i8, "I8", 1},
                                        {DType::i32, "I32", 4},
                                        {DType::i64, "I64", 8},
                                        {DType::f16, "F16", 2},
                                        {DType::bf16, "BF16", 2},
                                        {DType::f32, "F32", 4},
                                        {DType::f64, "F64", 8},
                                        {DType::boolean, "BOOL", 1}}};

const TypeRow& row_of(DType type) {
    return *std::find_if(types.begin(), types.end(), [&](const TypeRow& row) { return row.type == type; });
}

constexpr std::size_t header_limit = 100'000'000; // set by the format

std::size_t unsigned_of(const json::value& value, const std::string& what) {
    boost::system::error_code error;
    const auto number = value.is_number() && !value.is_double() ? value.to_number<std::size_t>(error) : 0;
    if (!value.is_number() || value.is_double() || error) throw UserError(what + " is not a non-negative integer");
    return number;
}

/// One entry of the header; offsets are relative to the data. Throws UserError without the file's name.
TensorView read_entry(const std::string& name, const json::value& entry, std::span<const std::byte> data) {
    const auto fail = [&](const std::string& what) { user_error("tensor \"{}\": {}", name, what); };
    const auto* object = entry.if_object();
    if (!object || object->size() != 3 || !object->contains("dtype") || !object->contains("shape") ||
        !object->contains("data_offsets"))
        fail("expected exactly dtype, shape and data_offsets");
    TensorView view;
    view.name = name;
    const auto* type = object->at("dtype").if_string();
    const auto row =
        std::find_if(types.begin(), types.end(), [&](const TypeRow& r) { return type && *type == r.name; });
    if (row == types.end()) fail("unknown dtype " + json::serialize(object->at("dtype")));
    view.type = row->type;
    const auto* shape = object->at("shape").if_array();
    const auto* offsets = object->at("data_offsets").if_array();
    if (!shape) fail("shape is not an array");
    if (!offsets || offsets->size() != 2) fail("data_offsets is not an array of two");
    std::size_t bytes = row->size;
    for (const auto& length : *shape) {
        const std::size_t n = unsigned_of(length, fmt::format("tensor \"{}\": a length of its shape", name));
        constexpr auto most = static_cast<std::size_t>(INT64_MAX); // also for products that a 0 follows
        if (__builtin_mul_overflow(bytes, n, &bytes) || n > most || bytes > most) fail("its shape overflows");
        view.shape.push_back(static_cast<std::int64_t>(n));
    }
    const std::size_t begin = unsigned_of(offsets->at(0), fmt::format("tensor \"{}\": its first offset", name));
    const std::size_t end = unsigned_of(offsets->at(1), fmt::format("tensor \"{}\": its last offset", name));
    if (begin > end || end > data.size())
        fail(fmt::format("data_offsets {}..{} are outside the {} bytes of data", begin, end, data.size()));
    if (end - begin != bytes)
        fail(fmt::format("data_offsets span {} bytes, shape and dtype need {}", end - begin, bytes));
    view.data = data.subspan(begin, bytes);
    return view;
}

} // namespace

std::size_t size_of(DType type) {
    return row_of(type).size;
}

const char* name_of(DType type) {
    return row_of(type).name;
}

std::int64_t TensorInfo::elements() const {
    std::int64_t count = 1;
    for (const auto n : shape) count *= n;
    return count;
}

std::size_t TensorInfo::bytes() const {
    return static_cast<std::size_t>(elements()) * size_of(type);
}

struct Safetensors::Storage {
    explicit Storage(const std::filesystem::path& file) : mapping(file) {}
    MappedFile mapping;
    std::vector<std::unique_ptr<std::byte[]>> copies; ///< of tensors that are unaligned in the file

    std::span<const std::byte> aligned(std::span<const std::byte> data) {
        copies.push_back(std::make_unique<std::byte[]>(data.size()));
        std::copy(data.begin(), data.end(), copies.back().get());
        return {copies.back().get(), data.size()};
    }
};

Safetensors::Safetensors(const std::filesystem::path& file) : file_(file), storage_(std::make_shared<Storage>(file)) {
    const auto bytes = storage_->mapping.bytes();
    const auto fail = [&](const std::string& what) {
        if (const auto foreign = foreign_file_text(file, bytes); !foreign.empty())
            user_error("{}: {}", file.string(), foreign);
        user_error("{}: not a valid safetensors file: {}", file.string(), what);
    };
    if (bytes.size() < 8) fail(fmt::format("it has {} bytes, but the header length alone takes 8", bytes.size()));
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    if (length > header_limit || length > bytes.size() - 8)
        fail(fmt::format("its header claims {} bytes, the file has {}", length, bytes.size() - 8));
    const auto data = bytes.subspan(8 + length);
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 8;
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 8, length);
    const json::value header = json::parse(text, error, {}, options);
    if (error) fail("its header is not JSON: " + error.message());
    if (!header.is_object()) fail("its header is not a JSON object");
    // This parser keeps the last of duplicate keys; another reader may keep the first.
    if (repeated_key(text)) fail("its header has a duplicate key");
    try {
        for (const auto& item : header.get_object()) {
            const std::string name(item.key());
            if (name == "__metadata__") {
                if (!item.value().is_object()) throw UserError("__metadata__ is not an object");
                for (const auto& entry : item.value().get_object()) {
                    if (!entry.value().is_string()) throw UserError("__metadata__ has a value that is not a string");
                    metadata_.emplace(entry.key(), entry.value().get_string());
                }
            } else {
                tensors_.emplace(name, read_entry(name, item.value(), data));
            }
        }
    } catch (const UserError& mistake) {
        fail(mistake.what());
    }
    // Every byte belongs to exactly one tensor: no overlap, no gap, nothing after the last.
    std::vector<TensorView*> order;
    for (auto& [name, tensor] : tensors_) order.push_back(&tensor);
    std::sort(order.begin(), order.end(), [](const TensorView* a, const TensorView* b) {
        return std::pair(a->data.data(), a->data.size()) < std::pair(b->data.data(), b->data.size());
    });
    const std::byte* at = data.data();
    for (auto* tensor : order) {
        if (tensor->data.data() != at) fail(fmt::format("a gap or an overlap before tensor \"{}\"", tensor->name));
        at += tensor->data.size();
        if (reinterpret_cast<std::uintptr_t>(tensor->data.data()) % size_of(tensor->type) != 0)
            tensor->data = storage_->aligned(tensor->data);
    }
    if (at != data.data() + data.size())
        fail(fmt::format("{} bytes after the last tensor", data.data() + data.size() - at));
}

Safetensors Safetensors::renamed(const std::function<std::string(const std::string&)>& rename) const {
    Safetensors result = *this;
    result.tensors_.clear();
    for (const auto& [name, tensor] : tensors_) {
        const std::string other = rename(name);
        if (other.empty()) continue;
        const auto [entry, is_new] = result.tensors_.emplace(other, tensor);
        ensure(is_new, "names of renamed tensors must be distinct");
        entry->second.name = other;
    }
    return result;
}

const TensorView& Safetensors::at(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) user_error("{}: has no tensor \"{}\"", file_.string(), name);
    return found->second;
}

const TensorView& Safetensors::at(const std::string& name, DType type, const std::vector<std::int64_t>& shape) const {
    const TensorView& view = at(name);
    bool same = view.type == type && view.shape.size() == shape.size();
    for (std::size_t i = 0; same && i < shape.size(); ++i) same = shape[i] == -1 || shape[i] == view.shape[i];
    if (!same)
        user_error("{}: tensor \"{}\" is {} [{}], expected {} [{}]", file_.string(), name, name_of(view.type),
                   fmt::join(view.shape, ", "), name_of(type), fmt::join(shape, ", "));
    return view;
}

const std::string& Safetensors::meta(const std::string& key) const {
    const auto found = metadata_.find(key);
    if (found == metadata_.end()) user_error("{}: its metadata has no \"{}\"", file_.string(), key);
    return found->second;
}

} // namespace mlvicx
