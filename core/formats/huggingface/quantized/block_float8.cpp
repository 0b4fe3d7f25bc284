// Weights of eight-bit floating point under scales of blocks, as DeepSeek-V3 (DeepSeek-AI 2024, section 3.3.2) and Qwen3 leave them:
//   weight float8 [outputs, inputs], weight_scale_inv [outputs / rows, inputs / columns], rounded up; weight_block_size [rows, columns]
//   value[n][k] = weight[n][k] · weight_scale_inv[n / rows][k / columns]
// Without weight_block_size one scale holds for the whole weight.
#include <fmt/format.h>

#include <set>

#include "core/formats/huggingface/quantized/float8_codes.h"
#include "core/formats/huggingface/quantized/packing.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr const char* kScales = "weight_scale_inv";

class BlockFloat8Packing final : public Packing {
public:
    BlockFloat8Packing(const ScaleGrid& grid, std::string scheme) : m_grid(grid), m_scheme(std::move(scheme)) {}

    bool holds(const ModuleTensors& module) const override { return isFloat8(module.find("weight")) || module.has(kScales); }
    std::vector<std::string> parts() const override { return {"weight", kScales, "input_scale"}; }
    Result<tensor::QuantizedWeight> codes(const ModuleTensors& module, const Shape& shape, bool read) const override {
        return float8Codes(module, kScales, m_grid, shape, read);
    }
    std::vector<std::string> limits() const override {
        return {fmt::format("quantization_config: activations ({}) are not rounded to float8: products read them as they come", m_scheme)};
    }

private:
    ScaleGrid m_grid;
    std::string m_scheme;
};

}  // namespace

Result<std::unique_ptr<Packing>> blockFloat8Packing(const Json& quantization) {
    ScaleGrid grid{.outputs = 0, .inputs = 0};
    TRIMTAB_TRY(const std::string format, base::stringAt(quantization, "fmt", "e4m3"));
    static const std::set<std::string, std::less<>> kRead{"e4m3", "e5m2"};
    if (!kRead.contains(format))
        return fail(ErrorCode::Unsupported, fmt::format("fmt {} is not read yet; e4m3 and e5m2 are", format));
    TRIMTAB_TRY(const std::string scheme, base::stringAt(quantization, "activation_scheme", "dynamic"));
    if (const Json* const block = base::memberAt(quantization, "weight_block_size")) {
        TRIMTAB_TRY(grid, blockGridIn(*block, "weight_block_size"));
    }
    return std::unique_ptr<Packing>(std::make_unique<BlockFloat8Packing>(grid, scheme));
}

}  // namespace trimtab::formats::huggingface
