#include "datasets/importers/manifest.h"
#include "datasets/prepared_tables.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

void manifest(const Input& input) {
    static const bool images = [] { // the reader looks for them, and does not open them
        for (const char* name : {"manifest/a.png", "manifest/b.png", "manifest/c/d.png", "manifest/m.png"})
            Input::file(name, "image");
        return true;
    }();
    ManifestOptions options;
    options.file = input.file("manifest/manifest.csv").string();
    SourceOptions source;
    source.allow_missing = images;
    for (const char* kind : {"official", "patient"})
        each([&] {
            source.split.kind = kind;
            const DatasetIndex index = read_manifest(source, options);
            require_disjoint_patients(index);
            tables_of(index, {}, 32);
            names_of(index);
        });
}

} // namespace mlvicx::fuzz
