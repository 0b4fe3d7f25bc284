// "conformance": ONNX backend tests, run and counted.
#include "profiler/worker/conformance.h"
#include "profiler/worker/engines.h"
#include "profiler/worker/methods.h"

namespace trimtab::worker {
namespace {

Json toJson(const std::vector<ConformanceOutcome>& outcomes) {
    Json list = Json::array();
    for (const ConformanceOutcome& outcome : outcomes) list.push_back({{"name", outcome.name}, {"reason", outcome.reason}});
    return list;
}

Result<std::vector<std::filesystem::path>> foldersOf(const Json& params) {
    const Json* list = base::memberAt(params, "folders");
    if (!list || !list->is_array() || list->empty()) return fail(ErrorCode::Usage, "name one folder of backend tests or more");
    std::vector<std::filesystem::path> folders;
    for (const Json& folder : *list) {
        if (!folder.is_string()) return fail(ErrorCode::Refused, "\"folders\" must be an array of strings");
        folders.emplace_back(folder.get<std::string>());
    }
    return folders;
}

}  // namespace

Result<Json> conformance(const Json& params, Workbench&, const Call& call) {
    TRIMTAB_TRY(const auto folders, foldersOf(params));
    TRIMTAB_TRY(const std::string name, base::stringAt(params, "engine", "cpu"));
    TRIMTAB_TRY(const std::string device, base::stringAt(params, "device", ""));
    TRIMTAB_TRY(const auto engine, makeEngine(name, 0, device));
    TRIMTAB_TRY(const auto report, runConformance(folders, *engine, {call.progress, call.cancelled}));
    return Json{{"passed", report.passed},
                {"random", report.random},
                {"failed", toJson(report.failed)},
                {"unsupported", toJson(report.unsupported)}};
}

}  // namespace trimtab::worker
