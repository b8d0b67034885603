#include "core/error.h"
#include "core/safetensors.h"
#include "results/verify/checks.h"

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

std::string entry(const std::map<std::string, std::string>& metadata, const std::string& key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
}

/// The digest that an evaluation recorded of its encoder; empty if none.
std::string recorded_digest(const CheckedJob& job) {
    const auto* weights = job.details.if_contains("weights");
    const auto* digest =
        weights != nullptr && weights->is_object() ? weights->get_object().if_contains("digest") : nullptr;
    return digest != nullptr && digest->is_string() ? json::value_to<std::string>(*digest) : std::string();
}

/// The digest over the tensors of a pre-training's encoder; tells what is wrong with the file.
std::string checked_digest(const fs::path& file, const CheckedJob& job, Verification& found) {
    const Safetensors encoder(file);
    const auto digest = digest_of(encoder.tensors());
    const auto tell = [&](const char* what, const std::string& there, const std::string& expected) {
        if (there != expected)
            found.differs(file.string(), fmt::format("{} is {}, expected {} ({})", what, there.substr(0, 12),
                                                     expected.substr(0, 12), job.words));
    };
    tell("the digest in its header", entry(encoder.metadata(), digest_key), digest);
    tell("the job in its header", entry(encoder.metadata(), "hash"), job.key.hash);
    if (entry(encoder.metadata(), "config") != job.config)
        found.differs(file.string(), "the configuration in its header is not that of " + job.words);
    return digest;
}

} // namespace

void check_encoders(const std::vector<CheckedJob>& jobs, const fs::path& encoders, Verification& found) {
    found.section("encoders: digest, job, and what evaluations recorded");
    std::map<std::string, std::string> digests; // of the files that are there, by pre-training
    for (const auto& job : jobs) {
        if (!job.done || job.key.kind != "pretrain") continue;
        const auto file = encoders / (job.key.hash + ".safetensors");
        if (!fs::exists(file)) {
            found.unchecked("encoders' files are not in " + encoders.string());
            continue;
        }
        found.checked();
        try {
            digests[job.key.hash] = checked_digest(file, job, found);
        } catch (const UserError& error) {
            found.differs(file.string(), error.what());
        }
    }
    for (const auto& job : jobs) {
        const auto* weights = job.key.config.if_contains("weights");
        if (!job.done || weights == nullptr || !weights->is_string()) continue;
        const auto file = digests.find(json::value_to<std::string>(*weights));
        const auto recorded = recorded_digest(job);
        if (file != digests.end() && !recorded.empty() && recorded != file->second)
            found.differs(job.words,
                          fmt::format("it was evaluated on an encoder with the digest {}, the file {} has {}: "
                                      "edited, or trained again",
                                      recorded.substr(0, 12), file->first.substr(0, 8) + "....safetensors",
                                      file->second.substr(0, 12)));
    }
}

} // namespace mlvicx
