#include "core/recipe/fields.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "core/recipe/methods.h"
#include "core/recipe/object_reader.h"

namespace trimtab::recipe {
namespace {

constexpr std::int64_t kLargestGroup = std::int64_t{1} << 31;

Result<std::string> wordFrom(const Json& value, const std::string& path, std::initializer_list<std::string_view> allowed) {
    if (!value.is_string())
        return fail(ErrorCode::Refused, fmt::format("{} must be {}, not {}", path, alternatives(allowed), shown(value)));
    std::string word = value.get<std::string>();
    if (std::find(allowed.begin(), allowed.end(), word) == allowed.end())
        return fail(ErrorCode::Refused, fmt::format("{} must be {}, not {}", path, alternatives(allowed), shown(value)));
    return word;
}

tl::unexpected<Error> unknownField(const std::string& path, std::initializer_list<std::string_view> known) {
    return fail(ErrorCode::Refused, fmt::format("{} is not known; here stand {}", path, alternatives(known)));
}

/// Strictly between 0 and 1.
Result<double> shareFrom(const Json& value, const std::string& path) {
    if (!value.is_number()) return fail(ErrorCode::Refused, path + " must be a number, not " + shown(value));
    const double share = value.get<double>();
    if (!(share > 0 && share < 1)) return fail(ErrorCode::Refused, fmt::format("{} must lie between 0 and 1, not {}", path, shown(value)));
    return share;
}

/// The formats that weights of so many bits can have, the default one first.
std::vector<std::string_view> formatsOf(int bits) {
    if (bits == 32) return {"fp32"};
    if (bits == 16) return {"bf16", "fp16"};
    if (bits == 8) return {"int", "fixed", "fp8_e4m3", "fp8_e5m2"};
    if (bits == 4) return {"int", "fixed", "nf4", "fp4", "mxfp4", "nvfp4"};
    return {"int", "fixed"};
}

bool suits(const std::string& format, int bits) {
    const auto formats = formatsOf(bits);
    return std::ranges::find(formats, format) != formats.end();
}

Result<bool> flagFrom(const Json& value, const std::string& path) {
    if (!value.is_boolean()) return fail(ErrorCode::Refused, path + " must be true or false, not " + shown(value));
    return value.get<bool>();
}

Status checkIntegerProducts(const Settings& settings, const std::string& path) {
    const int weightBits = settings.weights ? settings.weights->bits : 32;
    const int activationBits = settings.activations ? settings.activations->bits : 32;
    const bool byGroups = multipliesByGroups(settings);
    const bool ownCodes = byGroups && !settings.weights;  // of a model that arrives quantised
    if (ownCodes && activationBits == 8) return {};
    const std::string needs = fmt::format("{}compute = int8 multiplies {} by 8-bit activations: ", path,
                                          byGroups ? "weights of 2 to 8 bits" : "8-bit weights");
    if (byGroups ? weightBits > 8 : weightBits != 8)
        return fail(ErrorCode::Refused,
                    fmt::format("{}{}weights.bits must be {}, not {}{}", needs, path, byGroups ? "2 to 8" : "8", weightBits,
                                byGroups || weightBits > 8 ? "" : " (fewer go with activations.granularity \"group\")"));
    if (activationBits != 8)
        return fail(ErrorCode::Refused, fmt::format("{}{}activations.bits must be 8, not {}", needs, path, activationBits));
    if (hasFloatCodes(*settings.weights))
        return fail(ErrorCode::Refused,
                    fmt::format("{}{}weights.format must be int or fixed, not {}", needs, path, settings.weights->format));
    if (byGroups) return {};
    if (settings.weights->group > 0)
        return fail(ErrorCode::Refused,
                    fmt::format("{}{}weights.group must be 0 (one scale for each output channel) or -1 (one for the tensor), not {}", needs,
                                path, settings.weights->group));
    if (settings.weights->scheme != "symmetric")
        return fail(ErrorCode::Refused, fmt::format("{}{}weights.scheme must be symmetric", needs, path));
    return {};
}

tl::unexpected<Error> meansNothing(const std::string& path, std::string_view owner, const std::string& chosen) {
    return fail(ErrorCode::Refused, fmt::format("{} has a meaning only with {}, not with \"{}\": leave it out", path, owner, chosen));
}

Status checkScope(const PruneSpec& spec, const std::string& path) {
    if (spec.scope == "sensitivity" && removesUnits(spec))
        return fail(ErrorCode::Refused, fmt::format("{}.scope \"sensitivity\" shares weights out among layers, not {}; \"global\" sets one "
                                                    "threshold for all of them",
                                                    path, spec.pattern));
    if (spec.scope == "sensitivity" && keptOfEvery(spec))
        return fail(ErrorCode::Refused,
                    fmt::format("{}.scope \"sensitivity\" gives each layer a ratio of its own, which the pattern \"{}\" fixes",
                                path, spec.pattern));
    if (spec.scope != "global") return {};
    if (spec.pattern != "unstructured" && !removesUnits(spec))
        return fail(ErrorCode::Refused, fmt::format("{}.scope \"global\" has no meaning with the pattern \"{}\"", path, spec.pattern));
    const bool compares = spec.method == "magnitude" || (removesUnits(spec) && spec.method != "random");
    if (!compares)
        return fail(ErrorCode::Refused, fmt::format("{}.scope \"global\" compares weights of different layers, which {} cannot: its scores "
                                                    "have another unit in each",
                                                    path, spec.method));
    return {};
}

}  // namespace

std::string_view defaultFormat(int bits) { return formatsOf(bits).front(); }

Status setField(PruneSpec& spec, std::string_view key, const Json& value, const std::string& path) {
    if (key == "ratio") {
        if (!value.is_number()) return fail(ErrorCode::Refused, path + " must be a number, not " + shown(value));
        const double ratio = value.get<double>();
        if (!(ratio >= 0 && ratio < 1))
            return fail(ErrorCode::Refused, fmt::format("{} must be at least 0 and below 1, not {}", path, shown(value)));
        spec.ratio = ratio + 0.0;  // no negative zero: it would be written differently
        return {};
    }
    if (key == "method") {
        TRIMTAB_TRY(spec.method, wordFrom(value, path, {"magnitude", "wanda", "sparsegpt", "random", "taylor", "frequency"}));
    } else if (key == "pattern") {
        TRIMTAB_TRY(spec.pattern, patternFrom(value, path));
        if (const auto kept = keptOfEvery(spec); kept && spec.ratio == 0) spec.ratio = ratioOf(*kept);
    } else if (key == "scope") {
        TRIMTAB_TRY(spec.scope, wordFrom(value, path, {"layer", "global", "sensitivity"}));
    } else if (key == "seed") {
        TRIMTAB_TRY(const std::int64_t seed, wholeNumber(value, path));
        if (seed < 0 || seed > UINT32_MAX)
            return fail(ErrorCode::Refused, fmt::format("{} must be 0 to {}, not {}", path, UINT32_MAX, seed));
        spec.seed = static_cast<std::uint64_t>(seed);
    } else if (key == "reconstruct") {
        TRIMTAB_TRY(spec.reconstruct, flagFrom(value, path));
    } else {
        return unknownField(path, {"method", "pattern", "scope", "ratio", "seed", "reconstruct"});
    }
    return {};
}

Status setField(WeightSpec& spec, std::string_view key, const Json& value, const std::string& path) {
    if (key == "bits") {
        TRIMTAB_TRY(const std::int64_t bits, wholeNumber(value, path));
        if (bits != 32 && bits != 16 && (bits < 2 || bits > 8))
            return fail(ErrorCode::Refused, fmt::format("{} must be 32, 16 or 2 to 8, not {}", path, bits));
        spec.bits = static_cast<int>(bits);
        if (!suits(spec.format, spec.bits)) spec.format = defaultFormat(spec.bits);
    } else if (key == "group") {
        TRIMTAB_TRY(const std::int64_t group, wholeNumber(value, path));
        if (group < -1 || group > kLargestGroup)
            return fail(
                ErrorCode::Refused,
                fmt::format("{} must be -1 (per tensor), 0 (per output channel) or the number of columns that share a scale, not {}", path,
                            group));
        spec.group = group;
    } else if (key == "format") {
        TRIMTAB_TRY(
            spec.format,
            wordFrom(value, path, {"int", "fixed", "fp8_e4m3", "fp8_e5m2", "nf4", "fp4", "mxfp4", "nvfp4", "bf16", "fp16", "fp32"}));
    } else if (key == "scheme") {
        TRIMTAB_TRY(spec.scheme, wordFrom(value, path, {"symmetric", "asymmetric"}));
    } else if (key == "method") {
        TRIMTAB_TRY(spec.method, methodFrom(value, path));
    } else if (key == "alpha") {
        TRIMTAB_TRY(spec.alpha, shareFrom(value, path));
    } else if (key == "damping") {
        TRIMTAB_TRY(spec.damping, shareFrom(value, path));
    } else if (key == "act_order") {
        TRIMTAB_TRY(spec.actOrder, flagFrom(value, path));
    } else if (key == "static_groups") {
        TRIMTAB_TRY(spec.staticGroups, flagFrom(value, path));
    } else {
        return unknownField(path, {"bits", "format", "group", "scheme", "method", "alpha", "damping", "act_order", "static_groups"});
    }
    return {};
}

Status setField(ActivationSpec& spec, std::string_view key, const Json& value, const std::string& path) {
    if (key == "bits") {
        TRIMTAB_TRY(const std::int64_t bits, wholeNumber(value, path));
        if (bits != 32 && bits != 8) return fail(ErrorCode::Refused, fmt::format("{} must be 32 or 8, not {}", path, bits));
        spec.bits = static_cast<int>(bits);
    } else if (key == "mode") {
        TRIMTAB_TRY(spec.mode, wordFrom(value, path, {"dynamic", "static"}));
    } else if (key == "granularity") {
        TRIMTAB_TRY(spec.granularity, wordFrom(value, path, {"tensor", "token", "group"}));
    } else if (key == "calibrator") {
        TRIMTAB_TRY(spec.calibrator, wordFrom(value, path, {"minmax", "percentile", "entropy", "mse"}));
    } else if (key == "percentile") {
        if (!value.is_number()) return fail(ErrorCode::Refused, path + " must be a number, not " + shown(value));
        spec.percentile = value.get<double>();
        if (!(spec.percentile > 50 && spec.percentile <= 100))
            return fail(ErrorCode::Refused, fmt::format("{} must be above 50 and at most 100, not {}", path, shown(value)));
    } else {
        return unknownField(path, {"bits", "mode", "granularity", "calibrator", "percentile"});
    }
    return {};
}

Status setField(KvCacheSpec& spec, std::string_view key, const Json& value, const std::string& path) {
    if (key == "bits") {
        TRIMTAB_TRY(const std::int64_t bits, wholeNumber(value, path));
        if (bits != 32 && bits != 8 && bits != 4) return fail(ErrorCode::Refused, fmt::format("{} must be 32, 8 or 4, not {}", path, bits));
        spec.bits = static_cast<int>(bits);
    } else if (key == "granularity") {
        TRIMTAB_TRY(spec.granularity, wordFrom(value, path, {"head", "channel"}));
    } else {
        return unknownField(path, {"bits", "granularity"});
    }
    return {};
}

Result<graph::ComputeType> computeFrom(const Json& value, const std::string& path) {
    TRIMTAB_TRY(const std::string word, wordFrom(value, path, {"fp32", "tf32", "bf16", "fp16", "fp8", "int8"}));
    return *graph::computeTypeFromName(word);
}

Result<bool> cancelsFrom(const Json& value, const std::string& path) {
    TRIMTAB_TRY(const std::string word, wordFrom(value, path, {"keep", "cancel"}));
    return word == "cancel";
}

Status checkUsed(const PruneSpec& spec, std::string_view key, const std::string& path) {
    return key == "seed" && spec.method != "random" ? meansNothing(path, "method random", spec.method) : Status{};
}

Status checkUsed(const WeightSpec& spec, std::string_view key, const std::string& path) {
    const WeightMethod method = weightMethod(spec);
    if (key == "alpha" && method.rescale != "smoothquant") return meansNothing(path, "method smoothquant", spec.method);
    const bool ofGptq = key == "damping" || key == "act_order" || key == "static_groups";
    return ofGptq && method.rounding != "gptq" ? meansNothing(path, "method gptq", spec.method) : Status{};
}

Status checkUsed(const ActivationSpec& spec, std::string_view key, const std::string& path) {
    const bool ofRanges = key == "calibrator" || key == "percentile";
    if (ofRanges && spec.mode != "static") return meansNothing(path, "mode static", spec.mode);
    const bool isUsed = key != "percentile" || spec.calibrator == "percentile";
    return isUsed ? Status{} : meansNothing(path, "calibrator percentile", spec.calibrator);
}

Status checkPart(const PruneSpec& spec, const std::string& path) {
    if (const auto kept = keptOfEvery(spec); kept && std::abs(spec.ratio - ratioOf(*kept)) > 1e-9)
        return fail(ErrorCode::Refused, fmt::format("{}.ratio must be {:g} where {}.pattern is \"{}\" (or be left out), not {:g}", path,
                                                    ratioOf(*kept), path, spec.pattern, spec.ratio));
    TRIMTAB_REQUIRE(checkScope(spec, path));
    if (spec.method == "sparsegpt" && spec.pattern != "unstructured" && !keptOfEvery(spec))
        return fail(ErrorCode::Refused,
                    fmt::format("{}.method \"sparsegpt\" knows the patterns unstructured and N:M, not \"{}\"", path, spec.pattern));
    if (spec.reconstruct && (!removesUnits(spec) || spec.pattern == "blocks"))
        return fail(ErrorCode::Refused,
                    fmt::format("{}.reconstruct has a meaning for the patterns channels, neurons and heads, whose readers can "
                                "make up for what leaves, not for \"{}\"",
                                path, spec.pattern));
    const bool ofUnits = spec.method == "taylor" || spec.method == "frequency";
    if (ofUnits && !removesUnits(spec))
        return fail(ErrorCode::Refused,
                    fmt::format("{}.method \"{}\" scores units: it wants the pattern channels, neurons, heads or blocks, not \"{}\"", path,
                                spec.method, spec.pattern));
    if (removesUnits(spec) && spec.method == "wanda")
        return fail(ErrorCode::Refused,
                    fmt::format("{}.method \"wanda\" scores single weights, not {}; \"taylor\" weighs units by their activations", path,
                                spec.pattern));
    return {};
}

Status checkPart(const WeightSpec& spec, const std::string& path) {
    if (!suits(spec.format, spec.bits)) {
        return fail(ErrorCode::Refused, fmt::format("{}.format \"{}\" does not suit {}-bit weights, which are {}", path, spec.format,
                                                    spec.bits, fmt::join(formatsOf(spec.bits), ", ")));
    }
    TRIMTAB_REQUIRE(checkMethod(spec, path));
    if (const auto own = ownGroup(spec); own && spec.group != 0 && spec.group != *own)
        return fail(ErrorCode::Refused, fmt::format("{}.group is {} in the format {}, not {}", path, *own, spec.format, spec.group));
    if (hasFloatCodes(spec) && spec.scheme != "symmetric")
        return fail(ErrorCode::Refused,
                    fmt::format("{}.scheme has no meaning for {} codes, which have a sign of their own", path, spec.format));
    if (spec.bits < 16) return {};
    if (spec.group != 0)
        return fail(ErrorCode::Refused, fmt::format("{}.group has no meaning for {}-bit weights, which carry no scales", path, spec.bits));
    if (spec.scheme != "symmetric")
        return fail(ErrorCode::Refused,
                    fmt::format("{}.scheme has no meaning for {}-bit weights, which carry no zero points", path, spec.bits));
    return {};
}

Status checkPart(const ActivationSpec& spec, const std::string& path) {
    if (spec.mode == "static" && spec.granularity != "tensor")
        return fail(ErrorCode::Refused,
                    fmt::format("{}.granularity \"{}\" goes with mode \"dynamic\" alone: tokens to come have no scale yet", path,
                                spec.granularity));
    return {};
}

Status checkTogether(const Settings& settings, const std::string& path) {
    const int activationBits = settings.activations ? settings.activations->bits : 32;
    const graph::ComputeType compute = settings.compute.value_or(graph::ComputeType::Float32);
    if (compute == graph::ComputeType::Int8) return checkIntegerProducts(settings, path);
    if (activationBits == 32) return {};
    return fail(ErrorCode::Refused,
                fmt::format("{0}activations.bits = {1} has a meaning only with {0}compute = int8, not with {2}: nothing else multiplies "
                            "quantised activations",
                            path, activationBits, graph::name(compute)));
}

Settings withoutDefaults(Settings settings) {
    if (settings.prune && settings.prune->ratio == 0) settings.prune.reset();
    if (settings.weights && settings.weights->bits == 32) settings.weights.reset();
    if (settings.activations && settings.activations->bits == 32) settings.activations.reset();
    if (settings.kvCache && settings.kvCache->bits == 32) settings.kvCache.reset();
    if (settings.compute == graph::ComputeType::Float32) settings.compute.reset();
    return settings;
}

}  // namespace trimtab::recipe
