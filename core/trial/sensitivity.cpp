#include "core/trial/sensitivity.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/recipe/fields.h"
#include "core/trial/axis.h"
#include "core/trial/number_json.h"
#include "core/trial/point.h"

namespace trimtab::trial {
namespace {

Json toJson(const SensitivityUnit& unit) {
    return {{"name", unit.name},
            {"nodes", unit.nodes},
            {"parameters", unit.parameters},
            {"weight_bytes", unit.weightBytes},
            {"is_last", unit.isLast},
            {"median_ns", encode(unit.medianNs)}};
}

Result<SensitivityUnit> unitFromJson(const Json& json) {
    SensitivityUnit unit;
    TRIMTAB_TRY(unit.name, base::stringAt(json, "name"));
    const Json* nodes = base::memberAt(json, "nodes");
    if (!nodes || !nodes->is_array()) return fail(ErrorCode::Refused, "nodes must be a list");
    for (const Json& node : *nodes) {
        if (!node.is_string()) return fail(ErrorCode::Refused, "nodes must hold names");
        unit.nodes.push_back(node.get<std::string>());
    }
    TRIMTAB_TRY(unit.parameters, base::integerAt(json, "parameters", 0));
    TRIMTAB_TRY(unit.weightBytes, base::integerAt(json, "weight_bytes", 0));
    TRIMTAB_TRY(unit.isLast, base::booleanAt(json, "is_last", false));
    TRIMTAB_TRY(unit.medianNs, realAt(json, "median_ns", 0));
    return unit;
}

Json toJson(const SensitivityCell& cell) {
    if (cell.refused()) return {{"refusal", cell.refusal}};
    Json json = {{"loss", encode(cell.loss)},
                 {"kl", encode(cell.kl)},
                 {"sqnr_db", encode(cell.sqnrDb)},
                 {"stored_bytes", cell.storedBytes},
                 {"bits", encode(cell.bits)},
                 {"execution", std::string(trace::name(cell.execution))},
                 {"kernel", cell.kernel},
                 {"reason", cell.reason}};
    if (cell.gainNs) json["gain_ns"] = encode(*cell.gainNs);
    return json;
}

Result<base::Estimate> estimateAt(const Json& json, const char* key) {
    const Json* member = base::memberAt(json, key);
    if (!member) return fail(ErrorCode::Refused, std::string(key) + " is missing");
    return estimateFrom(*member, key);
}

Result<SensitivityCell> cellFromJson(const Json& json) {
    SensitivityCell cell;
    TRIMTAB_TRY(cell.refusal, base::stringAt(json, "refusal", ""));
    if (cell.refused()) return cell;
    TRIMTAB_TRY(cell.loss, estimateAt(json, "loss"));
    TRIMTAB_TRY(cell.kl, realAt(json, "kl", std::numeric_limits<double>::quiet_NaN()));
    TRIMTAB_TRY(cell.sqnrDb, realAt(json, "sqnr_db", 0));
    TRIMTAB_TRY(cell.storedBytes, base::integerAt(json, "stored_bytes", 0));
    TRIMTAB_TRY(cell.bits, realAt(json, "bits", 32));
    TRIMTAB_TRY(const std::string execution, base::stringAt(json, "execution", "native"));
    cell.execution = execution == "emulated" ? trace::Execution::Emulated : trace::Execution::Native;
    TRIMTAB_TRY(cell.kernel, base::stringAt(json, "kernel", ""));
    TRIMTAB_TRY(cell.reason, base::stringAt(json, "reason", ""));
    if (json.contains("gain_ns")) {
        TRIMTAB_TRY(cell.gainNs, estimateAt(json, "gain_ns"));
    }
    return cell;
}

/// The objects of a list, each read by `read`.
template <class T, class Read>
Status readList(const Json& json, const char* key, std::vector<T>& list, Read read) {
    const Json* member = base::memberAt(json, key);
    if (!member || !member->is_array()) return fail(ErrorCode::Refused, std::string(key) + " must be a list");
    for (const Json& entry : *member) {
        if (!entry.is_object()) return fail(ErrorCode::Refused, std::string(key) + " must hold objects");
        auto value = read(entry);
        if (!value) return fail(std::move(value).error());
        list.push_back(std::move(*value));
    }
    return {};
}

/// An option treats single layers.
Status checkOfLayers(const recipe::Recipe& recipe) {
    if (!recipe.cancelsTransposes) return {};
    return fail(ErrorCode::Refused, "transposes cancel in the whole graph, not in a single layer: no option can ask for it");
}

}  // namespace

Result<SensitivityOption> parseOption(std::string_view text) {
    std::vector<Axis> axes;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        TRIMTAB_TRY(Axis axis, parseAxis(rest.substr(0, end)));
        if (axis.values.size() != 1 || axis.path.starts_with("run."))
            return fail(ErrorCode::Refused,
                        fmt::format("an option says one value for each key of a recipe, not \"{}\"", rest.substr(0, end)));
        axes.push_back(std::move(axis));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (axes.empty()) return fail(ErrorCode::Refused, "an option says what is done to a layer: weights.bits=4,weights.group=32");
    TRIMTAB_REQUIRE(checkDistinct(axes));
    Point point;
    for (const Axis& axis : axes) point.emplace_back(axis.path, axis.values.front());
    TRIMTAB_TRY(const Trial trial, trialAt({}, std::move(point)));
    for (const Axis& axis : axes) TRIMTAB_REQUIRE(recipe::checkAxisUsed(trial.recipe, axis.path));
    TRIMTAB_REQUIRE(checkOfLayers(trial.recipe));
    if (trial.recipe.isIdentity()) return fail(ErrorCode::Refused, fmt::format("the option \"{}\" changes nothing", text));
    return SensitivityOption{trial.label, trial.recipe.base};
}

std::vector<SensitivityOption> usualOptions() {
    std::vector<SensitivityOption> options;
    for (const char* text : {"compute=bf16", "compute=int8", "weights.bits=8", "weights.bits=4,weights.group=32", "prune.ratio=0.5"})
        if (auto option = parseOption(text)) options.push_back(std::move(*option));
    return options;
}

std::vector<SensitivityOption> usualRemovals() {
    std::vector<SensitivityOption> options;
    for (const char* text : {"prune.ratio=0.5,prune.pattern=neurons", "prune.ratio=0.5,prune.pattern=channels"})
        if (auto option = parseOption(text)) options.push_back(std::move(*option));
    return options;
}

std::string sensitivityKey(std::int64_t study) { return "sensitivity:" + std::to_string(study); }

Json toJson(const SensitivityOption& option) {
    recipe::Recipe recipe;
    recipe.base = option.settings;
    return {{"name", option.name}, {"recipe", recipe::toJson(recipe)}};
}

Result<SensitivityOption> sensitivityOptionFromJson(const Json& json) {
    if (!json.is_object() || !json.contains("recipe")) return fail(ErrorCode::Refused, "an option must hold a recipe");
    SensitivityOption option;
    TRIMTAB_TRY(const recipe::Recipe recipe, recipe::fromJson(json["recipe"]));
    if (!recipe.rules.empty()) return fail(ErrorCode::Refused, "an option treats single units of layers: its recipe can have no rules");
    TRIMTAB_REQUIRE(checkOfLayers(recipe));
    option.settings = recipe.base;
    TRIMTAB_TRY(option.name, base::stringAt(json, "name", recipe::summary(recipe)));
    return option;
}

Json toJson(const SensitivityTable& table) {
    Json json = {{"metric", table.metric},
                 {"better", table.higherIsBetter ? "higher" : "lower"},
                 {"fidelity", table.fidelity},
                 {"baseline", encode(table.baseline)},
                 {"samples", table.samples},
                 {"kl_samples", table.klSamples},
                 {"batch", table.batch},
                 {"calibration", table.calibration},
                 {"whole_runs", encode(table.wholeRuns)},
                 {"units", Json::array()},
                 {"options", Json::array()},
                 {"cells", Json::array()}};
    if (table.windows) json.update(windowsToJson(*table.windows));
    for (const auto& unit : table.units) json["units"].push_back(toJson(unit));
    for (const auto& option : table.options) json["options"].push_back(toJson(option));
    for (const auto& cell : table.cells) json["cells"].push_back(toJson(cell));
    return json;
}

Result<SensitivityTable> sensitivityTableFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "a sensitivity table must be an object");
    SensitivityTable table;
    TRIMTAB_TRY(table.metric, base::stringAt(json, "metric"));
    TRIMTAB_TRY(const std::string better, base::stringAt(json, "better", "higher"));
    table.higherIsBetter = better != "lower";
    TRIMTAB_TRY(table.fidelity, base::booleanAt(json, "fidelity", false));
    TRIMTAB_TRY(table.windows, windowsFromJson(json));
    TRIMTAB_TRY(table.baseline, realAt(json, "baseline", 0));
    TRIMTAB_TRY(table.samples, base::integerAt(json, "samples", 0));
    TRIMTAB_TRY(table.klSamples, base::integerAt(json, "kl_samples", 0));
    TRIMTAB_TRY(table.batch, base::integerAt(json, "batch", 1));
    TRIMTAB_TRY(table.calibration, base::stringAt(json, "calibration", ""));
    TRIMTAB_TRY(table.wholeRuns, realAt(json, "whole_runs", 0));
    TRIMTAB_REQUIRE(readList(json, "units", table.units, unitFromJson));
    TRIMTAB_REQUIRE(readList(json, "options", table.options, sensitivityOptionFromJson));
    TRIMTAB_REQUIRE(readList(json, "cells", table.cells, cellFromJson));
    if (table.cells.size() != table.units.size() * table.options.size())
        return fail(ErrorCode::Refused, "a sensitivity table must hold one cell for each unit and option");
    return table;
}

}  // namespace trimtab::trial
