#include "tests/support/whole_dataset.h"

#include "datasets/audit/list_audit.h"

#include <map>

using namespace mlvicx;

namespace {

/// Lists of NIH's kind, and a table of their patients.
struct Lists : TempFolder {
    Lists() {
        put(path / "train.txt", "00000001_000.png\n00000001_001.png\n00000002_000.png\n00000003_000.png\n");
        put(path / "small.csv", "id,label\nimages/00000003_000.png,1\nimages/00000001_000.png,0\n");
        put(path / "same.txt", "00000003_000\n00000001_000\n");
        put(path / "test.txt", "00000002_000.png\n00000002_001.png\n00000004_000.png\n");
        put(path / "table.csv", "Image Index,Patient ID,Patient Age\n00000001_000.png,7,1\n00000001_001.png,8,1\n"
                                "00000002_000.png,9,2\n00000002_001.png,10,2\n00000003_000.png,11,3\n");
    }
    ListAudit audit(const std::vector<fs::path>& lists, const std::vector<fs::path>& tested,
                    const fs::path& table = {}) const {
        ListAuditOptions options;
        for (const auto& list : lists) options.lists.push_back(path / list);
        for (const auto& list : tested) options.tested.push_back(path / list);
        if (!table.empty()) options.patients = path / table;
        return audit_lists(options);
    }
};

} // namespace

TEST_CASE("list_audit: images match by name, and patients come from NIH's names", "[unit]") {
    const Lists lists;
    const auto audit = lists.audit({"train.txt", "small.csv", "same.txt"}, {"test.txt"});
    REQUIRE(audit.lists.size() == 4);
    CHECK(audit.lists[0].images == 4);
    CHECK(audit.lists[0].patients == 3);
    REQUIRE(audit.pairs.size() == 6);
    const ListPair &train_small = audit.pairs[0], &train_test = audit.pairs[2], &small_same = audit.pairs[3];
    CHECK((train_small.images == 2 && audit.nested(train_small) && !audit.leaks(train_small)));
    CHECK((small_same.images == 2 && audit.same(small_same)));
    CHECK((train_test.images == 1 && train_test.patients == 1 && audit.leaks(train_test)));
    CHECK(audit.pairs[4].empty());
    CHECK(audit.leaks());
    const std::string text = list_audit_text(audit);
    CHECK(contains(text, "B and C: the same 2 images"));
    CHECK(contains(text, "nothing: B-D, C-D"));
    CHECK(contains(text, "1 of 3 test images (33.3 %) and 1 of 2 test patients"));
}

TEST_CASE("list_audit: a table of patients takes precedence over names; images that it lacks are counted", "[unit]") {
    const Lists lists;
    const auto audit = lists.audit({"train.txt"}, {"test.txt"}, "table.csv");
    CHECK(audit.lists[0].patients == 4);
    CHECK(audit.lists[1].patients == 2);
    CHECK(audit.lists[1].without_patient == 1);
    CHECK(contains(list_audit_text(audit), "1 images of unknown patients"));
}

TEST_CASE("list_audit: without known patients only images count, and without a test nothing is a leak", "[unit]") {
    const Lists lists;
    put(lists / "other.txt", "a1\na1\n");
    const auto audit = lists.audit({"train.txt", "other.txt"}, {});
    CHECK_FALSE(audit.lists[0].patients.has_value());
    CHECK(audit.lists[1].repeated == 1);
    CHECK_FALSE(audit.leaks());
    const std::string text = list_audit_text(audit);
    CHECK(contains(text, "Patients are unknown"));
    CHECK(contains(text, "No list is given as a test"));
}

TEST_CASE("list_audit: a list that is given twice and an unfit table are refused", "[unit]") {
    const Lists lists;
    CHECK(contains(user_error_of([&] { lists.audit({"train.txt"}, {"./train.txt"}); }), "is given twice"));
    put(lists / "bad.csv", "Image Index,Age\n00000001_000.png,1\n");
    CHECK(contains(user_error_of([&] { lists.audit({"train.txt"}, {}, "bad.csv"); }), "has no column of patients"));
    put(lists / "bad.csv", "image,patient\nx,1\n");
    CHECK(contains(user_error_of([&] { lists.audit({"train.txt"}, {}, "bad.csv"); }),
                   "no column has any of the listed images"));
}

