// ModelRequest, ModelInfo, DatasetRequest, DatasetInfo.
#include "core/ipc/json_fields.h"
#include "core/ipc/messages.h"

namespace trimtab::ipc {
namespace {

Json toJson(const std::vector<ModelInfo::Port>& ports) {
    Json array = Json::array();
    for (const auto& port : ports) array.push_back({{"name", port.name}, {"dtype", port.dtype}, {"shape", port.shape}});
    return array;
}

Result<std::vector<ModelInfo::Port>> portsAt(const Json& object, std::string_view key) {
    std::vector<ModelInfo::Port> ports;
    const Json* array = base::memberAt(object, key);
    if (!array) return ports;
    if (!array->is_array()) return fail(ErrorCode::Refused, "\"" + std::string(key) + "\" must be an array");
    for (const Json& item : *array) {
        ModelInfo::Port port;
        TRIMTAB_REQUIRE(requireObject(item, key));
        TRIMTAB_TRY(port.name, base::stringAt(item, "name"));
        TRIMTAB_TRY(port.dtype, base::stringAt(item, "dtype"));
        TRIMTAB_TRY(port.shape, stringsAt(item, "shape"));
        ports.push_back(std::move(port));
    }
    return ports;
}

}  // namespace

Json toJson(const ModelRequest& request) {
    Json json{{"model", request.model},
              {"trust_links", request.trustLinks},
              {"recipe", recipe::toJson(request.recipe)},
              {"setting", recipe::toJson(request.setting)},
              {"calibration", trial::toJson(request.calibration)}};
    if (request.randomWeights) json["random_weights"] = *request.randomWeights;
    return json;
}

Result<ModelRequest> modelRequestFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a model request"));
    ModelRequest request;
    TRIMTAB_TRY(request.model, base::stringAt(json, "model"));
    TRIMTAB_TRY(request.trustLinks, base::booleanAt(json, "trust_links", false));
    if (const Json* seed = base::memberAt(json, "random_weights")) {
        if (!seed->is_number_unsigned()) return fail(ErrorCode::Refused, "\"random_weights\" must be a seed: a whole number from 0 on");
        request.randomWeights = seed->get<std::uint64_t>();
    }
    if (const Json* recipe = base::memberAt(json, "recipe")) {
        TRIMTAB_TRY(request.recipe, recipe::fromJson(*recipe));
    }
    if (const Json* setting = base::memberAt(json, "setting")) {
        TRIMTAB_TRY(request.setting, recipe::runSettingFromJson(*setting));
    }
    if (const Json* calibration = base::memberAt(json, "calibration")) {
        TRIMTAB_TRY(request.calibration, trial::calibrationFromJson(*calibration));
    }
    return request;
}

Result<ModelRequest> modelRequestAt(const Json& request, std::string_view key) {
    const Json* member = base::memberAt(request, key);
    if (!member) return fail(ErrorCode::Refused, "the request names no model");
    return modelRequestFromJson(*member);
}

Json toJson(const ModelInfo& info) {
    return {{"path", info.path},
            {"name", info.name},
            {"producer", info.producer},
            {"format", info.format},
            {"hash", info.hash},
            {"opsets", info.opsets},
            {"inputs", toJson(info.inputs)},
            {"outputs", toJson(info.outputs)},
            {"open_symbols", info.openSymbols},
            {"operators", info.operators},
            {"layers", trace::toJson(info.layers)},
            {"unsupported", info.unsupported},
            {"problems", info.problems},
            {"chat", info.chat},
            {"assumed", info.assumed},
            {"operations", encode(info.operations)},
            {"parameters", info.parameters},
            {"weight_bytes", info.weightBytes},
            {"file_bytes", info.fileBytes}};
}

Result<ModelInfo> modelInfoFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a model's information"));
    ModelInfo info;
    TRIMTAB_TRY(info.path, base::stringAt(json, "path", ""));
    TRIMTAB_TRY(info.name, base::stringAt(json, "name", ""));
    TRIMTAB_TRY(info.producer, base::stringAt(json, "producer", ""));
    TRIMTAB_TRY(info.format, base::stringAt(json, "format", ""));
    TRIMTAB_TRY(info.hash, base::stringAt(json, "hash", ""));
    TRIMTAB_TRY(info.opsets, countMapAt(json, "opsets"));
    TRIMTAB_TRY(info.inputs, portsAt(json, "inputs"));
    TRIMTAB_TRY(info.outputs, portsAt(json, "outputs"));
    TRIMTAB_TRY(info.openSymbols, stringsAt(json, "open_symbols"));
    TRIMTAB_TRY(info.operators, countMapAt(json, "operators"));
    if (const Json* layers = base::memberAt(json, "layers")) {
        TRIMTAB_TRY(info.layers, trace::layerRecordsFromJson(*layers));
    }
    TRIMTAB_TRY(info.unsupported, stringsAt(json, "unsupported"));
    TRIMTAB_TRY(info.problems, stringsAt(json, "problems"));
    TRIMTAB_TRY(info.chat, base::booleanAt(json, "chat", false));
    TRIMTAB_TRY(info.assumed, extentMapAt(json, "assumed"));
    TRIMTAB_TRY(info.operations, realAt(json, "operations", 0));
    TRIMTAB_TRY(info.parameters, base::integerAt(json, "parameters", 0));
    TRIMTAB_TRY(info.weightBytes, base::integerAt(json, "weight_bytes", 0));
    TRIMTAB_TRY(info.fileBytes, base::integerAt(json, "file_bytes", 0));
    return info;
}

Json toJson(const DatasetRequest& request) {
    return {{"data", request.data}, {"model", request.model}, {"trust_links", request.trustLinks}};
}

Result<DatasetRequest> datasetRequestFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a dataset request"));
    DatasetRequest request;
    TRIMTAB_TRY(request.data, base::stringAt(json, "data"));
    TRIMTAB_TRY(request.model, base::stringAt(json, "model", ""));
    TRIMTAB_TRY(request.trustLinks, base::booleanAt(json, "trust_links", false));
    return request;
}

Json toJson(const DatasetInfo& info) {
    return {{"name", info.name},       {"task", info.task},     {"metric", info.metric},  {"hash", info.hash},
            {"samples", info.samples}, {"inputs", info.inputs}, {"preview", info.preview}};
}

Result<DatasetInfo> datasetInfoFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a dataset's information"));
    DatasetInfo info;
    TRIMTAB_TRY(info.name, base::stringAt(json, "name", ""));
    TRIMTAB_TRY(info.task, base::stringAt(json, "task", ""));
    TRIMTAB_TRY(info.metric, base::stringAt(json, "metric", ""));
    TRIMTAB_TRY(info.hash, base::stringAt(json, "hash", ""));
    TRIMTAB_TRY(info.samples, base::integerAt(json, "samples", 0));
    TRIMTAB_TRY(info.inputs, stringsAt(json, "inputs"));
    TRIMTAB_TRY(info.preview, stringsAt(json, "preview"));
    return info;
}

}  // namespace trimtab::ipc
