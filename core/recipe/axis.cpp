#include <fmt/format.h>

#include "core/recipe/fields.h"
#include "core/recipe/object_reader.h"
#include "core/recipe/recipe.h"

namespace trimtab::recipe {
namespace {

template <class Spec>
Status setPart(std::optional<Spec>& part, std::string_view key, const Json& value, const std::string& path) {
    Spec spec = part.value_or(Spec{});
    TRIMTAB_REQUIRE(setField(spec, key, value, path));
    part = std::move(spec);
    return {};
}

/// "weights.bits" → "weights" and "bits"; the key of "compute" is empty.
std::pair<std::string_view, std::string_view> partAndKey(std::string_view path) {
    const std::size_t dot = path.find('.');
    return {path.substr(0, dot), dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1)};
}

template <class Spec>
Status checkPartUsed(const std::optional<Spec>& part, std::string_view key, const std::string& path, const char* wanted) {
    if (key == "bits" || key == "ratio") return {};
    if (!part) return fail(ErrorCode::Refused, fmt::format("{} changes nothing without {}: leave it out", path, wanted));
    return checkUsed(*part, key, path);
}

}  // namespace

Status setAxis(Recipe& recipe, std::string_view path, const Json& value) {
    Settings& base = recipe.base;
    const std::string whole(path);
    if (path == "compute") {
        TRIMTAB_TRY(base.compute, computeFrom(value, whole));
        if (base.compute == graph::ComputeType::Float32) base.compute.reset();
        return {};
    }
    if (path == "transposes") {
        TRIMTAB_TRY(recipe.cancelsTransposes, cancelsFrom(value, whole));
        return {};
    }
    const auto [part, key] = partAndKey(path);
    if (part == "prune" && !key.empty()) {
        TRIMTAB_REQUIRE(setPart(base.prune, key, value, whole));
        if (key == "ratio" && base.prune->ratio == 0) base.prune.reset();
        return {};
    }
    if (part == "weights" && !key.empty()) {
        TRIMTAB_REQUIRE(setPart(base.weights, key, value, whole));
        if (key == "bits" && base.weights->bits == 32) base.weights.reset();
        return {};
    }
    if (part == "activations" && !key.empty()) {
        TRIMTAB_REQUIRE(setPart(base.activations, key, value, whole));
        if (key == "bits" && base.activations->bits == 32) base.activations.reset();
        return {};
    }
    if (part == "kv_cache" && !key.empty()) {
        TRIMTAB_REQUIRE(setPart(base.kvCache, key, value, whole));
        if (key == "bits" && base.kvCache->bits == 32) base.kvCache.reset();
        return {};
    }
    return fail(ErrorCode::Refused,
                fmt::format("{} is no axis; axes are prune.ratio, prune.pattern, prune.method, prune.scope, prune.reconstruct, "
                            "weights.bits, weights.group, weights.scheme, weights.format, weights.method, "
                            "activations.bits, activations.mode, activations.granularity, activations.calibrator, "
                            "kv_cache.bits, kv_cache.granularity, compute, transposes, "
                            "run.batch, run.threads, run.engine and run.symbols.NAME",
                            whole));
}

Status checkAxisUsed(const Recipe& recipe, std::string_view path) {
    const Settings& base = recipe.base;
    const std::string whole(path);
    const auto [part, key] = partAndKey(path);
    if (part == "prune") return checkPartUsed(base.prune, key, whole, "prune.ratio");
    if (part == "weights") return checkPartUsed(base.weights, key, whole, "weights.bits");
    if (part == "activations") return checkPartUsed(base.activations, key, whole, "compute = int8");
    if (part == "kv_cache") return checkPartUsed(base.kvCache, key, whole, "kv_cache.bits");
    return {};
}

}  // namespace trimtab::recipe
