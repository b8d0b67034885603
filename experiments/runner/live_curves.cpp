#include "experiments/runner/live_curves.h"

#include "core/json.h"

#include <chrono>
#include <cmath>
#include <fstream>
#include <map>

namespace mlvicx {

namespace fs = std::filesystem;

LiveCurves::LiveCurves(fs::path file, bool resumes) : file_(std::move(file)) {
    std::error_code ignored;
    if (!file_.empty() && !resumes) fs::remove(file_, ignored);
}

void LiveCurves::add(const EpochRecord& record) const {
    if (file_.empty()) return;
    json::object values;
    for (const auto& [name, value] : record.values)
        if (std::isfinite(value)) values[name] = value;
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    const json::object line{{"epoch", record.epoch}, {"time", now.count()}, {"values", values}};
    std::ofstream(file_, std::ios::app) << json::serialize(line) + "\n";
}

std::vector<LiveEpoch> read_live_curves(const fs::path& file) {
    std::map<std::int64_t, LiveEpoch> epochs;
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        boost::system::error_code error;
        const auto value = json::parse(line, error);
        if (error) continue;
        try {
            LiveEpoch epoch{value.at("epoch").as_int64(), value.at("time").to_number<double>(), {}};
            for (const auto& item : value.at("values").as_object())
                epoch.values.emplace_back(std::string(item.key()), item.value().to_number<double>());
            epochs[epoch.epoch] = std::move(epoch);
        } catch (const std::exception&) {
            continue; // not a record
        }
    }
    std::vector<LiveEpoch> result;
    for (auto& [number, epoch] : epochs) result.push_back(std::move(epoch));
    return result;
}

} // namespace mlvicx
