#pragma once

#include <string>

namespace mlvicx {

/// How a transfer syntax codes pixels.
enum class Coding { none, rle, jpeg_lossy, jpeg_lossless, jpeg_ls, jpeg2000 };

/// A supported transfer syntax (PS3.5, chapter 10 and annex A).
struct TransferSyntax {
    const char* uid = "";
    const char* name = ""; ///< as in PS3.6, table A-1
    Coding coding = Coding::none;
    bool explicit_vr = true;
    bool big_endian = false;
    bool deflated = false;
};

/// The transfer syntax of this UID. Throws UserError beginning with `name` and naming the syntax if it is not
/// supported.
const TransferSyntax& transfer_syntax_of(const std::string& uid, const std::string& name);

/// The three syntaxes in which data elements are neither coded nor deflated. Big endian is always explicit.
const TransferSyntax& uncoded_syntax(bool explicit_vr, bool big_endian);

} // namespace mlvicx
