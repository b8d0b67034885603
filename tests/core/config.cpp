#include "tests/support/catch.h"

#include "core/config.h"
#include "tests/support/temporary.h"

#include <map>

using namespace mlvicx;

namespace {

struct Inner {
    double rate = 0.2;
    std::string schedule = "cosine";
};
struct Options {
    bool flip = true;
    std::int64_t epochs = 300;
    double share_kept = 0.5;
    std::vector<std::int64_t> layers{8192, 8192};
    std::vector<double> fractions{0.01};
    std::vector<std::string> names{"a"};
    Inner optimizer;
    bool extra = false;
    Inner extra_options;
};

void fields(Fields& f, Inner& inner) {
    f.field("rate", inner.rate, above(0));
    f.field("schedule", inner.schedule, {"cosine", "constant"});
}
void fields(Fields& f, Options& options) {
    f.field("flip", options.flip);
    f.field("epochs", options.epochs, between(1, 1000));
    f.field("share", options.share_kept, share());
    f.field("layers", options.layers, at_least(1));
    f.field("fractions", options.fractions, share());
    f.field("names", options.names);
    f.group("optimizer", [&](Fields& inner) { fields(inner, options.optimizer); });
    f.optional_group("extra", options.extra, [&](Fields& inner) { fields(inner, options.extra_options); });
}

Options read(const std::string& text) {
    Options options;
    overlay(json::parse(text), "plan.json", "$", [&](Fields& f) { fields(f, options); });
    return options;
}

std::string mistake(const std::string& text) {
    return message_of([&] { read(text); });
}

} // namespace

TEST_CASE("config: only paths are visited, each with its key", "[unit]") {
    std::string root = "images", table = "", name = "images", inner_file = "a.csv";
    bool on = false;
    const auto paths = [&](Fields& f) {
        f.field({"root", "Folder", FieldKey::folder}, root);
        f.field({"table", "File", FieldKey::file}, table); // empty: no path
        f.field({"name", "Word"}, name);
        f.group("inner", [&](Fields& inner) { inner.field({"file", "File", FieldKey::file}, inner_file); });
        f.optional_group("extra", on, [](Fields&) {});
    };
    std::string visited;
    each_path(paths, [&](const std::string& key, std::string& path) {
        visited += key + " ";
        path = "/data/" + path;
    });
    CHECK(visited == "root inner.file ");
    CHECK(root == "/data/images");
    CHECK(inner_file == "/data/a.csv");
    CHECK(name == "images");
    CHECK(resolved(paths).at("root") == "/data/images"); // help sentences are not part of the configuration
}

TEST_CASE("config: only named keys change; the rest keeps the struct's defaults", "[unit]") {
    const Options same = read("{}");
    CHECK(same.epochs == 300);
    CHECK(same.layers == std::vector<std::int64_t>{8192, 8192});
    const Options changed = read(R"({"flip": false, "epochs": 2, "share": 1, "layers": [64],
                                     "names": [], "optimizer": {"rate": 3}})");
    CHECK_FALSE(changed.flip);
    CHECK(changed.epochs == 2);
    CHECK(changed.share_kept == 1.0);
    CHECK(changed.layers == std::vector<std::int64_t>{64});
    CHECK(changed.names.empty());
    CHECK(changed.optimizer.rate == 3);
    CHECK(changed.optimizer.schedule == "cosine");
    CHECK(changed.fractions == std::vector<double>{0.01});
}

TEST_CASE("config: the resolved configuration names every field and reads back the same", "[unit]") {
    Options options = read(R"({"epochs": 7, "optimizer": {"schedule": "constant"}})");
    const auto written = resolved([&](Fields& f) { fields(f, options); });
    CHECK(written.size() == 8);
    CHECK(written.at("epochs") == 7);
    CHECK(written.at("flip") == true);
    CHECK(written.at("optimizer").at("schedule") == "constant");
    Options again = read(json::serialize(written));
    CHECK(resolved([&](Fields& f) { fields(f, again); }) == written);
}

