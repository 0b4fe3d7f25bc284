#include "core/recipe/fields.h"

#include <algorithm>
#include <cmath>

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

bool suits(const std::string& format, int bits) {
    if (bits == 16) return format == "bf16" || format == "fp16";
    return format == defaultFormat(bits);
}

}  // namespace

std::string_view defaultFormat(int bits) { return bits == 32 ? "fp32" : bits == 16 ? "bf16" : "int"; }

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
        TRIMTAB_TRY(spec.method, wordFrom(value, path, {"magnitude", "wanda", "sparsegpt", "random"}));
    } else if (key == "pattern") {
        TRIMTAB_TRY(spec.pattern, patternFrom(value, path));
        if (const auto kept = keptOfEvery(spec); kept && spec.ratio == 0) spec.ratio = ratioOf(*kept);
    } else if (key == "scope") {
        TRIMTAB_TRY(spec.scope, wordFrom(value, path, {"layer", "global"}));
    } else if (key == "seed") {
        TRIMTAB_TRY(const std::int64_t seed, wholeNumber(value, path));
        if (seed < 0 || seed > UINT32_MAX) return fail(ErrorCode::Refused, fmt::format("{} must be 0 to {}, not {}", path, UINT32_MAX, seed));
        spec.seed = static_cast<std::uint64_t>(seed);
    } else {
        return unknownField(path, {"method", "pattern", "scope", "ratio", "seed"});
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
        TRIMTAB_TRY(spec.format, wordFrom(value, path, {"int", "bf16", "fp16", "fp32"}));
    } else if (key == "scheme") {
        TRIMTAB_TRY(spec.scheme, wordFrom(value, path, {"symmetric", "asymmetric"}));
    } else if (key == "method") {
        TRIMTAB_TRY(spec.method, methodFrom(value, path));
    } else if (key == "alpha") {
        TRIMTAB_TRY(spec.alpha, shareFrom(value, path));
    } else if (key == "damping") {
        TRIMTAB_TRY(spec.damping, shareFrom(value, path));
    } else if (key == "act_order") {
        if (!value.is_boolean()) return fail(ErrorCode::Refused, path + " must be true or false, not " + shown(value));
        spec.actOrder = value.get<bool>();
    } else {
        return unknownField(path, {"bits", "format", "group", "scheme", "method", "alpha", "damping", "act_order"});
    }
    return {};
}

Status setField(ActivationSpec& spec, std::string_view key, const Json& value, const std::string& path) {
    if (key == "bits") {
        TRIMTAB_TRY(const std::int64_t bits, wholeNumber(value, path));
        if (bits != 32 && bits != 8) return fail(ErrorCode::Refused, fmt::format("{} must be 32 or 8, not {}", path, bits));
        spec.bits = static_cast<int>(bits);
    } else if (key == "mode") {
        TRIMTAB_TRY(spec.mode, wordFrom(value, path, {"dynamic"}));
    } else {
        return unknownField(path, {"bits", "mode"});
    }
    return {};
}

Result<graph::ComputeType> computeFrom(const Json& value, const std::string& path) {
    TRIMTAB_TRY(const std::string word, wordFrom(value, path, {"fp32", "tf32", "bf16", "fp16", "fp8", "int8"}));
    return *graph::computeTypeFromName(word);
}

Status checkPart(const PruneSpec& spec, const std::string& path) {
    if (const auto kept = keptOfEvery(spec); kept && std::abs(spec.ratio - ratioOf(*kept)) > 1e-9)
        return fail(ErrorCode::Refused, fmt::format("{}.ratio must be {:g} where {}.pattern is \"{}\" (or be left out), not {:g}", path,
                                                    ratioOf(*kept), path, spec.pattern, spec.ratio));
    if (spec.scope == "global" && spec.pattern != "unstructured")
        return fail(ErrorCode::Refused, fmt::format("{}.scope \"global\" has no meaning with the pattern \"{}\"", path, spec.pattern));
    if (spec.scope == "global" && spec.method != "magnitude")
        return fail(ErrorCode::Refused, fmt::format("{}.scope \"global\" compares weights of different layers, which {} cannot: its scores "
                                                    "have another unit in each",
                                                    path, spec.method));
    if (spec.method == "sparsegpt" && spec.pattern != "unstructured" && !keptOfEvery(spec))
        return fail(ErrorCode::Refused, fmt::format("{}.method \"sparsegpt\" knows the patterns unstructured and N:M, not \"{}\"", path, spec.pattern));
    return {};
}

Status checkPart(const WeightSpec& spec, const std::string& path) {
    TRIMTAB_REQUIRE(checkMethod(spec, path));
    if (!suits(spec.format, spec.bits)) {
        return fail(ErrorCode::Refused, fmt::format("{}.format \"{}\" does not suit {}-bit weights, which are {}", path, spec.format,
                                                    spec.bits, spec.bits == 16 ? "bf16 or fp16" : std::string(defaultFormat(spec.bits))));
    }
    if (spec.bits < 16) return {};
    if (spec.group != 0)
        return fail(ErrorCode::Refused, fmt::format("{}.group has no meaning for {}-bit weights, which carry no scales", path, spec.bits));
    if (spec.scheme != "symmetric")
        return fail(ErrorCode::Refused,
                    fmt::format("{}.scheme has no meaning for {}-bit weights, which carry no zero points", path, spec.bits));
    return {};
}

Status checkTogether(const Settings& settings, const std::string& path) {
    const int weightBits = settings.weights ? settings.weights->bits : 32;
    const int activationBits = settings.activations ? settings.activations->bits : 32;
    const graph::ComputeType compute = settings.compute.value_or(graph::ComputeType::Float32);
    if (compute != graph::ComputeType::Int8) {
        if (activationBits == 32) return {};
        return fail(
            ErrorCode::Refused,
            fmt::format("{0}activations.bits = {1} has a meaning only with {0}compute = int8, not with {2}: nothing else multiplies "
                        "quantised activations",
                        path, activationBits, graph::name(compute)));
    }
    const std::string needs = path + "compute = int8 multiplies 8-bit weights by 8-bit activations: ";
    if (weightBits != 8) return fail(ErrorCode::Refused, fmt::format("{}{}weights.bits must be 8, not {}", needs, path, weightBits));
    if (activationBits != 8)
        return fail(ErrorCode::Refused, fmt::format("{}{}activations.bits must be 8, not {}", needs, path, activationBits));
    if (settings.weights->group != 0)
        return fail(ErrorCode::Refused, fmt::format("{}{}weights.group must be 0 (one scale for each output channel), not {}", needs, path,
                                                    settings.weights->group));
    if (settings.weights->scheme != "symmetric")
        return fail(ErrorCode::Refused, fmt::format("{}{}weights.scheme must be symmetric", needs, path));
    return {};
}

Settings withoutDefaults(Settings settings) {
    if (settings.prune && settings.prune->ratio == 0) settings.prune.reset();
    if (settings.weights && settings.weights->bits == 32) settings.weights.reset();
    if (settings.activations && settings.activations->bits == 32) settings.activations.reset();
    if (settings.compute == graph::ComputeType::Float32) settings.compute.reset();
    return settings;
}

}  // namespace trimtab::recipe
