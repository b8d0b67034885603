#include "datasets/prepare.h"

#include "core/error.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "core/utf8.h"
#include "core/version.h"
#include "datasets/audit/copies_together.h"
#include "datasets/decode/mask.h"
#include "datasets/decode/notes.h"
#include "datasets/fingerprint.h"
#include "datasets/prepared_attributes.h"
#include "datasets/prepared_pixels.h"
#include "datasets/prepared_tables.h"
#include "datasets/source_record.h"

#include <opencv2/core/version.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <optional>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// Results of decoding, one per image.
struct Decoded {
    explicit Decoded(std::size_t images)
        : sizes(images), rules(images), digests(images), faults(images), blank(images), notes(images), headers(images) {
    }
    std::vector<cv::Size> sizes;      ///< as decoded
    std::vector<std::string> rules;   ///< how the pixels became 8-bit
    std::vector<std::string> digests; ///< of the prepared pixels
    std::vector<std::string> faults;  ///< why an image is left out; empty: it is good
    std::vector<std::uint8_t> blank;  ///< 1 if the fault is that nothing can be seen in the image
    std::vector<Notes> notes;
    std::vector<AttributeTexts> headers; ///< what a DICOM header says of sex, age and view
    std::vector<ImageSketch> sketches;   ///< of the prepared pixels; empty if nothing is compared
};

using MaskClasses = std::vector<std::optional<std::size_t>>;

/// Pixels and masks of one image: [1 + masks] planes of side*side.
std::vector<std::uint8_t> planes_of(const DatasetIndex& index, std::size_t i, const MaskClasses& classes,
                                    const PrepareOptions& options, Decoded& decoded) {
    const ImageEntry& image = index.images[i];
    const int side = options.size;
    const PreparedPixels prepared = prepared_pixels(image.file, side, options.window);
    const cv::Size size = decoded.sizes[i] = prepared.decoded;
    decoded.rules[i] = prepared.rule;
    decoded.headers[i] = prepared.attributes;
    const std::size_t plane = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
    std::vector<std::uint8_t> planes(plane * (1 + image.masks.size()), 0);
    const auto target = [&](std::size_t k) { return cv::Mat(side, side, CV_8U, planes.data() + k * plane); };
    prepared.pixels.copyTo(target(0));
    for (std::size_t k = 0; k < image.masks.size(); ++k) {
        const auto label = classes[k] ? std::optional(image.labels[*classes[k]]) : std::nullopt;
        prepared_mask(image.masks[k], image, size, side, label, decoded.notes[i]).copyTo(target(k + 1));
    }
    return planes;
}

void decode_all(const DatasetIndex& index, const PrepareOptions& options, SafetensorsWriter& writer, Decoded& decoded) {
    const std::size_t plane = static_cast<std::size_t>(options.size) * static_cast<std::size_t>(options.size);
    const MaskClasses classes = classes_of_masks(index);
    Progress progress("prepare", static_cast<std::int64_t>(index.images.size()), "images");
    parallel_for(index.images.size(), options.threads, [&](std::size_t i) {
        std::vector<std::uint8_t> planes;
        try {
            planes = planes_of(index, i, classes, options, decoded);
        } catch (const BlankImage& fault) { // there may be many: count all of them first
            decoded.faults[i] = fault.what();
            decoded.blank[i] = 1;
            decoded.notes[i] = {{"images of a single value, left out", index.images[i].id}};
        } catch (const UserError& fault) {
            if (!options.skip_bad)
                user_error("{}; --skip-bad (skip_bad in a plan) leaves such images out", fault.what());
            decoded.faults[i] = fault.what();
            decoded.notes[i].clear();
        }
        if (decoded.faults[i].empty()) {
            const std::span<const std::uint8_t> pixels(planes.data(), plane);
            const std::span<const std::uint8_t> masks(planes.data() + plane, planes.size() - plane);
            decoded.digests[i] = image_digest(pixels, masks);
            if (!decoded.sketches.empty()) decoded.sketches[i] = sketch_image(pixels, options.size);
            writer.write("images", i * plane, std::as_bytes(pixels));
            // Unwritten parts of the file read as zero, so an empty mask costs neither time nor disk space.
            if (std::any_of(masks.begin(), masks.end(), [](std::uint8_t value) { return value != 0; }))
                writer.write("masks", i * masks.size(), std::as_bytes(masks));
        }
        progress.advance();
    });
}

