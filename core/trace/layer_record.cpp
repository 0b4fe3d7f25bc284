#include "core/trace/layer_record.h"

#include <cmath>

#include "core/trace/json_names.h"

namespace trimtab::trace {
namespace {

Result<Execution> executionFromName(const std::string& word) {
    for (const Execution execution : {Execution::Native, Execution::Emulated})
        if (name(execution) == word) return execution;
    return fail(ErrorCode::Refused, "\"execution\" must be native or emulated, not \"" + word + "\"");
}

Result<int> bitsAt(const Json& object, std::string_view key) {
    TRIMTAB_TRY(const std::int64_t bits, base::integerAt(object, key, 32));
    if (bits < 1 || bits > 64) return fail(ErrorCode::Refused, "\"" + std::string(key) + "\" must be between 1 and 64");
    return static_cast<int>(bits);
}

/// What earlier sessions say of weights that nothing changed.
constexpr double kUntouchedOfOld = -1;

// JSON has no digits for infinities; a figure that is none of this world is left out and reads back as its "not known".
void putNumber(Json& object, const char* key, double value) {
    if (std::isfinite(value)) object[key] = value;
}

}  // namespace

std::string_view name(Execution execution) { return execution == Execution::Native ? "native" : "emulated"; }

Json toJson(const LayerRecord& record) {
    Json json = {{"node", record.node},
                 {"op", record.op},
                 {"origins", record.origins},
                 {"kernel", record.kernel},
                 {"compute", record.compute},
                 {"weight_bits", record.weightBits},
                 {"activation_bits", record.activationBits},
                 {"group", record.group},
                 {"execution", std::string(name(record.execution))},
                 {"reason", record.reason},
                 {"parameters", record.parameters},
                 {"weight_bytes", record.weightBytes},
                 {"activation_bytes", record.activationBytes}};
    if (record.weightFormat != "int") json["weight_format"] = record.weightFormat;
    if (record.reformatBytes != 0) json["reformat_bytes"] = record.reformatBytes;
    putNumber(json, "density", record.density);
    putNumber(json, "operations", record.operations);
    putNumber(json, "median_ns", record.medianNs);
    putNumber(json, "share", record.share);
    if (record.sqnrDb) putNumber(json, "sqnr_db", *record.sqnrDb);
    return json;
}

Result<LayerRecord> layerRecordFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "a layer record must be an object");
    LayerRecord record;
    TRIMTAB_TRY(record.node, base::stringAt(json, "node"));
    TRIMTAB_TRY(record.op, base::stringAt(json, "op", ""));
    TRIMTAB_TRY(record.origins, namesAt(json, "origins"));
    TRIMTAB_TRY(record.kernel, base::stringAt(json, "kernel", ""));
    TRIMTAB_TRY(record.compute, base::stringAt(json, "compute", record.compute));
    TRIMTAB_TRY(record.weightBits, bitsAt(json, "weight_bits"));
    TRIMTAB_TRY(record.activationBits, bitsAt(json, "activation_bits"));
    TRIMTAB_TRY(record.group, base::integerAt(json, "group", 0));
    TRIMTAB_TRY(record.density, base::numberAt(json, "density", 1.0));
    TRIMTAB_TRY(const std::string execution, base::stringAt(json, "execution", "native"));
    TRIMTAB_TRY(record.execution, executionFromName(execution));
    TRIMTAB_TRY(record.reason, base::stringAt(json, "reason", ""));
    TRIMTAB_TRY(record.operations, base::numberAt(json, "operations", 0.0));
    TRIMTAB_TRY(record.parameters, base::integerAt(json, "parameters", 0));
    TRIMTAB_TRY(record.weightBytes, base::integerAt(json, "weight_bytes", 0));
    TRIMTAB_TRY(record.activationBytes, base::integerAt(json, "activation_bytes", 0));
    TRIMTAB_TRY(record.weightFormat, base::stringAt(json, "weight_format", record.weightFormat));
    TRIMTAB_TRY(record.reformatBytes, base::integerAt(json, "reformat_bytes", 0));
    TRIMTAB_TRY(record.medianNs, base::numberAt(json, "median_ns", -1.0));
    TRIMTAB_TRY(record.share, base::numberAt(json, "share", -1.0));
    TRIMTAB_TRY(const double sqnr, base::numberAt(json, "sqnr_db", kUntouchedOfOld));
    if (sqnr != kUntouchedOfOld) record.sqnrDb = sqnr;
    return record;
}

Json toJson(const std::vector<LayerRecord>& records) {
    Json list = Json::array();
    for (const LayerRecord& record : records) list.push_back(toJson(record));
    return list;
}

Result<std::vector<LayerRecord>> layerRecordsFromJson(const Json& json) {
    if (!json.is_array()) return fail(ErrorCode::Refused, "layer records must be a list");
    std::vector<LayerRecord> records;
    records.reserve(json.size());
    for (const Json& entry : json) {
        TRIMTAB_TRY(LayerRecord record, layerRecordFromJson(entry));
        records.push_back(std::move(record));
    }
    return records;
}

Execution overall(const std::vector<LayerRecord>& records) {
    for (const LayerRecord& record : records)
        if (record.execution == Execution::Emulated) return Execution::Emulated;
    return Execution::Native;
}

}  // namespace trimtab::trace
