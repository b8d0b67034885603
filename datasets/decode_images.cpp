#include "datasets/decode_images.h"

#include "core/error.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "datasets/decode/mask.h"
#include "datasets/fingerprint.h"
#include "datasets/prepared_pixels.h"

#include <algorithm>
#include <atomic>
#include <optional>

namespace mlvicx {

namespace {

/// Bytes of an image and of its masks.
struct Room {
    Room(const DatasetIndex& index, int side)
        : plane(static_cast<std::size_t>(side) * static_cast<std::size_t>(side)),
          masks(index.mask_names.size() * plane) {}
    std::size_t plane, masks;
};

using Planes = std::vector<std::uint8_t>; ///< an image's pixels and those of its masks, one after the other

std::span<const std::uint8_t> pixels_in(const Planes& planes, const Room& room) {
    return std::span(planes).first(room.plane);
}

std::span<const std::uint8_t> masks_in(const Planes& planes, const Room& room) {
    return std::span(planes).subspan(room.plane);
}

/// One image after the other, for several threads.
class Decoder {
public:
    Decoder(const DatasetIndex& index, const PrepareOptions& options)
        : index_(index), options_(options), classes_(classes_of_masks(index)), room_(index, options.size) {}

    /// Empty for an image with a fault.
    Planes decode(std::size_t i, DecodedImage& image) const {
        try {
            Planes planes = planes_of(index_.images[i], image);
            const auto masks = masks_in(planes, room_);
            for (std::size_t at = 0; at < masks.size(); at += room_.plane) {
                const auto mask = masks.subspan(at, room_.plane);
                const bool any = std::any_of(mask.begin(), mask.end(), [](std::uint8_t value) { return value != 0; });
                image.masked += any ? '1' : '0';
            }
            image.digest = image_digest(pixels_in(planes, room_), masks);
            return planes;
        } catch (const BlankImage& fault) { // there may be many: count all of them first
            image.fault = fault.what();
            image.blank = true;
            image.notes = {{"images of a single value, left out", index_.images[i].id}};
        } catch (const UserError& fault) {
            image.fault = fault.what();
            image.notes.clear();
        }
        refuse(image);
        return {};
    }

    /// Throws UserError for an image that must not be left out.
    void refuse(const DecodedImage& image) const {
        if (!image.fault.empty() && !image.blank && !options_.skip_bad)
            user_error("{}; --skip-bad (skip_bad in a plan) leaves such images out", image.fault);
    }

private:
    Planes planes_of(const ImageEntry& entry, DecodedImage& image) const {
        const int side = options_.size;
        const PreparedPixels prepared = prepared_pixels(entry.file, side, options_.window);
        image.size = prepared.decoded;
        image.rule = prepared.rule;
        image.headers = prepared.attributes;
        Planes planes(room_.plane + room_.masks, 0);
        const auto target = [&](std::size_t k) { return cv::Mat(side, side, CV_8U, planes.data() + k * room_.plane); };
        prepared.pixels.copyTo(target(0));
        for (std::size_t k = 0; k < entry.masks.size(); ++k) {
            const auto label = classes_[k] ? std::optional(entry.labels[*classes_[k]]) : std::nullopt;
            prepared_mask(entry.masks[k], entry, image.size, side, label, image.notes).copyTo(target(k + 1));
        }
        return planes;
    }

