#include "core/formats/huggingface/quantized/compressed_group.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/formats/huggingface/quantized/mx4_codes.h"
#include "core/formats/huggingface/quantized/packing.h"

namespace trimtab::formats::huggingface {
namespace {

struct Format {
    std::string_view name;
    CompressedFormat format;
};

constexpr std::array kFormats{Format{"pack-quantized", CompressedFormat::Packed}, Format{"int-quantized", CompressedFormat::Integer},
                              Format{"float-quantized", CompressedFormat::Float}, Format{"mxfp4-pack-quantized", CompressedFormat::Mx4}};

Result<CompressedFormat> formatNamed(const std::string& word) {
    const auto* const found = std::ranges::find(kFormats, word, &Format::name);
    if (found != kFormats.end()) return found->format;
    std::vector<std::string_view> names;
    for (const Format& format : kFormats) names.push_back(format.name);
    return fail(ErrorCode::Unsupported, fmt::format("format {} is not read yet; {} are", word, fmt::join(names, ", ")));
}

Result<ScaleGrid> blockIn(const Json& weights) {
    const Json* const block = base::memberAt(weights, "block_structure");
    if (block == nullptr) return fail(ErrorCode::Refused, "strategy block has no block_structure");
    return blockGridIn(*block, "block_structure");
}

/// Without "strategy", by group_size: none for the tensor, −1 for channels, else groups.
Result<ScaleGrid> gridIn(const Json& weights) {
    const bool hasGroup = base::memberAt(weights, "group_size") != nullptr;
    TRIMTAB_TRY(const std::int64_t group, groupSizeAt(weights, "group_size", -1));
    TRIMTAB_TRY(const std::string strategy,
                base::stringAt(weights, "strategy", !hasGroup ? "tensor" : group == 0 ? "channel" : "group"));
    if (strategy == "tensor") return ScaleGrid{.outputs = 0, .inputs = 0};
    if (strategy == "channel") return ScaleGrid{.outputs = 1, .inputs = 0};
    if (strategy == "block") return blockIn(weights);
    if (strategy != "group")
        return fail(ErrorCode::Unsupported, fmt::format("strategy {} is not read yet; tensor, channel, group and block are", strategy));
    if (group == 0) return fail(ErrorCode::Refused, "strategy group has no group_size");
    return ScaleGrid{.outputs = 1, .inputs = group};
}

Result<CompressedGroup> groupIn(const Json& given, const std::string& usualFormat) {
    const Json* const weights = given.is_object() ? base::memberAt(given, "weights") : nullptr;
    if (weights == nullptr || !weights->is_object()) return fail(ErrorCode::Refused, "has no weights");
    CompressedGroup group;
    TRIMTAB_TRY(const std::string format, base::stringAt(given, "format", usualFormat));
    TRIMTAB_TRY(group.format, formatNamed(format));
    TRIMTAB_TRY(const std::int64_t bits, base::integerAt(*weights, "num_bits", 8));
    TRIMTAB_TRY(const std::string type, base::stringAt(*weights, "type", "int"));
    const bool isFloat = group.format == CompressedFormat::Float || group.format == CompressedFormat::Mx4;
    const std::int64_t floatBits = group.format == CompressedFormat::Mx4 ? 4 : 8;
    if (type != (isFloat ? "float" : "int") || (isFloat ? bits != floatBits : bits < 2 || bits > 8))
        return fail(ErrorCode::Unsupported, fmt::format("weights of type {} with {} bits are not read as {}", type, bits, format));
    group.bits = static_cast<int>(bits);
    TRIMTAB_TRY(group.isSymmetric, base::booleanAt(*weights, "symmetric", true));
    if (isFloat && !group.isSymmetric) return fail(ErrorCode::Unsupported, "floating-point weights with zero points are not read");
    TRIMTAB_TRY(group.grid, gridIn(*weights));
    if (group.format == CompressedFormat::Mx4 && (group.grid.outputs != 1 || group.grid.inputs != kMxGroup))
        return fail(ErrorCode::Refused, fmt::format("{} has groups of {} inputs, and the config says otherwise", format, kMxGroup));
    return group;
}

void listActivations(const std::string& name, const Json& given, std::vector<std::string>& limits) {
    const Json* const activations = base::memberAt(given, "input_activations");
    if (activations == nullptr || !activations->is_object()) return;
    const auto wordOf = [&](const char* key, const char* fallback) {
        const Json* const member = base::memberAt(*activations, key);
        return member == nullptr ? fallback : fmt::format("{:.20}", base::dumpJson(*member));
    };
    limits.push_back(fmt::format("quantization_config: input_activations of {} (type {}, {} bits) are not rounded: products read them as "
                                 "they come",
                                 name, wordOf("type", "\"int\""), wordOf("num_bits", "8")));
}

Status checkSparsity(const Json& quantization) {
    const Json* const sparsity = base::memberAt(quantization, "sparsity_config");
    if (sparsity == nullptr || !sparsity->is_object() || sparsity->empty()) return {};
    TRIMTAB_TRY(const std::string format, base::stringAt(*sparsity, "format", "dense"));
    if (format == "dense") return {};
    return fail(ErrorCode::Unsupported, fmt::format("sparsity_config.format {} is not read yet; dense is", format));
}

}  // namespace

Result<std::vector<CompressedGroup>> compressedGroupsIn(const Json& quantization, std::vector<std::string>& limits) {
    constexpr std::size_t mostGroups = 1000;
    TRIMTAB_REQUIRE(checkSparsity(quantization));
    TRIMTAB_TRY(const std::string format, base::stringAt(quantization, "format", "pack-quantized"));
    const Json* const listed = base::memberAt(quantization, "config_groups");
    if (listed == nullptr || !listed->is_object() || listed->empty() || listed->size() > mostGroups)
        return fail(ErrorCode::Refused, "config_groups holds no groups");
    std::vector<CompressedGroup> groups;
    for (const auto& [name, given] : listed->items()) {
        auto group = groupIn(given, format);
        if (!group) return fail(group.error().code, fmt::format("config_groups.{}: {}", name, group.error().message));
        groups.push_back(*group);
        listActivations(name, given, limits);
    }
    if (base::memberAt(quantization, "kv_cache_scheme") != nullptr)
        limits.push_back("quantization_config: kv_cache_scheme is not read: keys and values are kept as they come");
    return groups;
}

}  // namespace trimtab::formats::huggingface