TEST_CASE("config: a field that was added later is resolved only if it is set, and is always read", "[unit]") {
    bool mirrored = false;
    std::int64_t images = 0;
    std::vector<std::string> levels;
    const auto fields = [&](Fields& f) {
        f.field(addition("mirrored"), mirrored);
        f.field(addition("images"), images, at_least(0));
        f.field(addition("levels"), levels);
    };
    CHECK(resolved(fields) == json::object{});
    overlay(json::parse(R"({"mirrored": true, "images": 7, "levels": ["last"]})"), "plan.json", "$", fields);
    CHECK(json::value(resolved(fields)) == json::parse(R"({"mirrored": true, "images": 7, "levels": ["last"]})"));
}

TEST_CASE("config: an optional group is a boolean, or an object that turns it on", "[unit]") {
    const auto written = [](const std::string& text) {
        Options options = read(text);
        return resolved([&](Fields& f) { fields(f, options); }).at("extra");
    };
    CHECK(written("{}") == false);
    CHECK(written(R"({"extra": false})") == false);
    CHECK(written(R"({"extra": true})") == json::parse(R"({"rate": 0.2, "schedule": "cosine"})"));
    CHECK(written(R"({"extra": {"rate": 3}})") == json::parse(R"({"rate": 3.0, "schedule": "cosine"})"));
    CHECK(contains(mistake(R"({"extra": 1})"), "$.extra is an integer, expected true, false or an object"));
    CHECK(contains(mistake(R"({"extra": {"rte": 1}})"), "$.extra.rte: unknown key"));
}

TEST_CASE("config: an error names the file, the key's path, what was found and what was expected", "[unit]") {
    const std::string unknown = mistake(R"({"optimizer": {"lrr": 1}})");
    CHECK(contains(unknown, "plan.json"));
    CHECK(contains(unknown, "$.optimizer.lrr"));
    CHECK(contains(unknown, "rate, schedule"));
    CHECK(contains(mistake(R"({"epoch": 1})"), "$.epoch:"));
    CHECK(contains(mistake(R"({"flip": 1})"), "$.flip is an integer, expected true or false"));
    CHECK(contains(mistake(R"({"epochs": "ten"})"), "$.epochs is a string, expected an integer"));
    CHECK(contains(mistake(R"({"epochs": 2.5})"), "$.epochs"));
    CHECK(contains(mistake(R"({"epochs": 0})"), "$.epochs is 0, expected at least 1 and at most 1000"));
    CHECK(contains(mistake(R"({"epochs": 1e30})"), "$.epochs"));
    CHECK(contains(mistake(R"({"share": 0})"), "$.share is 0, expected above 0 and at most 1"));
    CHECK(contains(mistake(R"({"share": null})"), "$.share is null"));
    CHECK(contains(mistake(R"({"layers": 8})"), "$.layers is an integer, expected a list"));
    CHECK(contains(mistake(R"({"layers": [8, -1]})"), "$.layers[1] is -1"));
    CHECK(contains(mistake(R"({"fractions": [0.5, 1.5]})"), "$.fractions[1] is 1.5"));
    CHECK(contains(mistake(R"({"names": ["a", 2]})"), "$.names[1]"));
    CHECK(contains(mistake(R"({"optimizer": [1]})"), "$.optimizer is a list, expected an object"));
    CHECK(contains(mistake(R"({"optimizer": {"rate": -1}})"), "$.optimizer.rate is -1, expected above 0"));
    CHECK(contains(mistake(R"({"optimizer": {"schedule": "linear"}})"), "expected one of: cosine, constant"));
    CHECK(contains(mistake("[]"), "$ is a list, expected an object"));
}

