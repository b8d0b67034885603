#include "methods/pretrain/pretrain_parts.h"

#include "core/error.h"
#include "methods/pretrain/diagnostics.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace mlvicx {

EpochMeter::EpochMeter(TrainingState& state, std::int64_t steps_per_epoch, std::int64_t batch_size,
                       const torch::Device& device, const std::string& last_good)
    : state_(state), last_good_(last_good), steps_per_epoch_(steps_per_epoch), interval_(device.is_cuda() ? 8 : 1) {
    constexpr std::int64_t gathered = 1024; // embeddings; more would cost time without adding information
    gather_from_ = std::max<std::int64_t>(0, steps_per_epoch - (gathered + batch_size - 1) / batch_size);
    if (state.embeddings.defined()) embeddings_.push_back(state.embeddings.to(device));
}

void EpochMeter::add(const StepOutput& output) {
    std::vector<torch::Tensor> values{output.loss.detach().to(torch::kFloat32)};
    names_ = {"loss"};
    for (const auto& [name, value] : output.terms) {
        names_.push_back(name);
        values.push_back(value.detach().to(values.front()));
    }
    if (pending_.empty()) first_pending_ = state_.step;
    pending_.push_back(torch::stack(values));
    if (keeps_embeddings()) embeddings_.push_back(output.embedding.detach().to(torch::kFloat32, false, /*copy=*/true));
    if (pending_.size() >= interval_) {
        read();
        send();
    }
    if (sent_ && sent_->values.ready()) read();
}

void EpochMeter::send() {
    sent_.emplace(Sent{first_pending_, Readback(torch::stack(pending_))});
    pending_.clear();
}

void EpochMeter::read() {
    if (!sent_) return;
    const auto values = sent_->values.get();
    const auto first = sent_->first;
    sent_.reset();
    state_.sums.resize(names_.size(), 0.0);
    for (std::int64_t i = 0; i < values.size(0); ++i) {
        const double* row = values[i].data_ptr<double>();
        if (!std::all_of(row, row + names_.size(), [](double value) { return std::isfinite(value); })) {
            std::string terms;
            for (std::size_t k = 0; k < names_.size(); ++k) terms += fmt::format(" {} {:.6g},", names_[k], row[k]);
            const std::int64_t step = first + i;
            user_error("training diverged at step {} (epoch {}):{} expected finite numbers; {}", step + 1,
                       step / steps_per_epoch_ + 1, terms, last_good_);
        }
        for (std::size_t k = 0; k < names_.size(); ++k) state_.sums[k] += row[k];
        loss_ = row[0];
    }
}

void EpochMeter::pause() {
    read();
    if (!pending_.empty()) send();
    read();
    if (embeddings_.empty()) return;
    embeddings_ = {torch::cat(embeddings_)};
    state_.embeddings = embeddings_.front().cpu();
}

EpochRecord EpochMeter::finish(double learning_rate, double images_per_second) {
    pause();
    EpochRecord record{(state_.step - 1) / steps_per_epoch_, {}};
    for (std::size_t k = 0; k < names_.size(); ++k)
        record.values.emplace_back(names_[k], state_.sums[k] / static_cast<double>(steps_per_epoch_));
    record.values.emplace_back("learning_rate", learning_rate);
    record.values.emplace_back("images_per_second", images_per_second);
    record.values.emplace_back("embedding_std", embedding_std(state_.embeddings));
    record.values.emplace_back("effective_rank", effective_rank(state_.embeddings));
    record.values.emplace_back("embeddings", static_cast<double>(state_.embeddings.size(0)));
    record.values.emplace_back("dimensions", static_cast<double>(state_.embeddings.size(1)));
    state_.sums.clear();
    state_.embeddings.reset();
    return record;
}

} // namespace mlvicx
