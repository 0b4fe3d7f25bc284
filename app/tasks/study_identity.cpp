#include "app/tasks/study_identity.h"

#include <chrono>
#include <ctime>
#include <filesystem>

#include <fmt/chrono.h>

namespace trimtab::tasks {
namespace {

constexpr std::string_view kProgramPrefix = "exec:";

std::string absolute(const std::string& path) {
    std::error_code error;
    const auto full = std::filesystem::absolute(path, error);
    return error ? path : full.lexically_normal().string();
}

std::string now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

}  // namespace

std::string modelNameOf(std::filesystem::path path) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored)) return path.stem().string();
    if (!path.has_filename()) path = path.parent_path();  // "folder/"
    return path.filename().string();
}

Result<StudySubject> identify(trial::Study& study, ipc::WorkerClient& worker, bool trustLinks, std::stop_token stop) {
    study.modelPath = absolute(study.modelPath);
    StudySubject subject;
    ipc::ModelRequest request;
    request.model = study.modelPath;
    request.trustLinks = trustLinks;
    TRIMTAB_TRY(const Json info, worker.call("info", ipc::toJson(request), {}, stop));
    TRIMTAB_TRY(subject.model, ipc::modelInfoFromJson(info));
    if (subject.model.hash.empty())
        return fail(ErrorCode::Refused, subject.model.problems.empty() ? "the model cannot be read whole" : subject.model.problems.front(),
                    study.modelPath);
    study.modelHash = subject.model.hash;
    study.modelName = modelNameOf(study.modelPath);
    const auto describe = [&](std::string& path) -> Result<ipc::DatasetInfo> {
        path = absolute(path);
        TRIMTAB_TRY(const Json answer,
                    worker.call("dataset", ipc::toJson(ipc::DatasetRequest{path, study.modelPath, trustLinks}), {}, stop));
        return ipc::datasetInfoFromJson(answer);
    };
    if (!study.calibration.path.empty()) {
        auto calibration = describe(study.calibration.path);
        if (!calibration) {
            calibration.error().context = "calibration: " + calibration.error().context;
            return fail(std::move(calibration).error());
        }
        study.calibration.hash = calibration->hash;
    }
    if (!study.dataPath.empty()) {
        TRIMTAB_TRY(subject.data, describe(study.dataPath));
        study.dataHash = subject.data->hash;
        if (study.metric.empty()) study.metric = subject.data->metric;
    } else {
        if (study.metric.starts_with(kProgramPrefix))
            return fail(ErrorCode::Usage, "a metric program wants a dataset: name it with --data");
        if (study.metric.empty()) study.metric = "agreement";
    }
    if (study.name.empty()) study.name = study.modelName;
    if (study.createdAt.empty()) study.createdAt = now();
    return subject;
}

}  // namespace trimtab::tasks
