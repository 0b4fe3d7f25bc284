#pragma once
// The tensors of a GGUF file where a decoder's graph looks for them.
#include "core/formats/gguf/blocks.h"
#include "core/formats/huggingface/decoder_config.h"
#include "core/formats/huggingface/weights.h"

namespace trimtab::formats::gguf {

/// Refused, naming the tensor, where one is missing or of another shape. Matrices of codes (isOfCodes) stay codes where a product reads
/// them.
class GgufWeights final : public huggingface::Weights {
public:
    GgufWeights(const Content& content, const huggingface::DecoderConfig& config, bool read);

    bool areRead() const override { return m_read; }
    bool has(const std::string& tensor) const override;
    /// Float16 or BFloat16 where every matrix is, else Float32; of all tensors.
    Result<DataType> typeOf(const std::string&) const override { return m_type; }
    /// Codes as their numbers where no product reads them. What the type does not hold is rounded to it. REQUIRES: the piece is a whole
    /// tensor.
    Result<graph::Value> take(const huggingface::Piece& piece, DataType type) override;

private:
    Result<const StoredTensor*> find(const std::string& name, const Shape& shape) const;
    RowOrder orderOf(const std::string& name) const;

    const Content& m_content;
    const huggingface::DecoderConfig& m_config;
    bool m_isPaired;  // queries and keys stand in rotary pairs
    bool m_read;
    DataType m_type;
};

/// The architecture whose files hold queries and keys in rotary pairs.
inline constexpr const char* kPairedArchitecture = "llama";

/// The type in which such a file's graph computes.
DataType computedType(const Content& content);

}  // namespace trimtab::formats::gguf
