#include "methods/device/nvrtc.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace mlvicx {

namespace {

namespace fs = std::filesystem;

/// The folder that LibTorch's code was loaded from in this process.
fs::path libtorch_folder() {
    Dl_info info{};
    using Function = std::string (*)();
    const Function function = at::show_config;
    if (::dladdr(reinterpret_cast<const void*>(function), &info) == 0) return {};
    return fs::path(info.dli_fname).parent_path();
}

// NVRTC's C interface, stable since CUDA 11.1; every call returns 0 for success.
using Program = void*;
template <typename Signature> Signature* function(void* library, const char* name) {
    return reinterpret_cast<Signature*>(::dlsym(library, name));
}
constexpr const char* needed[] = {"nvrtcVersion",       "nvrtcCreateProgram", "nvrtcCompileProgram",
                                  "nvrtcGetCUBINSize",  "nvrtcGetCUBIN",      "nvrtcGetProgramLogSize",
                                  "nvrtcGetProgramLog", "nvrtcDestroyProgram"};

/// A text that NVRTC hands out by two functions, its size and its bytes.
std::string handed_out(void* library, Program program, const char* size_name, const char* bytes_name) {
    std::size_t size = 0;
    if (function<int(Program, std::size_t*)>(library, size_name)(program, &size) != 0) return "";
    std::string bytes(size, '\0');
    if (function<int(Program, char*)>(library, bytes_name)(program, bytes.data()) != 0) return "";
    return bytes;
}

} // namespace

Nvrtc::Nvrtc(const std::string& file) : file_(file), library_(::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) {
        const char* reason = ::dlerror();
        fault_ = fmt::format("NVRTC cannot be loaded: {}", reason != nullptr ? reason : file);
        return;
    }
    for (const char* name : needed)
        if (::dlsym(library_, name) == nullptr) fault_ = fmt::format("{} is too old: it has no {}", file, name);
    if (fault_.empty() && function<int(int*, int*)>(library_, "nvrtcVersion")(&major_, &minor_) != 0)
        fault_ = fmt::format("{} does not tell its version", file);
}

const Nvrtc& Nvrtc::in_use() {
    static const Nvrtc found = [] {
        if (const char* given = std::getenv("MLVICX_NVRTC"); given != nullptr && *given != '\0') return Nvrtc(given);
        const auto folder = libtorch_folder();
        auto files = nvrtc_files(folder);
        for (const char* version : {"13", "12", "11.2"}) files.push_back(fmt::format("libnvrtc.so.{}", version));
        for (const auto& file : files)
            if (Nvrtc nvrtc(file); nvrtc.fault().empty()) return nvrtc;
        Nvrtc none(files.back());
        none.fault_ = fmt::format("there is no libnvrtc with LibTorch ({}) or in the system", folder.string());
        return none;
    }();
    return found;
}

std::string Nvrtc::version() const {
    return fmt::format("{}.{}", major_, minor_);
}

std::string Nvrtc::name() const {
    return fmt::format("NVRTC {} ({})", version(), file_);
}

std::string Nvrtc::compile(const std::vector<SourceText>& texts, int capability) const {
    if (!fault_.empty()) throw std::runtime_error(fault_);
    std::vector<const char*> paths, contents, arguments;
    for (const auto& [path, text] : texts) {
        paths.push_back(path);
        contents.push_back(text);
    }
    const auto options = compiler_options(capability);
    for (const auto& option : options) arguments.push_back(option.c_str());

    using Create = int(Program*, const char*, const char*, int, const char* const*, const char* const*);
    const std::string main = fmt::format("#include \"{}\"\n", texts.back().path);
    Program program = nullptr;
    if (function<Create>(library_, "nvrtcCreateProgram")(
            &program, main.c_str(), "kernels.cu", static_cast<int>(texts.size()), contents.data(), paths.data()) != 0)
        throw std::runtime_error(fmt::format("{} accepts no program", name()));
    const int failed = function<int(Program, int, const char* const*)>(library_, "nvrtcCompileProgram")(
        program, static_cast<int>(arguments.size()), arguments.data());
    auto code = failed ? "" : handed_out(library_, program, "nvrtcGetCUBINSize", "nvrtcGetCUBIN");
    const auto said = handed_out(library_, program, "nvrtcGetProgramLogSize", "nvrtcGetProgramLog");
    function<int(Program*)>(library_, "nvrtcDestroyProgram")(&program);
    if (code.empty())
        throw std::runtime_error(fmt::format("{} does not compile {} for compute capability {}.{}: {}", name(),
                                             texts.back().path, capability / 10, capability % 10, said.c_str()));
    return code;
}

std::vector<std::string> compiler_options(int capability) {
    return {fmt::format("-arch=sm_{}", capability), "-std=c++17"};
}

std::vector<std::string> nvrtc_files(const fs::path& folder) {
    std::vector<std::string> files;
    std::error_code ignored;
    const auto add = [&](const fs::path& from) {
        std::vector<std::string> here;
        for (const auto& entry : fs::directory_iterator(from, ignored)) {
            const auto file = entry.path().filename().string();
            const bool library = file.starts_with("libnvrtc") && file.find(".so") != std::string::npos;
            if (library && file.find("builtins") == std::string::npos && file.find(".alt.") == std::string::npos)
                here.push_back(entry.path().string());
        }
        std::sort(here.begin(), here.end());
        files.insert(files.end(), here.begin(), here.end());
    };
    add(folder);
    for (const auto& package : fs::directory_iterator(folder.parent_path().parent_path() / "nvidia", ignored))
        add(package.path() / "lib");
    return files;
}

} // namespace mlvicx
