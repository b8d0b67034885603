#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/commands/error_figures.h"
#include "experiments/commands/evaluated.h"
#include "experiments/commands/evaluation_output.h"
#include "experiments/runner/artifacts.h"
#include "experiments/runner/jobs.h"
#include "experiments/runner/lease.h"
#include "experiments/runner/single_steps.h"
#include "experiments/saved_model.h"
#include "results/store/owner.h"

#include <fmt/ranges.h>

#include <cstdio>
#include <memory>
#include <optional>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// Refuses --save, before anything is computed, for what leaves no classifier of images.
void require_savable(const EvaluateOptions& given, const OpenDataset& data) {
    const MethodEntry& method = method_of(given);
    const auto& procedure = protocol_entry(given.protocol).procedure;
    if (method.is_check() || method.evaluated == Evaluated::features)
        user_error("--save: {} {}; expected an encoder's evaluation", given.subject(),
                   method.evaluated == Evaluated::shuffled ? "is a control whose labels are permuted"
                                                           : "has no encoder to compute the features of new images");
    if (!procedure.linear_head)
        user_error("--save: the protocol {} has no linear head to save; expected {}", given.protocol,
                   fmt::join(protocol_names(&Procedure::linear_head), " or "));
    const auto& provenance = data.prepared->provenance();
    const auto* prepared = provenance.if_contains("prepared");
    if (prepared == nullptr || !prepared->is_object() || !prepared->get_object().contains("window"))
        user_error("--save: {} does not record the window of its images, because an earlier release prepared it; "
                   "prepare it again (its fingerprint and results stay the same)",
                   given.data.string());
    require_writable_folder(given.save.has_parent_path() ? given.save.parent_path() : fs::path("."));
}

/// What the saved classifier says of itself.
ModelFacts facts_of(const EvaluationJob& job, const OpenDataset& data, const Evaluand& evaluand, const JobKey& key,
                    const EvaluationOutcome& outcome) {
    const auto text = [&](const char* name, const std::string& otherwise) {
        const auto* value = evaluand.source.if_contains(name);
        return value ? json::value_to<std::string>(*value) : otherwise;
    };
    const auto provenance = provenance_of(job.device);
    const auto& chosen = job.options.selects_on_test() ? data.test : data.validation;
    ModelFacts facts;
    facts.classes = data.classes;
    facts.thresholds = thresholds_of(outcome.validation_scores, rows_of(data.labels, chosen));
    facts.prepared_size = data.prepared->image_size();
    facts.window = json::value_to<std::string>(data.prepared->provenance().at("prepared").at("window"));
    facts.image_size = job.options.image_size;
    facts.precision = name_of(outcome.precision);
    facts.network = evaluand.network;
    facts.encoder = fs::path(text("file", "random")).filename().string();
    facts.encoder_digest = text("digest", evaluand.id);
    facts.dataset = key.dataset;
    facts.fingerprint = data.fingerprint();
    facts.chosen_on = name_of(job.options.selects_on_test() ? Split::test : Split::validation);
    facts.protocol = key.protocol;
    facts.evaluation = key.hash;
    facts.fraction = key.fraction;
    facts.draw = drawn_by(key);
    facts.seed = key.seed;
    facts.suite_version = provenance.suite_version;
    facts.commit = provenance.git_commit;
    facts.device = provenance.device;
    return facts;
}

/// Removes a checkpoint, and the folders of artifacts that it leaves empty.
void remove_saved(const fs::path& checkpoint) {
    std::error_code ignored;
    for (const auto& path : {checkpoint, checkpoint.parent_path(), checkpoint.parent_path().parent_path()})
        fs::remove(path, ignored);
}

