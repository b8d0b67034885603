#include "results/report/curves.h"

#include "core/files.h"
#include "results/report/report.h"
#include "tests/support/catch.h"
#include "tests/support/results_fixture.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlvicx;
using namespace results_test;

TEST_CASE("curves: the CSV has every point of pre-trainings and fine-tunings, in the plan's order", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    auto tuned = job("e1", "byol", 0.05, 2, "finetuned");
    tuned.draw = 7;
    const std::vector<JobKey> jobs = {job("p1", "byol", 0, 2, ""), tuned, job("e2", "byol", 1, 2),
                                      job("e3", "byol", 1, 3)};
    store.add_experiment("low data", json::object{}, jobs);
    for (std::size_t i = 0; i < 3; ++i) {
        JobResult done = result();
        done.curves.clear();
        if (i == 0) done.curves = {{1, "loss", 0.1}, {0, "loss", 2.5}, {0, "learning_rate", 0}};
        if (i == 1) done.curves = {{0, "train_loss", std::numeric_limits<double>::quiet_NaN()}};
        store.claim(jobs[i], "me", 60);
        store.finish(jobs[i], done, provenance);
    }
    CHECK(curves_csv(store) == "job,method,dataset,protocol,fraction,seed,draw,name,epoch,value\n"
                               "p1,byol,nih,,,2,,learning_rate,0,0\n"
                               "p1,byol,nih,,,2,,loss,0,2.5\n"
                               "p1,byol,nih,,,2,,loss,1,0.1\n"
                               "e1,byol,nih,finetuned,0.05,2,7,train_loss,0,\n");
    const auto points = curves_of(store, "p1");
    REQUIRE(points.size() == 3);
    CHECK(points[2].name == "loss");
    CHECK(points[2].epoch == 1);
    CHECK(points[2].value == 0.1);
    CHECK(std::isnan(curves_of(store, "e1").at(0).value));
    CHECK(curves_of(store, "e2").empty());
    CHECK(curves_of(store, "unknown").empty());

    const auto files =
        write_report(store, "low data", report_figures(store, "low data", grid(store)), folder / "report");
    CHECK(std::find(files.begin(), files.end(), folder / "report-curves.csv") != files.end());
    CHECK(read_text(folder / "report-curves.csv") == curves_csv(store, "low data"));
}

TEST_CASE("curves: without a training there is no file", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const auto key = job("e1");
    store.add_experiment("one", json::object{}, {key});
    JobResult done = result();
    done.curves.clear();
    store.claim(key, "me", 60);
    store.finish(key, done, provenance);
    CHECK(curves_csv(store).empty());
    write_report(store, "one", report_figures(store, "one", grid(store)), folder / "report");
    CHECK_FALSE(std::filesystem::exists(folder / "report-curves.csv"));
    CHECK_THROWS_AS(curves_csv(store, "none"), UserError);
}