    const DatasetIndex& index_;
    const PrepareOptions& options_;
    const std::vector<std::optional<std::size_t>> classes_;
    const Room room_;
};

/// The masks of a piece's images stay in memory until it is done, so a piece has as many images as take 256 MB with all
/// their masks; at most 8192, because a piece that is killed is decoded again.
std::size_t images_per_piece(const PrepareOptions& options, const Room& room) {
    constexpr std::size_t bytes = std::size_t{1} << 28, most = 8192;
    return options.piece > 0 ? options.piece : std::clamp<std::size_t>(bytes / (room.plane + room.masks), 1, most);
}

/// The masks that are not empty, one after the other.
Planes masks_kept(const Planes& planes, const DecodedImage& image, const Room& room) {
    Planes kept;
    for (std::size_t m = 0; m < image.masked.size(); ++m) {
        const auto mask = masks_in(planes, room).subspan(m * room.plane, room.plane);
        if (image.masked[m] == '1') kept.insert(kept.end(), mask.begin(), mask.end());
    }
    return kept;
}

/// Lets the journal forget what the file does not hold as it says.
void check_earlier(const PrepareOptions& options, std::size_t images, const Room& room, const SafetensorsWriter& writer,
                   PrepareJournal& journal) {
    const auto& earlier = journal.images();
    std::vector<std::size_t> rows; // of the first mask of each image
    std::size_t next = 0;
    for (const DecodedImage& image : earlier) {
        rows.push_back(next);
        next += count_masks(image);
    }
    std::atomic<std::size_t> good = std::min(images, earlier.size());
    const auto worse = [&](std::size_t i) {
        std::size_t before = good;
        while (i < before && !good.compare_exchange_weak(before, i)) {
        }
    };
    parallel_for(good, options.threads, [&](std::size_t i) {
        if (!earlier[i].fault.empty()) return;
        Planes planes(room.plane + room.masks, 0);
        const auto bytes = std::as_writable_bytes(std::span(planes));
        writer.read("images", i * room.plane, bytes.first(room.plane));
        if (earlier[i].masked.size() * room.plane != room.masks) return worse(i);
        for (std::size_t m = 0, row = rows[i]; m < earlier[i].masked.size(); ++m)
            if (earlier[i].masked[m] == '1')
                writer.read("masks", row++ * room.plane, bytes.subspan((m + 1) * room.plane, room.plane));
        if (image_digest(pixels_in(planes, room), masks_in(planes, room)) != earlier[i].digest) worse(i);
    });
    journal.forget_from(good);
}

} // namespace

std::vector<DecodedImage> decode_images(const DatasetIndex& index, const PrepareOptions& options,
                                        SafetensorsWriter& writer, PrepareJournal& journal) {
    const std::size_t count = index.images.size();
    const Room room(index, options.size);
    const Decoder decoder(index, options);
    check_earlier(options, count, room, writer, journal);
    std::vector<DecodedImage> images = journal.images();
    std::size_t first = images.size(), row = 0;
    for (const DecodedImage& image : images) {
        decoder.refuse(image);
        row += count_masks(image);
    }
    if (first > 0) say("{} has {} of {} images from an earlier run", journal.unfinished().string(), first, count);
    images.resize(count);
    const std::size_t piece = images_per_piece(options, room);
    Progress progress("prepare", static_cast<std::int64_t>(count), "images", static_cast<std::int64_t>(first));
    for (std::size_t images_now = 0; first < count; first += images_now) {
        images_now = std::min(piece, count - first);
        std::vector<Planes> masks(images_now);
        parallel_for(images_now, options.threads, [&](std::size_t k) {
            const Planes planes = decoder.decode(first + k, images[first + k]);
            if (!planes.empty())
                writer.write("images", (first + k) * room.plane, std::as_bytes(pixels_in(planes, room)));
            masks[k] = masks_kept(planes, images[first + k], room);
            progress.advance();
        });
        for (const Planes& kept : masks) {
            if (!kept.empty()) writer.write("masks", row * room.plane, std::as_bytes(std::span(kept)));
            row += kept.size() / room.plane;
        }
        if (piece < count) journal.add(std::span(images).subspan(first, images_now));
    }
    return images;
}

std::vector<ImageSketch> sketches_of(const std::vector<DecodedImage>& images, const PrepareOptions& options,
                                     const SafetensorsWriter& writer) {
    const auto plane = static_cast<std::size_t>(options.size) * static_cast<std::size_t>(options.size);
    std::vector<ImageSketch> sketches(images.size());
    parallel_for(images.size(), options.threads, [&](std::size_t i) {
        if (!images[i].fault.empty()) return;
        std::vector<std::uint8_t> pixels(plane);
        writer.read("images", i * plane, std::as_writable_bytes(std::span(pixels)));
        sketches[i] = sketch_image(pixels, options.size);
    });
    return sketches;
}

} // namespace mlvicx
