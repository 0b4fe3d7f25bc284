#include "app/tasks/study_identity.h"

#include <algorithm>
#include <filesystem>

#include <fmt/ranges.h>

#include "core/base/units.h"

namespace trimtab::tasks {
namespace {

constexpr std::string_view kProgramPrefix = "exec:";

std::string absolute(const std::string& path) {
    std::error_code error;
    const auto full = std::filesystem::absolute(path, error);
    return error ? path : full.lexically_normal().string();
}

/// What a worker says of the files of a study.
class Witness {
public:
    Witness(ipc::WorkerClient& worker, bool trustLinks, std::stop_token stop)
        : m_worker(worker), m_trustLinks(trustLinks), m_stop(std::move(stop)) {}

    /// A model that can be read whole.
    Result<ipc::ModelInfo> model(const std::string& path, std::optional<std::uint64_t> randomWeights = {}) const {
        ipc::ModelRequest request;
        request.model = path;
        request.trustLinks = m_trustLinks;
        request.randomWeights = randomWeights;
        TRIMTAB_TRY(const Json json, m_worker.call("info", ipc::toJson(request), {}, m_stop));
        TRIMTAB_TRY(auto info, ipc::modelInfoFromJson(json));
        if (info.hash.empty())
            return fail(ErrorCode::Refused, info.problems.empty() ? "the model cannot be read whole" : info.problems.front(), path);
        return info;
    }

    Result<ipc::DatasetInfo> data(const std::string& path, const std::string& model) const {
        TRIMTAB_TRY(const Json json, m_worker.call("dataset", ipc::toJson(ipc::DatasetRequest{path, model, m_trustLinks}), {}, m_stop));
        return ipc::datasetInfoFromJson(json);
    }

private:
    ipc::WorkerClient& m_worker;
    bool m_trustLinks;
    std::stop_token m_stop;
};

template <class T>
Result<T> under(const std::string& place, const std::string& path, Result<T> result) {
    if (!result) result.error().context = place + ": " + (result.error().context.empty() ? path : result.error().context);
    return result;
}

/// In which the variant's inputs differ from the model's; empty where they are the same.
std::string strangeInput(const ipc::ModelInfo& variant, const ipc::ModelInfo& model) {
    using Port = ipc::ModelInfo::Port;
    for (const Port& input : variant.inputs) {
        const auto own = std::ranges::find(model.inputs, input.name, &Port::name);
        if (own == model.inputs.end()) return fmt::format("its input {} is none of the model's", input.name);
        if (own->dtype != input.dtype || own->shape != input.shape)
            return fmt::format("its input {} is {} [{}], the model's {} [{}]", input.name, input.dtype, fmt::join(input.shape, ", "),
                               own->dtype, fmt::join(own->shape, ", "));
    }
    for (const Port& input : model.inputs)
        if (std::ranges::find(variant.inputs, input.name, &Port::name) == variant.inputs.end())
            return fmt::format("it has no input {}", input.name);
    return {};
}

/// REQUIRES: the study's data are identified.
Status identifyVariants(trial::Study& study, const ipc::ModelInfo& model, const Witness& witness) {
    for (trial::Variant& variant : study.variants) variant.path = absolute(variant.path);
    TRIMTAB_REQUIRE(nameVariants(study.variants));
    for (trial::Variant& variant : study.variants) {
        const std::string place = fmt::format("variant \"{}\"", variant.name);
        TRIMTAB_TRY(const auto info, under(place, variant.path, witness.model(variant.path)));
        variant.hash = info.hash;
        if (const std::string strange = strangeInput(info, model); !strange.empty())
            return fail(ErrorCode::Refused, strange, place + ": " + variant.path);
        if (study.dataPath.empty()) continue;
        TRIMTAB_TRY(const auto data, under(place, variant.path, witness.data(study.dataPath, variant.path)));
        if (data.hash != study.dataHash)
            return fail(ErrorCode::Refused, "it reads the data otherwise than the model does, as with another tokenizer",
                        place + ": " + variant.path);
    }
    return {};
}

}  // namespace

std::string modelNameOf(std::filesystem::path path) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored)) return path.stem().string();
    if (!path.has_filename()) path = path.parent_path();  // "folder/"
    return path.filename().string();
}

std::string modelAt(const std::filesystem::path& chosen) {
    const bool standsForFolder = chosen.filename() == "config.json" || chosen.filename() == "genai_config.json";
    return (standsForFolder ? chosen.parent_path() : chosen).string();
}

std::string variantNameOf(const std::filesystem::path& path) {
    std::string name = modelNameOf(path);
    std::ranges::replace(name, '=', '-');
    return name;
}

Status nameVariants(std::vector<trial::Variant>& variants) {
    for (trial::Variant& variant : variants)
        if (variant.name.empty()) variant.name = variantNameOf(variant.path);
    return trial::checkVariants(variants);
}

Result<StudySubject> identify(trial::Study& study, ipc::WorkerClient& worker, bool trustLinks, std::stop_token stop) {
    TRIMTAB_REQUIRE(trial::checkRandomWeights(study));
    const Witness witness(worker, trustLinks, std::move(stop));
    study.modelPath = absolute(study.modelPath);
    StudySubject subject;
    TRIMTAB_TRY(subject.model, witness.model(study.modelPath, study.randomWeights));
    study.modelHash = subject.model.hash;
    study.modelName = modelNameOf(modelAt(study.modelPath));
    if (!study.calibration.path.empty()) {
        study.calibration.path = absolute(study.calibration.path);
        TRIMTAB_TRY(const auto calibration,
                    under("calibration", study.calibration.path, witness.data(study.calibration.path, study.modelPath)));
        study.calibration.hash = calibration.hash;
    }
    if (!study.dataPath.empty()) {
        study.dataPath = absolute(study.dataPath);
        TRIMTAB_TRY(subject.data, witness.data(study.dataPath, study.modelPath));
        study.dataHash = subject.data->hash;
        if (study.metric.empty()) study.metric = subject.data->metric;
    } else if (!study.randomWeights) {
        if (study.metric.starts_with(kProgramPrefix))
            return fail(ErrorCode::Usage, "a metric program wants a dataset: name it with --data");
        if (study.metric.empty()) study.metric = "agreement";
    }
    TRIMTAB_REQUIRE(identifyVariants(study, subject.model, witness));
    if (study.name.empty()) study.name = study.modelName;
    if (study.createdAt.empty()) study.createdAt = base::utcNow();
    return subject;
}

}  // namespace trimtab::tasks
