// "run": one inference, its outputs described and, where a folder is named, saved.
#include <filesystem>

#include "core/formats/numpy/npy.h"
#include "profiler/worker/input_files.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {
namespace {

/// A file name for an output: its own name, with what a path would misread replaced, and its place before it so that names stay apart.
std::string fileNameFor(std::size_t index, const std::string& output) {
    std::string name = std::to_string(index) + "_";
    for (const char c : output) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
        name += plain ? c : '_';
    }
    constexpr std::size_t kLongest = 120;
    return name.substr(0, kLongest) + ".npy";
}

Status makeFolder(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail(ErrorCode::Io, "cannot make the folder: " + error.message(), folder);
    return {};
}

}  // namespace

Result<Json> run(const Json& params, Workbench& bench, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::runRequestFromJson(params));
    TRIMTAB_TRY(const auto compiled, bench.compiled(request.model, call));
    TRIMTAB_TRY(const auto inputs, inputsFor(compiled->compressed->graph, request.model.setting, request.inputFiles));
    call.progress(0.5, "running");
    TRIMTAB_TRY(const auto outputs, compiled->model->run(inputs));
    if (!request.saveOutputs.empty()) TRIMTAB_REQUIRE(makeFolder(request.saveOutputs));
    Json list = Json::array();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const auto& [name, tensor] = outputs[i];
        std::string file;
        if (!request.saveOutputs.empty()) {
            file = (std::filesystem::path(request.saveOutputs) / fileNameFor(i, name)).string();
            TRIMTAB_REQUIRE(formats::numpy::writeNpy(file, tensor));
        }
        list.push_back(
            {{"name", name}, {"dtype", std::string(tensor::name(tensor.type()))}, {"shape", tensor.shape().dims()}, {"file", file}});
    }
    return Json{{"outputs", std::move(list)}};
}

}  // namespace trimtab::worker
