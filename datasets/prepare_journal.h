#pragma once

#include "core/file_lock.h"
#include "datasets/attributes.h"
#include "datasets/decode/notes.h"

#include <opencv2/core.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// What decoding found out about an image, besides its pixels.
struct DecodedImage {
    cv::Size size;      ///< as decoded
    std::string rule;   ///< how the pixels became 8-bit
    std::string digest; ///< image_digest
    std::string fault;  ///< why the image is left out; empty: it is good
    bool blank = false; ///< the fault is that nothing can be seen in the image
    std::string masked; ///< one character per mask: 1 if it is not empty, else 0
    Notes notes;
    AttributeTexts headers; ///< what a DICOM header says of sex, age and view
};

/// How many masks of the image are not empty.
std::size_t count_masks(const DecodedImage& image);

/// A preparation of `out` that may be killed and go on later: `out`.unfinished, into which pixels are written, and next
/// to it a journal of the images whose pixels are there, piece by piece. A line of the journal that was cut off or
/// changed ends what counts. Both files are removed with the object unless they are kept.
class PrepareJournal {
public:
    /// `identity`: a digest of everything that the pixels and their layout depend on. What another identity left behind
    /// is thrown away. Waits for another process that prepares `out`. Throws UserError if the files cannot be written.
    PrepareJournal(const std::filesystem::path& out, const std::string& identity);
    ~PrepareJournal();
    PrepareJournal(const PrepareJournal&) = delete;
    PrepareJournal& operator=(const PrepareJournal&) = delete;

    /// The file with the pixels.
    const std::filesystem::path& unfinished() const { return unfinished_; }
    /// The images of the pieces that an earlier run has finished, in the index's order.
    const std::vector<DecodedImage>& images() const { return images_; }
    /// Keeps only the pieces whose images all come before image `first`.
    void forget_from(std::size_t first);
    /// Adds the next piece, whose pixels have been written.
    void add(std::span<const DecodedImage> piece);
    /// The number of images in finished pieces.
    std::size_t finished() const { return pieces_.back().images; }
    /// Leaves the files for a later run.
    void keep() { keep_ = true; }

private:
    void read(const std::string& identity);
    void cut(std::size_t bytes) const;
    void append(const std::string& text, std::size_t images);

    struct Piece {
        std::size_t images, bytes; ///< so far, with this piece; bytes of the journal
    };
    const std::filesystem::path out_, unfinished_, file_;
    const FileLock lock_;
    std::vector<Piece> pieces_; ///< first, the line with the identity
    std::vector<DecodedImage> images_;
    bool keep_ = false;
};

} // namespace mlvicx