/// Takes from the headers of the good images what no table said of sex, age and view.
void take_headers(DatasetIndex& index, Decoded& decoded) {
    std::array<std::size_t, attribute_count> taken{};
    for (std::size_t i = 0; i < index.images.size(); ++i)
        for (std::size_t kind = 0; kind < attribute_count && decoded.faults[i].empty(); ++kind) {
            const std::string& word = decoded.headers[i][kind];
            std::string& value = index.images[i].attributes[kind];
            if (word.empty() || !value.empty()) continue;
            const auto read = attribute_table()[kind].read(word);
            if (!read) decoded.notes[i].push_back(attribute_note(kind, index.images[i].id, word));
            value = read.value_or("");
            taken[kind] += !value.empty();
        }
    for (std::size_t kind = 0; kind < attribute_count; ++kind) {
        if (taken[kind] == 0) continue;
        json::value& sources = index.provenance["attributes"];
        if (!sources.is_object()) sources.emplace_object();
        json::value& source = sources.get_object()[attribute_table()[kind].name];
        const std::string headers = fmt::format("DICOM headers of {} images", taken[kind]);
        source = source.is_string() ? std::string(source.get_string()) + ", " + headers : headers;
    }
}

/// Throws UserError with their count if there are images in which nothing can be seen.
void refuse_blank(const DatasetIndex& index, const Decoded& decoded) {
    const auto count = std::count(decoded.blank.begin(), decoded.blank.end(), 1);
    if (count == 0) return;
    const auto first = std::find(decoded.blank.begin(), decoded.blank.end(), 1) - decoded.blank.begin();
    user_error("{} of {} images have a single value, first {}; --skip-bad (skip_bad in a plan) leaves such images out",
               count, index.images.size(), decoded.faults[static_cast<std::size_t>(first)]);
}

/// Writes the tables after the pixels and completes the file; returns the fingerprint.
std::string complete(SafetensorsWriter& writer, const DatasetIndex& index, const Decoded& decoded, int side) {
    const PreparedTables tables = tables_of(index, decoded.sizes, side);
    for (const auto& [name, bytes] : tables.bytes()) writer.write(name, 0, bytes);
    const auto attributes = attribute_bytes(index);
    writer.write("attributes", 0, std::as_bytes(std::span(attributes)));
    auto metadata = names_of(index);
    const std::string fingerprint = fingerprint_of(metadata, tables.bytes(), decoded.digests);
    metadata["format"] = prepared_format;
    metadata["attributes"] = attribute_metadata(attributes);
    if (auto names = file_names_of(index); !names.empty()) metadata["file_names"] = std::move(names);
    // Paths may hold any bytes, metadata is UTF-8.
    metadata["provenance"] = printable_utf8(json::serialize(index.provenance), "\\\\x");
    metadata["fingerprint"] = fingerprint;
    writer.commit(metadata);
    return fingerprint;
}

/// Removes the images with a fault from the index and the results.
std::vector<std::size_t> drop_bad(DatasetIndex& index, Decoded& decoded) {
    constexpr std::size_t gone = std::numeric_limits<std::size_t>::max();
    std::vector<std::size_t> kept, place(index.images.size(), gone);
    for (std::size_t i = 0; i < index.images.size(); ++i) {
        if (!decoded.faults[i].empty()) continue;
        place[i] = kept.size();
        std::swap(index.images[kept.size()], index.images[i]);
        std::swap(decoded.sizes[kept.size()], decoded.sizes[i]);
        std::swap(decoded.digests[kept.size()], decoded.digests[i]);
        if (!decoded.sketches.empty()) std::swap(decoded.sketches[kept.size()], decoded.sketches[i]);
        kept.push_back(i);
    }
    index.images.resize(kept.size());
    decoded.sizes.resize(kept.size());
    decoded.digests.resize(kept.size());
    if (!decoded.sketches.empty()) decoded.sketches.resize(kept.size());
    std::erase_if(index.boxes, [&](const Box& box) { return place[box.image] == gone; });
    for (Box& box : index.boxes) box.image = place[box.image];
    return kept;
}

/// How many good images were read by each rule.
json::object count_rules(const Decoded& decoded) {
    std::map<std::string, std::size_t> counts;
    for (std::size_t i = 0; i < decoded.rules.size(); ++i)
        if (decoded.faults[i].empty()) ++counts[decoded.rules[i]];
    return json::value_from(counts).as_object();
}

