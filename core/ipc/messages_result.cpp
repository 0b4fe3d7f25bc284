// EvalRequest and Accuracy, CompressRequest and CompressAnswer.
#include "core/ipc/json_fields.h"
#include "core/ipc/messages.h"
#include "core/recipe/object_reader.h"

namespace trimtab::ipc {
namespace {

Json toJson(const CompressAnswer::Layer& layer) {
    Json json = {{"node", layer.node},
                 {"op", layer.op},
                 {"parameters", layer.parameters},
                 {"group", layer.group},
                 {"original_bytes", layer.originalBytes},
                 {"stored_bytes", layer.storedBytes},
                 {"bits", layer.bits},
                 {"density", encode(layer.density)},
                 {"format", layer.format}};
    if (layer.sqnrDb) json["sqnr_db"] = encode(*layer.sqnrDb);
    if (!layer.forms.empty()) {
        json["forms"] = layer.forms;
        json["skips_zeros"] = layer.skipsZeros;
    }
    if (layer.inputColumns > 0) {
        json["input_columns"] = layer.inputColumns;
        json["calibration_rows"] = layer.calibrationRows;
    }
    return json;
}

Result<CompressAnswer::Layer> layerFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a layer"));
    CompressAnswer::Layer layer;
    TRIMTAB_TRY(layer.node, base::stringAt(json, "node"));
    TRIMTAB_TRY(layer.op, base::stringAt(json, "op", ""));
    TRIMTAB_TRY(layer.parameters, base::integerAt(json, "parameters", 0));
    TRIMTAB_TRY(layer.group, base::integerAt(json, "group", 0));
    TRIMTAB_TRY(layer.originalBytes, base::integerAt(json, "original_bytes", 0));
    TRIMTAB_TRY(layer.storedBytes, base::integerAt(json, "stored_bytes", 0));
    TRIMTAB_TRY(const std::int64_t bits, base::integerAt(json, "bits", 32));
    layer.bits = static_cast<int>(bits);
    TRIMTAB_TRY(layer.density, realAt(json, "density", 1));
    if (const Json* sqnr = base::memberAt(json, "sqnr_db")) {
        TRIMTAB_TRY(layer.sqnrDb, trial::decodeNumber(*sqnr, "sqnr_db"));
    }
    TRIMTAB_TRY(layer.format, base::stringAt(json, "format", ""));
    TRIMTAB_TRY(layer.forms, extentMapAt(json, "forms"));
    TRIMTAB_TRY(layer.skipsZeros, base::booleanAt(json, "skips_zeros", false));
    TRIMTAB_TRY(layer.inputColumns, base::integerAt(json, "input_columns", 0));
    TRIMTAB_TRY(layer.calibrationRows, base::integerAt(json, "calibration_rows", 0));
    return layer;
}

}  // namespace

Json toJson(const EvalRequest& request) {
    return {{"model", toJson(request.model)},
            {"data", request.data},
            {"metric", request.metric},
            {"reference", request.reference},
            {"batch", request.batch},
            {"samples", request.samples},
            {"seed", request.seed}};
}

Result<EvalRequest> evalRequestFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "an eval request"));
    EvalRequest request;
    TRIMTAB_TRY(request.model, modelRequestAt(json, "model"));
    TRIMTAB_TRY(request.data, base::stringAt(json, "data", ""));
    TRIMTAB_TRY(request.metric, base::stringAt(json, "metric", ""));
    TRIMTAB_TRY(request.reference, base::stringAt(json, "reference", ""));
    TRIMTAB_TRY(request.batch, base::integerAt(json, "batch", request.batch));
    TRIMTAB_TRY(request.samples, base::integerAt(json, "samples", 0));
    TRIMTAB_TRY(request.seed, recipe::ObjectReader(json, "").seed("seed", request.seed));
    if (request.batch < 1) return fail(ErrorCode::Refused, "the evaluation batch must be 1 or more");
    if (request.samples < 0) return fail(ErrorCode::Refused, "the number of samples must not be negative");
    return request;
}