TEST_CASE("config: a number too large for an integer is reported with the limit it exceeds", "[unit]") {
    CHECK(contains(mistake(R"({"layers": [18446744073709551615]})"),
                   "$.layers[0] is 18446744073709551615, expected at most 9223372036854775807"));
    CHECK(contains(mistake(R"({"layers": [1e30]})"), "$.layers[0] is 1e30, expected at most 9223372036854775807"));
    CHECK(contains(mistake(R"({"layers": [-1e30]})"), "$.layers[0] is -1e30, expected at least 1"));
    CHECK(contains(mistake(R"({"epochs": 18446744073709551615})"), "expected at least 1 and at most 1000"));
    CHECK(contains(mistake(R"({"epochs": 2.5})"), "$.epochs is 2.5, expected an integer"));
    CHECK(contains(mistake(R"({"optimizer": {"rate": 1e-400}})"), "$.optimizer.rate is 0.0, expected above 0"));
    CHECK(contains(mistake(R"({"share": 1e400})"), "$.share"));
    CHECK(read(R"({"layers": [9223372036854775807, 3.0]})").layers == std::vector<std::int64_t>{INT64_MAX, 3});
}

TEST_CASE("config: an unknown key or choice is reported with the one that was probably meant", "[unit]") {
    CHECK(contains(mistake(R"({"optimizer": {"rte": 1}})"), "(did you mean \"rate\"?)"));
    CHECK(contains(mistake(R"({"optimizer": {"schedule": "cosin"}})"), "(did you mean \"cosine\"?)"));
    CHECK_FALSE(contains(mistake(R"({"colour": 1})"), "did you mean"));
}

namespace {

/// A number or a file, a file or files, and a set of files.
struct FileOptions {
    double share = 0.5;
    std::string share_file, list;
    std::map<std::string, std::string> lists, named;
};

void fields(Fields& f, FileOptions& options) {
    f.number_or_file("share", options.share, between(0, 1), {"share", "", FieldKey::file}, options.share_file);
    f.file_or_files({"list", "", FieldKey::file}, options.list, options.lists);
    f.field(addition({"named", "", FieldKey::file}), options.named);
}

FileOptions files_of(const std::string& text) {
    FileOptions options;
    overlay(json::parse(text), "plan.json", "$", [&](Fields& f) { fields(f, options); });
    return options;
}

std::string mistake_in_files(const std::string& text) {
    try {
        files_of(text);
    } catch (const UserError& error) {
        return error.what();
    }
    return {};
}

} // namespace

TEST_CASE("config: a key may hold a number or a file, a file or files by name", "[unit]") {
    for (const std::string text :
         {R"({"share": 5E-1, "list": ""})", R"({"share": "a.txt", "list": {"0.01": "b.txt", "1": "c.txt"}})",
          R"({"share": 2.5E-1, "list": "d.json", "named": {"nih": "e"}})"}) {
        INFO(text);
        FileOptions options = files_of(text);
        CHECK(json::value(resolved([&](Fields& f) { fields(f, options); })) == json::parse(text));
    }
    FileOptions options = files_of(R"({"share": "a", "list": {"0.01": "b"}, "named": {"nih": "e"}})");
    std::map<std::string, std::string> paths;
    each_path([&](Fields& f) { fields(f, options); },
              [&](const std::string& key, std::string& path) { paths[key] = path += "!"; });
    CHECK(paths == std::map<std::string, std::string>{{"share", "a!"}, {"list.0.01", "b!"}, {"named.nih", "e!"}});
    CHECK((options.share_file == "a!" && options.lists.at("0.01") == "b!" && options.named.at("nih") == "e!"));
    CHECK(contains(mistake_in_files(R"({"share": true})"), "$.share is a boolean, expected a number or a file"));
    CHECK(contains(mistake_in_files(R"({"share": ""})"), "$.share is empty, expected a number or a file"));
    CHECK(contains(mistake_in_files(R"({"share": 2})"), "$.share is 2, expected at least 0 and at most 1"));
    CHECK(contains(mistake_in_files(R"({"list": 1})"), "$.list is an integer, expected a file or an object of files"));
    CHECK(contains(mistake_in_files(R"({"named": {"nih": 1}})"), "$.named.nih is an integer, expected a string"));
}
