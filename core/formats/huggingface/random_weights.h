#pragma once
// Weights that nobody has trained, drawn from a seed for a config.json alone: for speed, which does not depend on their values. Products
// are normal(0, 0.02), norms 1, biases 0.
#include <cstdint>

#include "core/formats/huggingface/decoder_weights.h"

namespace trimtab::formats::huggingface {

class RandomWeights final : public DecoderWeights {
public:
    /// `type`: of all tensors. `read` false: constants get their type alone.
    RandomWeights(DataType type, std::uint64_t seed, bool read) : m_type(type), m_seed(seed), m_read(read) {}

    bool areRead() const override { return m_read; }
    Result<DataType> type() const override { return m_type; }
    Result<graph::Value> plain(const std::string& name, const Shape& shape) const override;
    Result<graph::Value> turned(const std::string& name, std::int64_t outputs, std::int64_t inputs) const override;

private:
    /// Element (r, c) of the tensor stands at r · rowStride + c · columnStride and is number r · columns + c of its stream, turned or not.
    Result<Tensor> draw(const std::string& name, const Shape& shape, std::int64_t rows, std::int64_t columns, bool isTurned) const;

    DataType m_type;
    std::uint64_t m_seed;
    bool m_read;
};

/// "torch_dtype" or "dtype" of a config: float32 where it says nothing; Unsupported for other types than float32, float16 and bfloat16.
Result<DataType> weightTypeOf(const Json& config);

}  // namespace trimtab::formats::huggingface
