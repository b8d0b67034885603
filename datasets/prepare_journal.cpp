#include "datasets/prepare_journal.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/json.h"

#include <algorithm>
#include <exception>
#include <fstream>
#include <optional>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

fs::path with_suffix(fs::path file, const char* suffix) {
    return file += suffix;
}

json::value value_of(const DecodedImage& image) {
    json::array notes;
    for (const Note& note : image.notes) notes.push_back({note.kind, note.where});
    return json::array{image.size.width,
                       image.size.height,
                       image.rule,
                       image.digest,
                       image.fault,
                       image.blank,
                       image.masked,
                       notes,
                       json::value_from(image.headers)};
}

std::string text_of(const json::value& value) {
    return std::string(value.as_string());
}

/// The inverse of value_of. Throws std::exception for anything else.
DecodedImage image_from(const json::value& value) {
    const json::array& fields = value.as_array();
    DecodedImage image;
    image.size = {fields.at(0).to_number<int>(), fields.at(1).to_number<int>()};
    image.rule = text_of(fields.at(2));
    image.digest = text_of(fields.at(3));
    image.fault = text_of(fields.at(4));
    image.blank = fields.at(5).as_bool();
    image.masked = text_of(fields.at(6));
    for (const auto& note : fields.at(7).as_array())
        image.notes.push_back({text_of(note.as_array().at(0)), text_of(note.as_array().at(1))});
    const json::array& headers = fields.at(8).as_array();
    for (std::size_t kind = 0; kind < image.headers.size(); ++kind) image.headers[kind] = text_of(headers.at(kind));
    return image;
}

/// A line of the journal: a digest, a space and the text.
std::string line_of(const std::string& text) {
    return sha256(text) + ' ' + text + '\n';
}

/// The text of a line without its end; none if the digest is not that of the text.
std::optional<std::string> text_in(const std::string& line) {
    constexpr std::size_t digits = 64;
    if (line.size() <= digits || line[digits] != ' ') return {};
    std::string text = line.substr(digits + 1);
    if (line.compare(0, digits, sha256(text)) != 0) return {};
    return text;
}

std::vector<DecodedImage> images_in(const std::string& text) {
    json::parse_options options;
    options.allow_invalid_utf8 = true; // names of files may hold any bytes
    std::vector<DecodedImage> images;
    const json::value piece = json::parse(text, {}, options);
    for (const auto& value : piece.as_array()) images.push_back(image_from(value));
    return images;
}

} // namespace

std::size_t count_masks(const DecodedImage& image) {
    return static_cast<std::size_t>(std::count(image.masked.begin(), image.masked.end(), '1'));
}

PrepareJournal::PrepareJournal(const fs::path& out, const std::string& identity)
    : out_(out), unfinished_(with_suffix(out, ".unfinished")), file_(with_suffix(out, ".unfinished.journal")),
      lock_(with_suffix(out, ".lock")) {
    read(identity);
    if (!pieces_.empty()) return;
    std::error_code none;
    fs::remove(unfinished_, none);
    fs::remove(file_, none);
    append(identity, 0);
}

PrepareJournal::~PrepareJournal() {
    if (keep_) return;
    std::error_code none;
    fs::remove(unfinished_, none);
    fs::remove(file_, none);
}

void PrepareJournal::read(const std::string& identity) {
    std::ifstream in(file_, std::ios::binary);
    std::string line;
    std::size_t bytes = 0;
    while (std::getline(in, line) && !in.eof()) {
        const auto text = text_in(line);
        if (!text || (pieces_.empty() && *text != identity)) break;
        if (!pieces_.empty()) {
            try {
                for (auto& image : images_in(*text)) images_.push_back(std::move(image));
            } catch (const std::exception&) { // written by another version
                break;
            }
        }
        pieces_.push_back({images_.size(), bytes += line.size() + 1});
    }
    if (!pieces_.empty()) cut(bytes);
}

void PrepareJournal::cut(std::size_t bytes) const {
    std::error_code error;
    fs::resize_file(file_, bytes, error);
    if (error) user_error("{}: cannot be written: {}", file_.string(), error.message());
}

void PrepareJournal::append(const std::string& text, std::size_t images) {
    const std::string line = line_of(text);
    std::ofstream journal(file_, std::ios::binary | std::ios::app);
    journal << line << std::flush;
    if (!journal) user_error("{}: cannot be written", file_.string());
    const Piece before = pieces_.empty() ? Piece{0, 0} : pieces_.back();
    pieces_.push_back({before.images + images, before.bytes + line.size()});
}

void PrepareJournal::forget_from(std::size_t first) {
    while (pieces_.back().images > first) pieces_.pop_back();
    images_.resize(pieces_.back().images);
    cut(pieces_.back().bytes);
}

void PrepareJournal::add(std::span<const DecodedImage> piece) {
    json::array values;
    for (const DecodedImage& image : piece) values.push_back(value_of(image));
    append(json::serialize(values), piece.size());
}

} // namespace mlvicx
