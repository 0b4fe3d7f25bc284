#pragma once
// A checkpoint's tensors by the names that transformers gives them, checked against the config and brought into the order of a graph.
#include <string>

#include "core/formats/huggingface/decoder_config.h"
#include "core/formats/safetensors/checkpoint.h"
#include "core/graph/graph.h"

namespace trimtab::formats::huggingface {

/// Where the graph takes its constants from. Matrices are [outputs, inputs] in a checkpoint and [inputs, outputs] in the graph.
class DecoderWeights {
public:
    virtual ~DecoderWeights() = default;
    /// False: constants get their type alone.
    virtual bool areRead() const = 0;
    /// float32, float16 or bfloat16, of all constants.
    virtual Result<DataType> type() const = 0;
    virtual Result<graph::Value> plain(const std::string& name, const Shape& shape) const = 0;
    /// A matrix [outputs, inputs], turned into [inputs, outputs].
    virtual Result<graph::Value> turned(const std::string& name, std::int64_t outputs, std::int64_t inputs) const = 0;
};

/// A checkpoint's tensors. Refused or Unsupported, naming the tensor, where one is missing or of another shape or type.
class CheckpointWeights final : public DecoderWeights {
public:
    CheckpointWeights(const safetensors::Checkpoint& checkpoint, bool read) : m_checkpoint(checkpoint), m_read(read) {}

    bool areRead() const override { return m_read; }
    /// That of the embedding, which all others are brought to.
    Result<DataType> type() const override;
    Result<graph::Value> plain(const std::string& name, const Shape& shape) const override;
    /// A copy.
    Result<graph::Value> turned(const std::string& name, std::int64_t outputs, std::int64_t inputs) const override;

private:
    Result<const Tensor*> find(const std::string& name, const Shape& shape) const;

    const safetensors::Checkpoint& m_checkpoint;
    bool m_read;
};

}  // namespace trimtab::formats::huggingface