/// Room for metadata: provenance inside a JSON string, where quotes are escaped, and the list of bad images.
std::size_t metadata_room(const DatasetIndex& index) {
    std::size_t bytes = 2 * (json::serialize(index.provenance).size() + file_names_of(index).size()) + (1 << 17);
    for (const auto& [name, text] : names_of(index)) bytes += 2 * text.size();
    return bytes;
}

/// A file next to the output that is always removed; partial_name removes those of killed processes.
struct Scratch {
    explicit Scratch(const fs::path& out) : path(partial_name(out.string() + ".all")) {}
    ~Scratch() {
        std::error_code error;
        fs::remove(path, error);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    fs::path path;
};

/// Copies the good images' pixels from a file with room for all images into one with room only for them.
void copy_rows(const Safetensors& all, const std::vector<std::size_t>& kept, SafetensorsWriter& writer) {
    for (const auto& [name, tensor] : all.tensors()) {
        if (name != "images" && name != "masks") continue;
        const std::size_t row = tensor.data.size() / static_cast<std::size_t>(tensor.shape[0]);
        for (std::size_t k = 0; k < kept.size(); ++k)
            writer.write(name, k * row, tensor.data.subspan(kept[k] * row, row));
    }
}

} // namespace

PrepareReport prepare(const DatasetIndex& original, const PrepareOptions& options, const fs::path& out) {
    const auto start = std::chrono::steady_clock::now();
    if (original.images.empty()) user_error("{}: the dataset has no images", original.dataset);
    if (options.size < 8 || options.size > 4096) user_error("size is {} pixels, expected 8 to 4096", options.size);
    if (fs::is_directory(out)) user_error("{}: is a folder, expected a file to write", out.string());

    DatasetIndex index = original;
    const json::object files = record_of_files(index); // before reading them, so that later changes are noticed
    Decoded decoded(index.images.size());
    if (options.copies_together) {
        require_split_by_patient(index, *options.copies_together);
        decoded.sketches.resize(index.images.size());
    }
    // Whether an image is bad is known only after decoding, but the file's layout must be known before. If images may
    // be left out, all are first written to a scratch file, so that none is decoded twice; it becomes the result if
    // none was left out.
    const Scratch scratch(out);
    SafetensorsWriter writer(options.skip_bad ? scratch.path : out, tensors_of(index, options.size),
                             metadata_room(index));
    decode_all(index, options, writer, decoded);
    if (!options.skip_bad) refuse_blank(index, decoded);
    take_headers(index, decoded);
    PrepareReport report;
    report.notes = count_notes(decoded.notes);
    for (std::size_t i = 0; i < index.images.size(); ++i)
        if (!decoded.faults[i].empty()) report.bad.push_back(index.images[i].id + ": " + decoded.faults[i]);
    if (report.bad.size() == index.images.size())
        user_error("{}: none of the {} images can be read, first {}", index.dataset, index.images.size(),
                   report.bad.front());
    std::vector<std::string> first(report.bad.begin(),
                                   report.bad.begin() +
                                       static_cast<std::ptrdiff_t>(std::min<std::size_t>(report.bad.size(), 10)));
    index.provenance["prepared"] = {{"size", options.size},
                                    {"window", name_of(options.window)},
                                    {"images", index.images.size() - report.bad.size()},
                                    {"conversion", count_rules(decoded)},
                                    {"notes", report.notes},
                                    {"files", files},
                                    {"resampling", "area average; bilinear when enlarging"},
                                    {"opencv", CV_VERSION},
                                    {"suite_version", suite_version},
                                    {"git_commit", git_commit},
                                    {"bad", {{"count", report.bad.size()}, {"first", json::value_from(first)}}}};
    const auto join_copies = [&] {
        if (options.copies_together)
            index.provenance["prepared"].as_object()["copies_together"] =
                keep_copies_together(index, decoded.sketches, *options.copies_together, options.threads);
    };
    if (report.bad.empty()) {
        join_copies();
        report.fingerprint = complete(writer, index, decoded, options.size);
        std::error_code error;
        if (options.skip_bad) fs::rename(scratch.path, out, error);
        if (error) user_error("{}: cannot be written: {}", out.string(), error.message());
    } else {
        writer.commit({});
        const Safetensors all(scratch.path);
        const auto kept = drop_bad(index, decoded);
        join_copies();
        SafetensorsWriter smaller(out, tensors_of(index, options.size), metadata_room(index));
        copy_rows(all, kept, smaller);
        report.fingerprint = complete(smaller, index, decoded, options.size);
    }
    report.images = static_cast<std::int64_t>(index.images.size());
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
}

} // namespace mlvicx
