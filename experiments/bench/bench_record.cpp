#include "experiments/bench/bench_record.h"

#include "core/error.h"
#include "core/version.h"
#include "methods/pretrain/step_parts.h"

#include <torch/torch.h>

#include <chrono>
#include <ctime>

namespace mlvicx {

namespace {

/// "2026-11-29", in UTC.
std::string today() {
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

/// Four digits, which is more than a measurement has.
double rounded(double value) {
    return std::stod(fmt::format("{:.4g}", value));
}

json::object row_record(const BenchDevice& device, const BenchRow& row) {
    const auto batch = static_cast<double>(row.method.pretrain.batch_size);
    const double steps = row.rate.images_per_second / batch;
    auto own = row.method.own;
    json::object shares, expected;
    for (const char* part : step_parts) shares[part] = rounded(row.shares.at(part));
    for (const auto& [machine, rate] : row.plan_rates) expected[machine] = rounded(rate);
    return {
        {"method", row.method.label},
        {"options", resolved([&](Fields& f) { row.method.entry->fields(f, own); })},
        {"optimizer", row.method.pretrain.optimizer.name},
        {"images_per_second", rounded(row.rate.images_per_second)},
        {"lowest", rounded(row.rate.lowest)},
        {"highest", rounded(row.rate.highest)},
        {"epochs", row.rate.epochs},
        {"milliseconds_per_step", rounded(1e3 / steps)},
        {"shares", shares},
        {"gflop_per_step", rounded(1e-9 * row.flops)},
        {"share_of_matrix_rate", rounded(row.flops * steps / device.matrix_rate)},
        {"gb_per_step", rounded(1e-9 * row.bytes)},
        {"share_of_copy_rate", rounded(row.bytes * steps / device.copy_rate)},
        {"peak_gb", rounded(1e-9 * row.peak_bytes)},
        {"plan", {{"gb", rounded(1e-9 * row.plan_bytes)}, {"images_per_second", expected}}},
        {"verified",
         {{"images", row.verified.images},
          {"loss", row.verified.loss},
          {"float64", row.verified.reference},
          {"tolerance", row.verified.tolerance}}},
    };
}

} // namespace

json::object bench_record(const BenchDevice& device, const std::vector<BenchRow>& rows, const std::string& images) {
    const auto& first = rows.front().method;
    json::array records;
    for (const auto& row : rows) records.push_back(row_record(device, row));
    return {
        {"kind", "bench"},
        {"date", today()},
        {"program", {{"version", suite_version}, {"commit", git_commit}}},
        {"libtorch", TORCH_VERSION},
        {"machine",
         {{"device", describe_device(device.device)},
          {"threads", at::get_num_threads()},
          {"matrix_gflops", rounded(1e-9 * device.matrix_rate)},
          {"copy_gb_per_second", rounded(1e-9 * device.copy_rate)}}},
        {"setting",
         {{"encoder", first.encoder},
          {"image_size", first.pretrain.image_size},
          {"batch_size", first.pretrain.batch_size},
          {"precision", name_of(device.precision)},
          {"images", images}}},
        {"rows", records},
    };
}

} // namespace mlvicx
