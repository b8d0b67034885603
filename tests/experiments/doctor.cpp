#include "tests/support/catch.h"

#include "core/files.h"
#include "experiments/doctor.h"
#include "methods/device/bf16.h"
#include "methods/device/device.h"
#include "tests/support/temporary.h"

#include <cstdio>
#include <string>

using namespace mlvicx;

namespace {

std::string output_of(const std::string& command) {
    std::string text;
    FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    for (int c = 0; (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
    REQUIRE(::pclose(pipe) == 0);
    return text;
}

} // namespace

TEST_CASE("doctor: the BLAS is recognised by the library that LibTorch reaches", "[unit]") {
    const std::string folder = "/usr/lib/x86_64-linux-gnu/";
    CHECK(blas_from("", false).kind == Blas::Kind::unknown);
    CHECK(blas_from("", true).kind == Blas::Kind::mkl);
    CHECK(blas_from(folder + "blas/libblas.so.3.11.0", false).kind == Blas::Kind::reference);
    CHECK(blas_from(folder + "openblas-pthread/libblas.so.3", false).kind == Blas::Kind::openblas);
    CHECK(blas_from(folder + "blis-openmp/libblas.so.3", false).kind == Blas::Kind::other);
    CHECK(blas_from("/opt/intel/libmkl_rt.so.2", false).kind == Blas::Kind::mkl);
    // OpenCV may bring a system BLAS along; a LibTorch with MKL inside does not call it.
    CHECK(blas_from(folder + "blas/libblas.so.3.11.0", true).kind == Blas::Kind::mkl);
}

TEST_CASE("doctor: the advice names what to change", "[unit]") {
    Machine machine;
    machine.blas.kind = Blas::Kind::openblas;
    machine.threads = machine.cores = 4;
    machine.free_memory_gb = 8;
    CHECK(advice(machine).empty());
    CHECK(verdict(machine).starts_with("ready: the CPU with 4 threads"));
    machine.blas.kind = Blas::Kind::reference;
    machine.threads = 1;
    REQUIRE(advice(machine).size() == 2);
    CHECK(advice(machine)[0].find("libopenblas0-pthread") != std::string::npos);
    CHECK(advice(machine)[1].find("OMP_NUM_THREADS") != std::string::npos);
    CHECK(verdict(machine) == "2 things to change, see above");
    machine.free_memory_gb = 1;
    CHECK(advice(machine).size() == 3);
}

TEST_CASE("doctor: this machine's report is whole", "[unit]") {
    const std::string report = output_of("env -u OPENBLAS_CORETYPE " MLVICX_BENCH " doctor");
    for (const char* row :
         {"\nLibTorch", "\nBLAS", "GFLOP/s", "\nthreads", "\nprocessor", "\nmemory", "\nGPU", "\nGPU kernels",
          "\nOpenCV", "\nSQLite", "\nGDCM", "\nPango", "\nBoost", "\ndata", "\nverdict"})
        CHECK(report.find(row) != std::string::npos);
    // bf16 is "not offered", with the reason, exactly if its sums are wrong.
    CHECK((report.find("bf16 is not offered: LibTorch ") != std::string::npos) == !bf16_fault().empty());
    CHECK(report.find("libtorch_cpu.so") != std::string::npos);
    if (processor_has("avx2"))
        CHECK(report.find("kernels for Prescott") == std::string::npos); // whatever OpenBLAS knows
    CHECK(report.find("unknown\n") == std::string::npos);
    // Not switched on, or without a compiler: then there is nothing to switch.
    CHECK((report.find("\nGPU kernels   off, as no GPU has tested them (MLVICX_GPU_KERNELS=on; compiler: ") !=
               std::string::npos ||
           report.find("\nGPU kernels   none: ") != std::string::npos));
}

TEST_CASE("doctor: a machine without fonts can draw text, and is told what it lacks", "[unit]") {
    const TempFolder folder;
    write_text(folder / "fonts.conf", "<?xml version=\"1.0\"?><fontconfig/>");
    const auto in = "FONTCONFIG_FILE=" + (folder / "fonts.conf").string() + " " MLVICX_BENCH " ";
    const std::string report = output_of(in + "doctor");
    if (report.find("not built in: figures have ?") != std::string::npos) return; // without Pango
    CHECK(report.find("no font is installed: figures have ? for letters outside ASCII (fonts-dejavu-core)") !=
          std::string::npos);
}