namespace {

/// The audit of published lists, by their names without .txt.
class Published {
public:
    Published(const fs::path& folder, const std::vector<std::string>& names, const fs::path& official = {},
              const fs::path& patients = {}) {
        ListAuditOptions options;
        options.patients = patients;
        for (const auto& name : names) options.lists.push_back(folder / (name + ".txt"));
        if (!official.empty())
            for (const std::string name : {"train_val_list", "test_list"})
                options.lists.push_back(official / (name + ".derived.txt"));
        audit_ = audit_lists(options);
        for (std::size_t k = 0; k < options.lists.size(); ++k) index_[options.lists[k].stem().stem().string()] = k;
    }
    const AuditedList& list(const std::string& name) const { return audit_.lists[index_.at(name)]; }
    const ListPair& pair(const std::string& a, const std::string& b) const {
        const auto one = std::minmax(index_.at(a), index_.at(b));
        for (const ListPair& pair : audit_.pairs)
            if (pair.first == one.first && pair.second == one.second) return pair;
        FAIL(a + " and " + b);
        throw std::logic_error("unreachable");
    }
    bool same(const std::string& a, const std::string& b) const { return audit_.same(pair(a, b)); }
    bool within(const std::string& a, const std::string& b) const { return pair(a, b).images == list(a).images; }

private:
    ListAudit audit_;
    std::map<std::string, std::size_t> index_;
};

} // namespace

TEST_CASE("list_audit: CoBooM's lists overlap as published_protocols.md says", "[real]") {
    if (real_data("published_lists").empty()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const fs::path nih = real_data("metadata/nih");
    const std::string pretrain = "pretrain_named_official_";
    const Published lists(
        real_data("published_lists/coboom"),
        {"label_1", "label_5", "label_10", "label_30", "test", pretrain + "train", pretrain + "val", pretrain + "test"},
        nih, nih / "Data_Entry_2017_v2020.csv");
    CHECK(lists.list("train_val_list").images == 86524);
    CHECK((lists.list("test_list").images == 25596 && lists.list("test_list").patients == 2797));
    CHECK(lists.same("test", "test_list"));
    const std::map<std::string, std::size_t> sizes = {
        {"label_1", 865}, {"label_5", 865}, {"label_10", 8652}, {"label_30", 25957}};
    for (const auto& [name, images] : sizes) {
        INFO(name);
        CHECK(lists.list(name).images == images);
        CHECK(lists.within(name, "train_val_list"));
        CHECK(lists.pair(name, "test").patients == 0);
    }
    CHECK(lists.same("label_1", "label_5"));
    CHECK(lists.pair("label_1", "label_10").images == 75);
    CHECK(lists.pair("label_1", "label_30").images == 278);
    CHECK(lists.pair("label_10", "label_30").images == 2633);
    CHECK(lists.list(pretrain + "train").images == 78468);
    CHECK((lists.list(pretrain + "val").images == 11219 && lists.same(pretrain + "val", pretrain + "test")));
    CHECK(lists.pair(pretrain + "train", "test_list").images == 17920);
    CHECK(lists.pair(pretrain + "train", "test_list").patients == 1901);
}

TEST_CASE("list_audit: BenchX's lists overlap as published_protocols.md says", "[real]") {
    if (real_data("published_lists").empty()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const std::vector<std::string> names = {"train", "train_1", "train_10", "val", "test"};
    struct Counts {
        std::string folder;
        std::vector<std::size_t> images;
        bool nested;
    };
    for (const auto& [folder, images, nested] :
         std::vector<Counts>{{"NIH_Chest_Xray", {78468, 785, 7847, 11219, 22433}, false},
                             {"RSNA", {18678, 186, 1867, 4003, 4003}, true},
                             {"SIIM", {9303, 93, 930, 1372, 1372}, true},
                             {"VinDr_CXR", {12000, 120, 1200, 3000, 3000}, true}}) {
        INFO(folder);
        const Published lists(real_data("published_lists/benchx") / folder, names);
        for (std::size_t k = 0; k < names.size(); ++k) CHECK(lists.list(names[k]).images == images[k]);
        for (const std::string part : {"train_1", "train_10"}) CHECK(lists.within(part, "train"));
        CHECK(lists.within("train_1", "train_10") == nested);
        for (const std::string part : {"val", "test"}) CHECK(lists.pair("train", part).empty());
        CHECK(lists.pair("val", "test").empty());
    }
    const fs::path nih = real_data("metadata/nih"), coboom = real_data("published_lists/coboom");
    const Published lists(real_data("published_lists/benchx/NIH_Chest_Xray"), names, nih,
                          nih / "Data_Entry_2017_v2020.csv");
    CHECK(lists.pair("train_1", "train_10").images == 77);
    CHECK(lists.pair("test", "test_list").images == 5213);
    ListAuditOptions twin;
    twin.lists = {coboom / "pretrain_named_official_train.txt",
                  real_data("published_lists/benchx/NIH_Chest_Xray/train.txt")};
    const ListAudit audit = audit_lists(twin);
    CHECK(audit.same(audit.pairs.front()));
}
