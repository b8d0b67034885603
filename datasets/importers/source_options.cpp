#include "datasets/importers/source_options.h"

namespace mlvicx {

void fields(Fields& f, SourceOptions& options) {
    f.field({"root", "Folder of the original files (phantom: created if missing; manifest: base of its paths)",
             FieldKey::folder},
            options.root);
    f.field({"images", "Folder of images elsewhere", FieldKey::folder}, options.images);
    f.field({"metadata", "Folder of CSV and list files elsewhere", FieldKey::folder}, options.metadata);
    f.field({"allow_missing", "Leave out images whose file is missing"}, options.allow_missing);
    f.group("split", [&](Fields& inner) { fields(inner, options.split); });
}

json::object provenance_of(const std::string& importer, const SourceOptions& source) {
    SplitOptions split = source.split;
    return {{"importer", importer},
            {"root", source.root},
            {"images", source.images},
            {"metadata", source.metadata},
            {"split", resolved([&](Fields& f) { fields(f, split); })}};
}

} // namespace mlvicx
