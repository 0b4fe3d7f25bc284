#include "core/formats/huggingface/quantized/packing.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/formats/huggingface/config_fields.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr const char* kField = "quantization_config";

struct Method {
    std::string_view name;
    Result<std::unique_ptr<Packing>> (*make)(const Json& quantization);
};

constexpr std::array kMethods{Method{"awq", awqPacking}, Method{"gptq", gptqPacking},
                              Method{"compressed-tensors", compressedTensorsPacking}, Method{"fp8", blockFloat8Packing}};

Result<std::unique_ptr<Packing>> packingOf(const Json& quantization) {
    if (!quantization.is_object()) return fail(ErrorCode::Refused, "is no object");
    TRIMTAB_TRY(const std::string word, base::stringAt(quantization, "quant_method"));
    const auto* const found = std::ranges::find(kMethods, word, &Method::name);
    if (found != kMethods.end()) return found->make(quantization);
    std::vector<std::string_view> names;
    for (const Method& method : kMethods) names.push_back(method.name);
    return fail(ErrorCode::Unsupported, fmt::format("quant_method {} is not read yet; {} are", word, fmt::join(names, ", ")));
}

}  // namespace

Result<std::unique_ptr<Packing>> packingIn(const Json& config) {
    const Json* const quantization = base::memberAt(config, kField);
    if (quantization == nullptr) return std::unique_ptr<Packing>();
    auto packing = packingOf(*quantization);
    if (!packing) packing.error().message = fmt::format("{}: {}", kField, packing.error().message);
    return packing;
}

Result<std::int64_t> groupSizeAt(const Json& quantization, std::string_view key, std::int64_t fallback) {
    TRIMTAB_TRY(const std::int64_t size, base::integerAt(quantization, key, fallback));
    if (size == -1) return 0;
    if (size < 1 || size > kLargestExtent)
        return fail(ErrorCode::Refused, fmt::format("{} is {}, which is neither -1 nor in 1 … {}", key, size, kLargestExtent));
    return size;
}

}  // namespace trimtab::formats::huggingface