void evaluate_command(const EvaluateOptions& given) {
    if (given.encoder.empty() && given.features.empty())
        user_error("evaluate: neither --encoder nor --features is given, expected one of them");
    if (!given.sheet.empty() && !protocol_entry(given.protocol).procedure.is_segmentation())
        user_error("--sheet draws masks, which the protocol {} does not predict; expected {}", given.protocol,
                   fmt::join(protocol_names(&Procedure::is_segmentation), " or "));
    EvaluationJob job = job_of(given);
    OpenDataset data = open_for(job, given.data);
    if (!given.save.empty()) require_savable(given, data);
    const Evaluand evaluand = evaluand_for(given, data, job);
    const JobKey key = key_of(given, job, data, evaluand);
    job.draw = drawn_by(key);
    job.sheet = given.sheet;
    std::optional<SavedModel> model;
    const auto keep = [&](Encoder& encoder, const EvaluationOutcome& outcome) {
        model = {facts_of(job, data, evaluand, key, outcome), encoder.another(), outcome.trained};
        copy_state(encoder, *model->encoder);
    };
    std::optional<ErrorFigures> errors;
    if (!given.errors.empty()) {
        errors.emplace(given.errors, job, data);
        job.classified = [&](const auto& evaluated, const auto& outcome) { errors->find(evaluated, outcome); };
    }
    if (!given.save.empty() || errors)
        job.inspect = [&](Encoder& encoder, const EvaluationOutcome& outcome, const Inference& inference) {
            if (!given.save.empty()) keep(encoder, outcome);
            if (errors) errors->look(encoder, outcome, inference);
        };
    say("device: {}", describe_device(job.device));
    data.move_to(job.device);

    std::optional<Store> store;
    if (!given.results.empty()) {
        store.emplace(given.results);
        log_beside(given.results);
        register_single_step(*store, key, evaluand.source, !given.label.empty());
        if (store->state(key.hash) == JobState::done)
            say("{} already has this evaluation; it is run again but not recorded", given.results.string());
        else if (!store->claim(key, process_owner(), LeaseKeeper::seconds))
            user_error("{}: another process is working on this evaluation", given.results.string());
        else
            job.saving = {Artifacts(given.results).checkpoint(key.hash), key.hash};
    }
    JobResult result;
    try {
        std::optional<LeaseKeeper> keeper;
        if (store) keeper.emplace(*store, key.hash, process_owner());
        result = evaluate_encoder(data, job);
        result.details["weights"] = evaluand.source;
    } catch (...) {
        if (store) store->release(key.hash, process_owner());
        throw;
    }
    if (store && store->state(key.hash) != JobState::done) store->finish(key, result, provenance_of(job.device));
    if (!job.saving.file.empty()) remove_saved(job.saving.file);
    if (!given.out.empty()) write_scores(given.out, result);
    print_evaluation(result);
    if (errors) {
        errors->write();
        std::printf("%s", errors->text().c_str());
    }
    if (!model) return;
    model->facts.train_images = result.train_images;
    save_model(given.save, *model);
    std::printf("%s: the classifier, %s\n", given.save.c_str(), not_for_clinical_use);
}

} // namespace

void add_evaluate(CLI::App& app) {
    auto* command = app.add_subcommand("evaluate", "Evaluate one encoder on a prepared dataset");
    auto options = std::make_shared<EvaluateOptions>();
    command->add_option("--data", options->data, "Prepared dataset")->required()->type_name("FILE");
    auto* encoder =
        command
            ->add_option("--encoder", options->encoder,
                         "Encoder file (ours or torchvision-named weights), or a control: random (initial weights), "
                         "shuffled (permuted labels), metadata (sex, age, view)")
            ->type_name("FILE");
    command
        ->add_option("--features", options->features,
                     "In place of --encoder: file of features that another program computed")
        ->type_name("FILE")
        ->excludes(encoder);
    command->add_option("--label", options->label,
                        "Name of its row in reports (default: the file's name without extension, or random)");
    add_evaluation_arguments(*command, *options, protocol_names(),
                             "finetuned.epochs=20, features=backbone or subsets=FILE");
    command->add_option("--draw", options->draw, "Seed for drawing the labelled subset (default: --seed)")
        ->check(whole_number());
    group_options(*command, "Labels and training", {"--draw"});
    command->add_option("--results", options->results, "Results file to record into")->type_name("FILE");
    command->add_option("--out", options->out, "CSV file for every test image's scores (segmentation: pixel counts)")
        ->type_name("FILE");
    command
        ->add_option("--sheet", options->sheet,
                     "Segmentation: PNG of the best, median and worst test image with true and predicted masks")
        ->type_name("FILE");
    command
        ->add_option("--save", options->save,
                     "File for the classifier (safetensors): encoder, head, thresholds and input recipe, for predict")
        ->type_name("FILE");
    command
        ->add_option("--errors", options->errors,
                     "New folder for figures of the most confident errors on the test images, class by class, with "
                     "heatmaps; thresholds are chosen on validation")
        ->type_name("FOLDER");
    group_options(*command, "Output", {"--results", "--out", "--sheet", "--save", "--errors"});
    add_examples(*command,
                 {"mlvicx-bench evaluate --data nih.safetensors --encoder encoders/mlvicx.safetensors \\\n"
                  "    --fraction 0.01",
                  "mlvicx-bench evaluate --data nih.safetensors --encoder encoders/mlvicx.safetensors \\\n"
                  "    --protocol finetuned --save model.safetensors",
                  "mlvicx-bench evaluate --data nih.safetensors --encoder encoders/mlvicx.safetensors \\\n"
                  "    --errors errors/mlvicx",
                  "mlvicx-bench evaluate --data nih.safetensors --encoder shuffled",
                  "mlvicx-bench evaluate --data nih.safetensors --encoder random --protocol knn --results own.db",
                  "mlvicx-bench evaluate --data siim.safetensors --encoder encoders/mlvicx.safetensors \\\n"
                  "    --protocol segmentation_finetuned --sheet masks.png"});
    command->callback([options] {
        use_all_threads();
        evaluate_command(*options);
    });
}

} // namespace mlvicx