Json toJson(const trial::Accuracy& accuracy) { return trial::accuracyToJson(accuracy); }

Result<trial::Accuracy> accuracyFromJson(const Json& json) { return trial::accuracyFromJson(json); }

Json toJson(const CompressRequest& request) {
    return {{"model", toJson(request.model)}, {"output", request.output}, {"report_channels", request.reportChannels}};
}

Result<CompressRequest> compressRequestFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a compress request"));
    CompressRequest request;
    TRIMTAB_TRY(request.model, modelRequestAt(json, "model"));
    TRIMTAB_TRY(request.output, base::stringAt(json, "output"));
    TRIMTAB_TRY(request.reportChannels, base::booleanAt(json, "report_channels", false));
    return request;
}

Json toJson(const CompressAnswer& answer) {
    Json layers = Json::array();
    for (const auto& layer : answer.layers) layers.push_back(toJson(layer));
    Json json = {{"layers", std::move(layers)},
                 {"original_bytes", answer.originalBytes},
                 {"stored_bytes", answer.storedBytes},
                 {"file_bytes", answer.fileBytes},
                 {"read_back_max_error", encode(answer.readBackMaxError)},
                 {"form", answer.form}};
    for (const auto& units : answer.leftAlone) json["left_alone"].push_back({{"layer", units.layer}, {"reason", units.reason}});
    if (!answer.calibration.empty()) json["calibration"] = answer.calibration;
    for (const ChannelRow& row : answer.channels) json["channels"].push_back(toJson(row));
    if (answer.cache) json["cache"] = toJson(*answer.cache);
    return json;
}

namespace {

Status readActivations(const Json& json, CompressAnswer& answer) {
    TRIMTAB_TRY(answer.calibration, base::stringAt(json, "calibration", ""));
    if (const Json* cache = base::memberAt(json, "cache")) {
        TRIMTAB_TRY(answer.cache, cacheRowFromJson(*cache));
    }
    const Json* channels = base::memberAt(json, "channels");
    if (!channels) return {};
    if (!channels->is_array()) return fail(ErrorCode::Refused, "\"channels\" must be an array");
    for (const Json& item : *channels) {
        TRIMTAB_TRY(auto row, channelRowFromJson(item));
        answer.channels.push_back(std::move(row));
    }
    return {};
}

Status readLeftAlone(const Json& json, CompressAnswer& answer) {
    const Json* units = base::memberAt(json, "left_alone");
    if (!units) return {};
    if (!units->is_array()) return fail(ErrorCode::Refused, "\"left_alone\" must be an array");
    for (const Json& item : *units) {
        TRIMTAB_REQUIRE(requireObject(item, "units that stay"));
        CompressAnswer::LeftAlone& told = answer.leftAlone.emplace_back();
        TRIMTAB_TRY(told.layer, base::stringAt(item, "layer"));
        TRIMTAB_TRY(told.reason, base::stringAt(item, "reason"));
    }
    return {};
}

}  // namespace

Result<CompressAnswer> compressAnswerFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a compress answer"));
    CompressAnswer answer;
    if (const Json* layers = base::memberAt(json, "layers")) {
        if (!layers->is_array()) return fail(ErrorCode::Refused, "\"layers\" must be an array");
        for (const Json& item : *layers) {
            TRIMTAB_TRY(auto layer, layerFromJson(item));
            answer.layers.push_back(std::move(layer));
        }
    }
    TRIMTAB_TRY(answer.originalBytes, base::integerAt(json, "original_bytes", 0));
    TRIMTAB_TRY(answer.storedBytes, base::integerAt(json, "stored_bytes", 0));
    TRIMTAB_TRY(answer.fileBytes, base::integerAt(json, "file_bytes", 0));
    TRIMTAB_TRY(answer.readBackMaxError, realAt(json, "read_back_max_error", -1));
    TRIMTAB_TRY(answer.form, base::stringAt(json, "form", ""));
    TRIMTAB_REQUIRE(readLeftAlone(json, answer));
    TRIMTAB_REQUIRE(readActivations(json, answer));
    return answer;
}

}  // namespace trimtab::ipc
