#include "core/trace/fidelity.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/trace/json_names.h"

namespace trimtab::trace {
namespace {

double noiseShare(double decibels) { return std::pow(10.0, -decibels / 10); }

Json toJson(const NodeFidelity& node) {
    Json json{{"node", node.node}, {"op", node.op}, {"origins", node.origins}, {"is_treated", node.isTreated}};
    if (!node.skipped.empty()) {
        json["skipped"] = node.skipped;
        return json;
    }
    json["sqnr_db"] = node.sqnrDb;
    json["input_sqnr_db"] = node.inputSqnrDb;
    json["cosine"] = node.cosine;
    if (std::isfinite(node.maxError)) json["max_error"] = node.maxError;  // JSON has no digits for infinity: absent
    return json;
}

Result<NodeFidelity> nodeFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "a node of a fidelity profile must be an object");
    NodeFidelity node;
    TRIMTAB_TRY(node.node, base::stringAt(json, "node"));
    TRIMTAB_TRY(node.op, base::stringAt(json, "op", ""));
    TRIMTAB_TRY(node.origins, namesAt(json, "origins"));
    TRIMTAB_TRY(node.isTreated, base::booleanAt(json, "is_treated", false));
    TRIMTAB_TRY(node.skipped, base::stringAt(json, "skipped", ""));
    if (!node.skipped.empty()) return node;
    TRIMTAB_TRY(node.sqnrDb, base::numberAt(json, "sqnr_db"));
    TRIMTAB_TRY(node.inputSqnrDb, base::numberAt(json, "input_sqnr_db", kMostDecibels));
    TRIMTAB_TRY(node.cosine, base::numberAt(json, "cosine"));
    TRIMTAB_TRY(node.maxError, base::numberAt(json, "max_error", std::numeric_limits<double>::infinity()));
    return node;
}

Json nameOf(const FidelityProfile& profile, const std::optional<std::size_t>& index) {
    return index ? Json(profile.nodes[*index].node) : Json(nullptr);
}

}  // namespace

double NodeFidelity::noiseMade() const { return skipped.empty() ? std::max(0.0, noiseShare(sqnrDb) - noiseShare(inputSqnrDb)) : 0; }

std::optional<std::size_t> FidelityProfile::firstDeparture() const {
    for (std::size_t i = 0; i < nodes.size(); ++i)
        if (nodes[i].skipped.empty() && nodes[i].sqnrDb < thresholdDb) return i;
    return std::nullopt;
}

std::optional<std::size_t> FidelityProfile::mostNoise() const {
    std::optional<std::size_t> most;
    for (std::size_t i = 0; i < nodes.size(); ++i)
        if (nodes[i].isTreated && nodes[i].noiseMade() > (most ? nodes[*most].noiseMade() : 0.0)) most = i;
    return most;
}

std::size_t FidelityProfile::comparedNodes() const {
    return static_cast<std::size_t>(std::ranges::count_if(nodes, [](const NodeFidelity& node) { return node.skipped.empty(); }));
}

Json toJson(const FidelityProfile& profile) {
    Json nodes = Json::array();
    for (const NodeFidelity& node : profile.nodes) nodes.push_back(toJson(node));
    return {{"nodes", std::move(nodes)},
            {"threshold_db", profile.thresholdDb},
            {"samples", profile.samples},
            {"inputs", profile.inputs},
            {"first_departure", nameOf(profile, profile.firstDeparture())},
            {"most_error", nameOf(profile, profile.mostNoise())}};
}

Result<FidelityProfile> fidelityProfileFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "a fidelity profile must be an object");
    FidelityProfile profile;
    const Json* nodes = base::memberAt(json, "nodes");
    if (!nodes || !nodes->is_array()) return fail(ErrorCode::Refused, "\"nodes\" must be a list");
    for (const Json& entry : *nodes) {
        TRIMTAB_TRY(NodeFidelity node, nodeFromJson(entry));
        profile.nodes.push_back(std::move(node));
    }
    TRIMTAB_TRY(profile.thresholdDb, base::numberAt(json, "threshold_db", profile.thresholdDb));
    TRIMTAB_TRY(profile.samples, base::integerAt(json, "samples", 0));
    TRIMTAB_TRY(profile.inputs, base::stringAt(json, "inputs", ""));
    return profile;
}

}  // namespace trimtab::trace
