#include "core/files.h"
#include "tests/support/catch.h"
#include "tests/support/temporary.h"

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

using namespace mlvicx;

namespace fs = std::filesystem;

namespace {

const fs::path source = MLVICX_SOURCE;

/// All Markdown files of the suite.
std::vector<fs::path> documents() {
    const std::set<std::string> made = {"build", "out", "reference"};
    std::vector<fs::path> files;
    for (auto entry = fs::recursive_directory_iterator(source); entry != fs::recursive_directory_iterator(); ++entry) {
        const std::string name = entry->path().filename().string();
        if (entry->is_directory() && (made.count(name) == 1 || name[0] == '.' || name.rfind("build-", 0) == 0))
            entry.disable_recursion_pending();
        else if (entry->path().extension() == ".md")
            files.push_back(entry->path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

/// The lines that are neither indented nor between ``` (links there are code).
std::vector<std::string> prose(const fs::path& file) {
    std::vector<std::string> lines;
    std::istringstream in(read_text(file));
    bool code = false;
    for (std::string line; std::getline(in, line);) {
        if (line.rfind("```", 0) == 0)
            code = !code;
        else if (!code && line.rfind("    ", 0) != 0)
            lines.push_back(line);
    }
    return lines;
}

/// A heading's anchor as GitHub and MkDocs make it: small letters, digits, "-" and "_" stay, blanks become "-".
std::string anchor(const std::string& heading) {
    std::string text;
    for (const char c : heading) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || c == '-' || c == '_') text += static_cast<char>(std::tolower(byte));
        if (c == ' ') text += '-';
    }
    return text;
}

std::set<std::string> anchors(const fs::path& file) {
    std::set<std::string> found;
    for (const auto& line : prose(file))
        if (std::smatch heading; std::regex_match(line, heading, std::regex("#+ (.*)")))
            found.insert(anchor(heading[1]));
    return found;
}

/// The targets of a document's links and pictures, without those of the web.
std::vector<std::string> links(const fs::path& file) {
    std::string text;
    for (const auto& line : prose(file)) text += line + "\n";
    text = std::regex_replace(text, std::regex("`[^`]*`"), "");
    std::vector<std::string> targets;
    const std::regex link(R"(\]\(([^)\s]+)\))");
    for (auto found = std::sregex_iterator(text.begin(), text.end(), link); found != std::sregex_iterator(); ++found)
        if (const std::string target = (*found)[1]; target.rfind("http", 0) != 0) targets.push_back(target);
    return targets;
}

} // namespace

TEST_CASE("documents: every link leads to a file or folder, and every anchor to a heading", "[unit]") {
    CHECK(documents().size() > 25);
    for (const auto& file : documents())
        for (const auto& target : links(file)) {
            INFO(file << ": " << target);
            const auto hash = target.find('#');
            const fs::path to = hash == 0 ? file : file.parent_path() / target.substr(0, hash);
            CHECK(fs::exists(to));
            if (hash != std::string::npos && fs::exists(to)) CHECK(anchors(to).count(target.substr(hash + 1)) == 1);
        }
}

TEST_CASE("documents: every page of the site is in its navigation, and links only to pages", "[unit]") {
    const std::string navigation = read_text(source / "mkdocs.yml");
    for (const auto& file : documents()) {
        const auto page = fs::relative(file, source / "docs").string();
        if (page.rfind("..", 0) == 0) continue;
        INFO(page);
        CHECK(contains(navigation, page + "\n"));
        for (const auto& target : links(file)) {
            INFO(target);
            const auto to = fs::relative(file.parent_path() / target, source / "docs").string();
            CHECK(to.rfind("..", 0) != 0);
        }
    }
}

TEST_CASE("documents: the README's paragraphs have at most five lines", "[unit]") {
    int lines = 0;
    for (const auto& line : prose(source / "README.md")) {
        const bool text = !line.empty() && line[0] != '|' && line[0] != '#';
        lines = text ? lines + 1 : 0;
        INFO(line);
        CHECK(lines <= 5);
    }
}

TEST_CASE("documents: version and citation name the same release", "[unit]") {
    const std::string build = read_text(source / "CMakeLists.txt");
    std::smatch version;
    REQUIRE(std::regex_search(build, version, std::regex(R"(VERSION (\d+\.\d+\.\d+) LANGUAGES)")));
    const std::string number = version[1];
    CHECK(contains(read_text(source / "CITATION.cff"), "\nversion: " + number + "\n"));
    CHECK(contains(read_text(source / "CHANGELOG.md"), "\n## " + number));
    CHECK(fs::exists(source / "docs/releases" / (number + ".md")));
}
