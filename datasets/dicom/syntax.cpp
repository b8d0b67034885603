#include "datasets/dicom/syntax.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace mlvicx {

namespace {

constexpr TransferSyntax implicit_little{"1.2.840.10008.1.2", "Implicit VR Little Endian", Coding::none, false};
constexpr TransferSyntax explicit_little{"1.2.840.10008.1.2.1", "Explicit VR Little Endian"};
constexpr TransferSyntax explicit_big{"1.2.840.10008.1.2.2", "Explicit VR Big Endian", Coding::none, true, true};

constexpr std::array<TransferSyntax, 17> read{{
    implicit_little,
    explicit_little,
    explicit_big,
    {"1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", Coding::none, true, false, true},
    {"1.2.840.10008.1.2.5", "RLE Lossless", Coding::rle},
    {"1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)", Coding::jpeg_lossy},
    {"1.2.840.10008.1.2.4.51", "JPEG Extended (Processes 2 and 4)", Coding::jpeg_lossy},
    {"1.2.840.10008.1.2.4.53", "JPEG Spectral Selection, Non-Hierarchical (Processes 6 and 8)", Coding::jpeg_lossy},
    {"1.2.840.10008.1.2.4.55", "JPEG Full Progression, Non-Hierarchical (Processes 10 and 12)", Coding::jpeg_lossy},
    {"1.2.840.10008.1.2.4.57", "JPEG Lossless, Non-Hierarchical (Process 14)", Coding::jpeg_lossless},
    {"1.2.840.10008.1.2.4.70", "JPEG Lossless, Non-Hierarchical, First-Order Prediction", Coding::jpeg_lossless},
    {"1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", Coding::jpeg_ls},
    {"1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless", Coding::jpeg_ls},
    {"1.2.840.10008.1.2.4.90", "JPEG 2000 (Lossless Only)", Coding::jpeg2000},
    {"1.2.840.10008.1.2.4.91", "JPEG 2000", Coding::jpeg2000},
    {"1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Multi-component (Lossless Only)", Coding::jpeg2000},
    {"1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2 Multi-component", Coding::jpeg2000},
}};

/// The unsupported ones, with their names in the standard.
constexpr std::array<std::pair<std::string_view, std::string_view>, 34> not_read{{
    {"1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian"},
    {"1.2.840.10008.1.2.4.52", "JPEG Extended, arithmetic coding (Processes 3 and 5)"},
    {"1.2.840.10008.1.2.4.54", "JPEG Spectral Selection, arithmetic coding (Processes 7 and 9)"},
    {"1.2.840.10008.1.2.4.56", "JPEG Full Progression, arithmetic coding (Processes 11 and 13)"},
    {"1.2.840.10008.1.2.4.58", "JPEG Lossless, arithmetic coding (Process 15)"},
    {"1.2.840.10008.1.2.4.59", "JPEG Extended, Hierarchical (Processes 16 and 18)"},
    {"1.2.840.10008.1.2.4.60", "JPEG Extended, Hierarchical (Processes 17 and 19)"},
    {"1.2.840.10008.1.2.4.61", "JPEG Spectral Selection, Hierarchical (Processes 20 and 22)"},
    {"1.2.840.10008.1.2.4.62", "JPEG Spectral Selection, Hierarchical (Processes 21 and 23)"},
    {"1.2.840.10008.1.2.4.63", "JPEG Full Progression, Hierarchical (Processes 24 and 26)"},
    {"1.2.840.10008.1.2.4.64", "JPEG Full Progression, Hierarchical (Processes 25 and 27)"},
    {"1.2.840.10008.1.2.4.65", "JPEG Lossless, Hierarchical (Process 28)"},
    {"1.2.840.10008.1.2.4.66", "JPEG Lossless, Hierarchical (Process 29)"},
    {"1.2.840.10008.1.2.4.94", "JPIP Referenced"},
    {"1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate"},
    {"1.2.840.10008.1.2.4.100", "MPEG2 Main Profile / Main Level, video"},
    {"1.2.840.10008.1.2.4.101", "MPEG2 Main Profile / High Level, video"},
    {"1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264 High Profile, video"},
    {"1.2.840.10008.1.2.4.103", "MPEG-4 AVC/H.264 BD-compatible High Profile, video"},
    {"1.2.840.10008.1.2.4.104", "MPEG-4 AVC/H.264 High Profile for 2D video"},
    {"1.2.840.10008.1.2.4.105", "MPEG-4 AVC/H.264 High Profile for 3D video"},
    {"1.2.840.10008.1.2.4.106", "MPEG-4 AVC/H.264 Stereo High Profile, video"},
    {"1.2.840.10008.1.2.4.107", "HEVC/H.265 Main Profile, video"},
    {"1.2.840.10008.1.2.4.108", "HEVC/H.265 Main 10 Profile, video"},
    {"1.2.840.10008.1.2.4.110", "JPEG XL Lossless"},
    {"1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression"},
    {"1.2.840.10008.1.2.4.112", "JPEG XL"},
    {"1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 (Lossless Only)"},
    {"1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)"},
    {"1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000"},
    {"1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced"},
    {"1.2.840.10008.1.2.4.205", "JPIP HTJ2K Referenced Deflate"},
    {"1.2.840.10008.1.2.6.1", "RFC 2557 MIME Encapsulation"},
    {"1.2.840.10008.1.20", "Papyrus 3 Implicit VR Little Endian"},
}};

} // namespace

const TransferSyntax& transfer_syntax_of(const std::string& uid, const std::string& name) {
    const auto found = std::find_if(read.begin(), read.end(), [&](const auto& syntax) { return syntax.uid == uid; });
    if (found != read.end()) return *found;
    const auto known =
        std::find_if(not_read.begin(), not_read.end(), [&](const auto& other) { return other.first == uid; });
    const bool standard = uid.starts_with("1.2.840.10008.");
    user_error("{}: DICOM in the transfer syntax {} ({}) is not supported", name, uid.substr(0, 64),
               known != not_read.end() ? known->second
               : standard              ? "unknown"
                                       : "private to a manufacturer");
}

const TransferSyntax& uncoded_syntax(bool explicit_vr, bool big_endian) {
    return big_endian ? explicit_big : explicit_vr ? explicit_little : implicit_little;
}

} // namespace mlvicx
