#include "experiments/commands/field_options.h"

#include "core/error.h"
#include "experiments/commands/arguments.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace mlvicx {

namespace {

CLI::Validator whole_number_in(const Range& range) {
    const double low = std::max(0.0, range.low_open ? range.low + 1 : range.low);
    if (!std::isfinite(range.high)) return whole_number(static_cast<std::int64_t>(low));
    return whole_number(static_cast<std::int64_t>(low), static_cast<std::int64_t>(range.high));
}

class Adding : public Fields {
public:
    Adding(CLI::App& command, std::string heading, std::string prefix, std::vector<CLI::Option*>& added)
        : command_(command), heading_(std::move(heading)), prefix_(std::move(prefix)), added_(added) {}

    void field(const FieldKey& key, bool& value) override { keep(command_.add_flag(name_of(key), value, key.help)); }
    void field(const FieldKey& key, std::int64_t& value, Range range) override {
        add(key, value).check(whole_number_in(range));
    }
    void field(const FieldKey& key, double& value, Range range) override { add(key, value).check(real_number(range)); }
    void field(const FieldKey& key, std::string& value, const std::vector<std::string>& choices) override {
        CLI::Option& option = add(key, value);
        if (!choices.empty()) option.check(one_of(choices));
        if (key.kind == FieldKey::file) option.type_name("FILE");
        if (key.kind == FieldKey::folder) option.type_name("FOLDER");
    }
    void field(const FieldKey& key, std::vector<std::int64_t>& value, Range range) override {
        add(key, value).delimiter(',')->check(whole_number_in(range));
    }
    void field(const FieldKey& key, std::vector<double>& value, Range range) override {
        add(key, value).delimiter(',')->check(real_number(range));
    }
    void field(const FieldKey& key, std::vector<std::string>& value) override { add(key, value).delimiter(','); }
    void field(const FieldKey& key, std::map<std::string, std::string>&) override {
        throw InternalError(fmt::format("{} is an object, which a command cannot have as an option", key.name));
    }
    void group(const char* key, const std::function<void(Fields&)>& inner) override {
        std::string heading = key;
        heading[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(heading[0])));
        Adding adding(command_, heading, prefix_ + dashed(key) + "-", added_);
        inner(adding);
    }
    void optional_group(const char* key, bool&, const std::function<void(Fields&)>&) override {
        throw InternalError(
            fmt::format("{} is a group that can be off, which a command cannot have as an option", key));
    }

private:
    static std::string dashed(std::string key) {
        std::replace(key.begin(), key.end(), '_', '-');
        return key;
    }
    std::string name_of(const FieldKey& key) const {
        return key.option.empty() ? "--" + prefix_ + dashed(key.name) : key.option;
    }
    template <typename T> CLI::Option& add(const FieldKey& key, T& value) {
        return keep(command_.add_option(name_of(key), value, key.help)->capture_default_str());
    }
    CLI::Option& keep(CLI::Option* option) {
        added_.push_back(option->group(heading_));
        return *option;
    }

    CLI::App& command_;
    const std::string heading_, prefix_;
    std::vector<CLI::Option*>& added_;
};

} // namespace

std::vector<CLI::Option*> add_options(CLI::App& command, const std::string& heading,
                                      const std::function<void(Fields&)>& fields) {
    std::vector<CLI::Option*> added;
    Adding adding(command, heading, {}, added);
    fields(adding);
    return added;
}

} // namespace mlvicx
