#pragma once
// A checkpoint's tensors by the names that transformers gives them, checked against the config and brought into the order of a graph.
#include <string>

#include "core/formats/huggingface/decoder_config.h"
#include "core/formats/safetensors/checkpoint.h"
#include "core/graph/graph.h"

namespace trimtab::formats::huggingface {

/// Where the graph takes its constants from. Matrices are [outputs, inputs] in the checkpoint and [inputs, outputs] in the graph.
class DecoderWeights {
public:
    /// `read` false: constants get their type alone.
    DecoderWeights(const safetensors::Checkpoint& checkpoint, bool read) : m_checkpoint(checkpoint), m_read(read) {}

    bool areRead() const { return m_read; }
    /// float32, float16 or bfloat16: that of the embedding, which all others are brought to.
    Result<DataType> type() const;
    /// As the checkpoint holds it. NotFound or Refused, naming the tensor, where it is missing or of another shape.
    Result<graph::Value> plain(const std::string& name, const Shape& shape) const;
    /// A matrix [outputs, inputs], turned into [inputs, outputs]: a copy.
    Result<graph::Value> turned(const std::string& name, std::int64_t outputs, std::int64_t inputs) const;

private:
    Result<const Tensor*> find(const std::string& name, const Shape& shape) const;

    const safetensors::Checkpoint& m_checkpoint;
    bool m_read;
};

}  // namespace trimtab::formats::huggingface
