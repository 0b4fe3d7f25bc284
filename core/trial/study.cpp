#include "core/trial/study.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/recipe/object_reader.h"
#include "core/trial/axis.h"

namespace trimtab::trial {
namespace {

constexpr std::int64_t kMany = std::int64_t{1} << 40;

Json toJson(const Axis& axis) {
    Json json = Json::object();
    json["path"] = axis.path;
    json["values"] = axis.values;
    return json;
}

Result<Axis> axisFromJson(const Json& json, const std::string& path) {
    if (json.is_string()) return parseAxis(json.get<std::string>());
    const recipe::ObjectReader reader(json, path);
    TRIMTAB_REQUIRE(reader.checkKeys({"path", "values"}));
    Axis axis;
    TRIMTAB_TRY(axis.path, reader.text("path", ""));
    if (!reader.has("values") || !reader.at("values").is_array()) return fail(ErrorCode::Refused, path + ".values must be a list");
    for (const Json& value : reader.at("values")) axis.values.push_back(value);
    TRIMTAB_REQUIRE(checkAxis(axis));
    return axis;
}

Json toJson(const Budget& budget) {
    return {{"speed_seconds", budget.speedSeconds}, {"processes", budget.processes}, {"samples", budget.samples},
            {"evaluation_batch", budget.evaluationBatch}, {"fidelity_samples", budget.fidelitySamples}};
}

Result<Budget> budgetFromJson(const Json& json) {
    const recipe::ObjectReader reader(json, "budget");
    TRIMTAB_REQUIRE(reader.checkKeys({"speed_seconds", "processes", "samples", "evaluation_batch", "fidelity_samples"}));
    Budget budget;
    TRIMTAB_TRY(budget.speedSeconds, reader.number("speed_seconds", budget.speedSeconds));
    if (!(budget.speedSeconds > 0 && budget.speedSeconds <= 86400))
        return fail(ErrorCode::Refused, "budget.speed_seconds must be above 0 and at most a day");
    TRIMTAB_TRY(const std::int64_t processes, reader.integer("processes", budget.processes, 1, 1000));
    budget.processes = static_cast<int>(processes);
    TRIMTAB_TRY(budget.samples, reader.integer("samples", budget.samples, 0, kMany));
    TRIMTAB_TRY(budget.evaluationBatch, reader.integer("evaluation_batch", budget.evaluationBatch, 1, 1 << 20));
    TRIMTAB_TRY(budget.fidelitySamples, reader.integer("fidelity_samples", budget.fidelitySamples, 1, kMany));
    return budget;
}

Status readTexts(Study& study, const recipe::ObjectReader& reader) {
    const std::pair<const char*, std::string*> fields[] = {
        {"name", &study.name}, {"model", &study.modelPath}, {"model_hash", &study.modelHash}, {"model_name", &study.modelName},
        {"data", &study.dataPath}, {"data_hash", &study.dataHash}, {"metric", &study.metric}, {"baseline_name", &study.baselineName},
        {"question", &study.question}, {"created_at", &study.createdAt}};
    for (const auto& [key, field] : fields) {
        TRIMTAB_TRY(*field, reader.text(key, *field));
    }
    return {};
}

}  // namespace

Json toJson(const Calibration& calibration) {
    return {{"data", calibration.path}, {"samples", calibration.samples}, {"hash", calibration.hash}};
}

Result<Calibration> calibrationFromJson(const Json& json) {
    const recipe::ObjectReader reader(json, "calibration");
    TRIMTAB_REQUIRE(reader.checkKeys({"data", "samples", "hash"}));
    Calibration calibration;
    TRIMTAB_TRY(calibration.path, reader.text("data", ""));
    TRIMTAB_TRY(calibration.samples, reader.integer("samples", calibration.samples, 1, kMany));
    TRIMTAB_TRY(calibration.hash, reader.text("hash", ""));
    return calibration;
}

Result<ModelFile> fileOf(const Study& study, const Trial& trial) {
    if (trial.variant.empty()) return ModelFile{study.modelPath, study.modelHash, study.randomWeights};
    const auto variant = std::ranges::find(study.variants, trial.variant, &Variant::name);
    if (variant == study.variants.end()) return fail(ErrorCode::NotFound, "the study has no variant \"" + trial.variant + "\"");
    return ModelFile{variant->path, variant->hash};
}

Status checkRandomWeights(const Study& study) {
    if (!study.randomWeights) return {};
    const std::pair<const char*, bool> fields[] = {{"data", !study.dataPath.empty()},
                                                   {"metric", !study.metric.empty()},
                                                   {"calibration.data", !study.calibration.path.empty()},
                                                   {"variants", !study.variants.empty()}};
    for (const auto& [field, isGiven] : fields)
        if (isGiven)
            return fail(ErrorCode::Refused, fmt::format("{}: weights that are drawn (random_weights) give answers without meaning, so only "
                                                        "speed and memory are measured; leave it out", field));
    return {};
}

std::string randomWeightsNote(const Study& study) {
    return study.randomWeights ? fmt::format("random weights (seed {}): speed and memory alone", *study.randomWeights) : std::string();
}

Calibration calibrationOf(const Study& study) {
    Calibration calibration = study.calibration;
    if (calibration.path.empty()) calibration.path = study.dataPath;
    return calibration;
}

Trial baselineOf(const Study& study) {
    Trial baseline = study.baseline;
    if (baseline.setting == recipe::RunSetting{}) baseline.setting = study.setting;
    if (baseline.label.empty()) baseline.label = study.baselineName;
    return baseline;
}

Trial baselineFor(const Study& study, const recipe::RunSetting& setting) {
    Trial baseline = baselineOf(study);
    baseline.setting.shapes = setting.shapes;
    baseline.setting.symbols = setting.symbols;
    baseline.setting.seed = setting.seed;
    baseline.setting.prompt = setting.prompt;
    baseline.setting.generate = setting.generate;
    return baseline;
}

Json toJson(const Study& study) {
    Json json = {{"id", study.id},
                 {"name", study.name},
                 {"model", study.modelPath},
                 {"model_hash", study.modelHash},
                 {"model_name", study.modelName},
                 {"data", study.dataPath},
                 {"data_hash", study.dataHash},
                 {"metric", study.metric},
                 {"calibration", toJson(study.calibration)},
                 {"baseline", toJson(study.baseline)},
                 {"baseline_name", study.baselineName},
                 {"run", recipe::toJson(study.setting)},
                 {"budget", toJson(study.budget)},
                 {"seed", study.seed},
                 {"question", study.question},
                 {"created_at", study.createdAt}};
    json["axes"] = Json::array();
    for (const Axis& axis : study.axes) json["axes"].push_back(toJson(axis));
    // Documents without these keep their identity.
    if (!study.variants.empty()) json["variants"] = toJson(study.variants);
    if (study.randomWeights) json["random_weights"] = *study.randomWeights;
    return json;
}

Result<Study> studyFromJson(const Json& json) {
    const recipe::ObjectReader reader(json, "");
    TRIMTAB_REQUIRE(reader.checkKeys({"id", "name", "model", "model_hash", "model_name", "random_weights", "variants", "data", "data_hash",
                                      "metric", "calibration", "baseline", "baseline_name", "run", "axes", "budget", "seed", "question",
                                      "created_at"}));
    Study study;
    TRIMTAB_TRY(study.id, reader.integer("id", 0, 0, INT64_MAX));
    TRIMTAB_REQUIRE(readTexts(study, reader));
    if (reader.has("baseline")) {
        const recipe::ObjectReader baseline(reader.at("baseline"), "baseline");
        TRIMTAB_REQUIRE(baseline.checkKeys({"recipe", "run", "label"}));
        TRIMTAB_TRY(study.baseline, trialFromJson(reader.at("baseline")));
    }
    if (reader.has("calibration")) {
        TRIMTAB_TRY(study.calibration, calibrationFromJson(reader.at("calibration")));
    }
    if (reader.has("run")) {
        TRIMTAB_TRY(study.setting, recipe::runSettingFromJson(reader.at("run")));
    }
    if (reader.has("axes")) {
        if (!reader.at("axes").is_array()) return fail(ErrorCode::Refused, "axes must be a list");
        for (std::size_t i = 0; i < reader.at("axes").size(); ++i) {
            TRIMTAB_TRY(Axis axis, axisFromJson(reader.at("axes")[i], fmt::format("axes[{}]", i)));
            study.axes.push_back(std::move(axis));
        }
    }
    if (reader.has("variants")) {
        TRIMTAB_TRY(study.variants, variantsFromJson(reader.at("variants")));
    }
    if (reader.has("budget")) {
        TRIMTAB_TRY(study.budget, budgetFromJson(reader.at("budget")));
    }
    TRIMTAB_TRY(study.seed, reader.seed("seed", study.seed));
    if (reader.has("random_weights")) {
        TRIMTAB_TRY(study.randomWeights, reader.seed("random_weights", 0));
    }
    TRIMTAB_REQUIRE(checkRandomWeights(study));
    return study;
}

}  // namespace trimtab::trial
