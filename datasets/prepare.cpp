#include "datasets/prepare.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/progress.h"
#include "core/utf8.h"
#include "core/version.h"
#include "datasets/audit/copies_together.h"
#include "datasets/decode_images.h"
#include "datasets/fingerprint.h"
#include "datasets/prepared_attributes.h"
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

/// Takes from the headers of the good images what no table said of sex, age and view.
void take_headers(DatasetIndex& index, std::vector<DecodedImage>& decoded) {
    std::array<std::size_t, attribute_count> taken{};
    for (std::size_t i = 0; i < index.images.size(); ++i)
        for (std::size_t kind = 0; kind < attribute_count && decoded[i].fault.empty(); ++kind) {
            const std::string& word = decoded[i].headers[kind];
            std::string& value = index.images[i].attributes[kind];
            if (word.empty() || !value.empty()) continue;
            const auto read = attribute_table()[kind].read(word);
            if (!read) decoded[i].notes.push_back(attribute_note(kind, index.images[i].id, word));
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
void refuse_blank(const std::vector<DecodedImage>& decoded) {
    const auto is_blank = [](const DecodedImage& image) { return image.blank; };
    const auto first = std::find_if(decoded.begin(), decoded.end(), is_blank);
    if (first == decoded.end()) return;
    user_error("{} of {} images have a single value, first {}; --skip-bad (skip_bad in a plan) leaves such images out",
               std::count_if(first, decoded.end(), is_blank), decoded.size(), first->fault);
}

/// Of all images.
std::int64_t count_masks(const std::vector<DecodedImage>& decoded) {
    std::size_t masks = 0;
    for (const DecodedImage& image : decoded) masks += count_masks(image);
    return static_cast<std::int64_t>(masks);
}

/// Writes the tables after the pixels and completes the file; returns the fingerprint.
std::string complete(SafetensorsWriter& writer, const DatasetIndex& index, const std::vector<DecodedImage>& decoded,
                     int side) {
    std::vector<cv::Size> sizes;
    std::vector<std::string> digests;
    std::vector<std::uint8_t> masked;
    for (const DecodedImage& image : decoded) {
        sizes.push_back(image.size);
        digests.push_back(image.digest);
        for (const char mask : image.masked) masked.push_back(mask == '1');
    }
    const PreparedTables tables = tables_of(index, sizes, side);
    for (const auto& [name, bytes] : tables.bytes()) writer.write(name, 0, bytes);
    const auto attributes = attribute_bytes(index);
    writer.write("attributes", 0, std::as_bytes(std::span(attributes)));
    if (!index.mask_names.empty()) {
        writer.write("masked", 0, std::as_bytes(std::span(masked)));
        writer.shorten("masks", count_masks(decoded));
    }
    auto metadata = names_of(index);
    const std::string fingerprint = fingerprint_of(metadata, tables.bytes(), digests);
    metadata["format"] = prepared_format;
    metadata["attributes"] = attribute_metadata(attributes);
    if (auto names = file_names_of(index); !names.empty()) metadata["file_names"] = std::move(names);
    // Paths may hold any bytes, metadata is UTF-8.
    metadata["provenance"] = printable_utf8(json::serialize(index.provenance), "\\\\x");
    metadata["fingerprint"] = fingerprint;
    writer.commit(metadata);
    return fingerprint;
}

/// Removes the images with a fault from the index and the results; returns which were kept.
std::vector<std::size_t> drop_bad(DatasetIndex& index, std::vector<DecodedImage>& decoded,
                                  std::vector<ImageSketch>& sketches) {
    constexpr std::size_t gone = std::numeric_limits<std::size_t>::max();
    std::vector<std::size_t> kept, place(index.images.size(), gone);
    for (std::size_t i = 0; i < index.images.size(); ++i) {
        if (!decoded[i].fault.empty()) continue;
        place[i] = kept.size();
        std::swap(index.images[kept.size()], index.images[i]);
        std::swap(decoded[kept.size()], decoded[i]);
        if (!sketches.empty()) std::swap(sketches[kept.size()], sketches[i]);
        kept.push_back(i);
    }
    index.images.resize(kept.size());
    decoded.resize(kept.size());
    if (!sketches.empty()) sketches.resize(kept.size());
    std::erase_if(index.boxes, [&](const Box& box) { return place[box.image] == gone; });
    for (Box& box : index.boxes) box.image = place[box.image];
    return kept;
}

/// How many good images were read by each rule.
json::object count_rules(const std::vector<DecodedImage>& decoded) {
    std::map<std::string, std::size_t> counts;
    for (const DecodedImage& image : decoded)
        if (image.fault.empty()) ++counts[image.rule];
    return json::value_from(counts).as_object();
}

json::object notes_of(const std::vector<DecodedImage>& decoded) {
    std::vector<Notes> notes;
    for (const DecodedImage& image : decoded) notes.push_back(image.notes);
    return count_notes(notes);
}

/// Room for metadata: provenance inside a JSON string, where quotes are escaped, and the list of bad images.
std::size_t metadata_room(const DatasetIndex& index) {
    std::size_t bytes = 2 * (json::serialize(index.provenance).size() + file_names_of(index).size()) + (1 << 17);
    for (const auto& [name, text] : names_of(index)) bytes += 2 * text.size();
    return bytes;
}

/// A digest of everything that decoded pixels and their place in the file depend on.
std::string identity_of(const DatasetIndex& index, const PrepareOptions& options, const json::object& files) {
    json::object layout;
    for (const TensorInfo& tensor : tensors_of(index, options.size))
        layout[tensor.name] = json::value_from(tensor.shape);
    Sha256 hash;
    hash.add(canonical(json::object{{"layout", layout},
                                    {"metadata", metadata_room(index)},
                                    {"window", name_of(options.window)},
                                    {"files", files},
                                    {"opencv", CV_VERSION},
                                    {"suite_version", suite_version},
                                    {"git_commit", git_commit}}));
    for (const ImageEntry& image : index.images) {
        hash.add(
            fmt::format("\n{}\n{}\n{} {}\n", image.id, image.file.string(), image.frame.width, image.frame.height));
        hash.add(std::as_bytes(std::span(image.labels))); // a mask that does not agree with them is noted
        for (const Mask& mask : image.masks) {
            hash.add(fmt::format("mask {} {} {}\n", mask.files.size(), mask.runs.size(), mask.areas.size()));
            for (const auto& file : mask.files) hash.add(file.string());
            hash.add(std::as_bytes(std::span(mask.runs))).add(std::as_bytes(std::span(mask.areas)));
        }
    }
    return hash.hex();
}

/// Copies the good images' pixels, and all masks, from a file with room for all images into one with room only for
/// them.
void copy_pixels(const Safetensors& all, const std::vector<std::size_t>& kept, SafetensorsWriter& writer) {
    const TensorView& images = all.at("images");
    const std::size_t row = images.data.size() / static_cast<std::size_t>(images.shape[0]);
    for (std::size_t k = 0; k < kept.size(); ++k)
        writer.write("images", k * row, images.data.subspan(kept[k] * row, row));
    if (all.contains("masks")) writer.write("masks", 0, all.at("masks").data);
}

/// The first ten faults.
json::array first_of(const std::vector<std::string>& bad) {
    json::array first;
    for (std::size_t i = 0; i < std::min<std::size_t>(bad.size(), 10); ++i) first.emplace_back(bad[i]);
    return first;
}

/// Everything after the journal is open.
PrepareReport prepare_into(const fs::path& out, DatasetIndex& index, const PrepareOptions& options,
                           const json::object& files, PrepareJournal& journal) {
    // Whether an image is bad is known only after decoding, but the file's layout must be known before: the unfinished
    // file has room for all images, and becomes the result if none is left out.
    SafetensorsWriter writer =
        SafetensorsWriter::in_place(journal.unfinished(), tensors_of(index, options.size), metadata_room(index));
    auto decoded = decode_images(index, options, writer, journal);
    if (!options.skip_bad) refuse_blank(decoded);
    take_headers(index, decoded);
    PrepareReport report;
    report.notes = notes_of(decoded);
    for (std::size_t i = 0; i < index.images.size(); ++i)
        if (!decoded[i].fault.empty()) report.bad.push_back(index.images[i].id + ": " + decoded[i].fault);
    if (report.bad.size() == index.images.size())
        user_error("{}: none of the {} images can be read, first {}", index.dataset, index.images.size(),
                   report.bad.front());
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
                                    {"bad", {{"count", report.bad.size()}, {"first", first_of(report.bad)}}}};
    std::vector<ImageSketch> sketches;
    if (options.copies_together) sketches = sketches_of(decoded, options, writer);
    const auto finish = [&](SafetensorsWriter& last) {
        if (options.copies_together)
            index.provenance["prepared"].as_object()["copies_together"] =
                keep_copies_together(index, sketches, *options.copies_together, options.threads);
        report.fingerprint = complete(last, index, decoded, options.size);
    };
    if (report.bad.empty()) {
        finish(writer);
        std::error_code error;
        fs::rename(journal.unfinished(), out, error);
        if (error) user_error("{}: cannot be written: {}", out.string(), error.message());
    } else {
        if (!index.mask_names.empty()) writer.shorten("masks", count_masks(decoded));
        writer.commit({});
        const Safetensors all(journal.unfinished());
        const auto kept = drop_bad(index, decoded, sketches);
        SafetensorsWriter smaller(out, tensors_of(index, options.size), metadata_room(index));
        copy_pixels(all, kept, smaller);
        finish(smaller);
    }
    report.images = static_cast<std::int64_t>(index.images.size());
    return report;
}

} // namespace

PrepareReport prepare(DatasetIndex index, const PrepareOptions& options, const fs::path& out) {
    const auto start = std::chrono::steady_clock::now();
    if (index.images.empty()) user_error("{}: the dataset has no images", index.dataset);
    if (options.size < 8 || options.size > 4096) user_error("size is {} pixels, expected 8 to 4096", options.size);
    if (fs::is_directory(out)) user_error("{}: is a folder, expected a file to write", out.string());
    if (options.copies_together) require_split_by_patient(index, *options.copies_together);

    const json::object files = record_of_files(index); // before reading them, so that later changes are noticed
    std::error_code error;
    if (out.has_parent_path()) fs::create_directories(out.parent_path(), error);
    PrepareJournal journal(out, identity_of(index, options, files));
    PrepareReport report;
    try {
        report = prepare_into(out, index, options, files, journal);
    } catch (...) {
        if (journal.finished() > 0) {
            say("{} keeps the {} images that are done; the next run goes on from there", journal.unfinished().string(),
                journal.finished());
            journal.keep();
        }
        throw;
    }
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
}

} // namespace mlvicx
