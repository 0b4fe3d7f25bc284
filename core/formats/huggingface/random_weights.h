#pragma once
// Weights that nobody has trained, drawn from a seed for a config.json alone: for speed, which does not depend on their values. Products
// are normal(0, 0.02), norms 1, biases 0.
#include <cstdint>

#include "core/base/json.h"
#include "core/formats/huggingface/weights.h"

namespace trimtab::formats::huggingface {

class RandomWeights final : public Weights {
public:
    /// `type`: of all tensors. `read` false: constants get their type alone.
    RandomWeights(DataType type, std::uint64_t seed, bool read) : m_type(type), m_seed(seed), m_read(read) {}

    bool areRead() const override { return m_read; }
    bool has(const std::string&) const override { return true; }
    Result<DataType> typeOf(const std::string&) const override { return m_type; }
    Result<graph::Value> take(const Piece& piece, DataType type) override;

private:
    DataType m_type;
    std::uint64_t m_seed;
    bool m_read;
};

/// "torch_dtype" or "dtype" of a config: float32 where it says nothing; Unsupported for other types than float32, float16 and bfloat16.
Result<DataType> weightTypeOf(const Json& config);

}  // namespace trimtab::formats::huggingface
