#include "core/progress.h"
#include "datasets/import.h"
#include "datasets/inspect.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"

#include <fmt/format.h>

#include <memory>

namespace mlvicx {

namespace {

struct PrepareCommand {
    ImportOptions import;
    std::string out;
    unsigned threads = 0;
};

void prepare_command(const PrepareCommand& command) {
    const PrepareReport report = prepare_dataset(command.import, command.out, command.threads);
    for (const auto& bad : report.bad) say("left out {}", bad);
    fmt::print("{}\n{}: {} films of {} x {} pixels in {}{}\nfingerprint {}\n", summary(PreparedDataset(command.out)),
               command.out, report.films, command.import.size, command.import.size, duration_text(report.seconds),
               report.bad.empty() ? "" : fmt::format(", {} corrupt ones left out", report.bad.size()),
               report.fingerprint);
}

} // namespace

void add_prepare(CLI::App& app) {
    auto& sub = *app.add_subcommand("prepare", "Decode a dataset's original files into one prepared file");
    const auto command = std::make_shared<PrepareCommand>();
    ImportOptions& import = command->import;
    sub.add_option("--dataset", import.importer, "Which dataset; phantom: synthetic films")
        ->check(one_of(importers()))
        ->required();
    sub.add_option("--root", import.root,
                   "Folder of the original files (phantom: made where it is absent; manifest: where its paths begin)");
    sub.add_option("--out", command->out, "File to write (.safetensors)")->required();
    sub.add_option("--size", import.size, "Pixels of the square prepared image")
        ->check(whole_number(8, 4096))
        ->capture_default_str();
    sub.add_option("--window", import.window,
                   "Values of DICOM and deep PNG that become 0..255. auto: all of 8 bits, 0.5 to 99.5 percentile of "
                   "more; full: "
                   "all; file: the file's own window")
        ->check(one_of({"auto", "full", "file"}))
        ->capture_default_str();
    const auto* split =
        sub.add_option("--split", import.split.kind,
                       "official: the dataset's own lists; patient: by a hash of the patient. manifest: "
                       "its column split where it has one, else patient")
            ->check(one_of({"official", "patient"}))
            ->capture_default_str();
    sub.add_option("--split-seed", import.split.seed, "Seed of the split")
        ->check(whole_number())
        ->capture_default_str();
    sub.add_option("--validation-share", import.split.validation, "Share of patients for validation")
        ->check(real_number(0, 1))
        ->capture_default_str();
    sub.add_option("--test-share", import.split.test, "Share of patients for the test (split patient)")
        ->check(real_number(0, 1))
        ->capture_default_str();
    sub.add_flag("--keep-copies-together", import.split.keep_copies_together,
                 "Who share an image are one patient for the split (split patient)");
    sub.add_option("--images", import.images, "Folder of images elsewhere");
    sub.add_option("--metadata", import.metadata, "Folder of CSV and list files elsewhere");
    sub.add_option("--rsna-classes", import.rsna_classes, "rsna: target (Pneumonia) or detailed (three classes)")
        ->check(one_of({"target", "detailed"}))
        ->capture_default_str();
    sub.add_option("--mapping", import.mapping,
                   "rsna: pneumonia-challenge-dataset-mappings_2018.json, to split by NIH's patients");
    sub.add_option("--nih-test", import.nih_test, "rsna: folder of NIH's test_list.txt, to take its films alone");
    sub.add_option("--readers", import.readers, "vinbig: whose findings count: any, majority or unanimous")
        ->check(one_of({"any", "majority", "unanimous"}))
        ->capture_default_str();
    sub.add_option("--manifest", import.manifest, "manifest: the CSV file");
    sub.add_option("--labels", import.labels,
                   "manifest: label columns, separated by commas (else all that hold labels)")
        ->delimiter(',');
    sub.add_option("--patient-column", import.patient_column,
                   "manifest: the column that names the patient (else patient, or a usual name of it)");
    sub.add_option("--phantom-films", import.phantom.films, "phantom: number of images")
        ->check(whole_number(1, 10'000'000))
        ->capture_default_str();
    sub.add_option("--phantom-size", import.phantom.size, "phantom: pixels of an image")
        ->check(whole_number(32, 2048))
        ->capture_default_str();
    sub.add_option("--phantom-seed", import.phantom.seed, "phantom: seed")
        ->check(whole_number())
        ->capture_default_str();
    sub.add_option("--phantom-layout", import.phantom.layout, "phantom: the dataset whose files it writes")
        ->check(one_of(phantom_layouts()))
        ->capture_default_str();
    sub.add_option("--threads", command->threads, "Threads that decode (0: all cores)")
        ->check(whole_number(0, 4096))
        ->capture_default_str();
    sub.add_flag("--allow-missing", import.allow_missing, "Leave out films whose image is missing");
    sub.add_flag("--skip-bad", import.skip_bad, "Leave out images that are corrupt or of one value, and list them");
    for (const char* name : {"--root", "--images", "--metadata", "--nih-test"})
        sub.get_option(name)->type_name("FOLDER");
    for (const char* name : {"--out", "--mapping", "--manifest"}) sub.get_option(name)->type_name("FILE");
    group_options(sub, "Source", {"--dataset", "--root", "--images", "--metadata", "--allow-missing", "--skip-bad"});
    group_options(sub, "Prepared file", {"--out", "--size", "--window", "--threads"});
    group_options(sub, "Split",
                  {"--split", "--split-seed", "--validation-share", "--test-share", "--keep-copies-together"});
    group_options(sub, "Your own images (manifest)", {"--manifest", "--labels", "--patient-column"});
    group_options(sub, "RSNA", {"--rsna-classes", "--mapping", "--nih-test"});
    group_options(sub, "VinBig", {"--readers"});
    group_options(sub, "Synthetic images (phantom)",
                  {"--phantom-films", "--phantom-size", "--phantom-seed", "--phantom-layout"});
    add_examples(sub, {"mlvicx-bench prepare --dataset nih --root /data/nih --size 224 --out nih.safetensors",
                       "mlvicx-bench prepare --dataset manifest --manifest my.csv --out my.safetensors",
                       "mlvicx-bench prepare --dataset phantom --root phantom --phantom-films 500 --size 64 \\\n    "
                       "--out phantom.safetensors"});
    sub.callback([command, split] {
        // A manifest's own split is its column, which is taken in any case; official would insist on it.
        if (split->count() == 0 && command->import.importer == "manifest") command->import.split.kind = "patient";
        prepare_command(*command);
    });
}

} // namespace mlvicx
