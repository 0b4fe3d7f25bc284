#pragma once
// Where a graph takes its constants from: a checkpoint's tensors by the names that transformers gives them, checked against the config and
// brought into the order of a graph, or values that are drawn in their place (random_weights.h).
#include <optional>
#include <set>
#include <string>

#include "core/formats/huggingface/quantized/packing.h"
#include "core/formats/safetensors/checkpoint.h"
#include "core/graph/graph.h"

namespace trimtab::formats::huggingface {

/// A constant of a graph: a tensor of the checkpoint, or the part of it that one product reads.
struct Piece {
    enum class Role : std::uint8_t { Product, Scale, Shift };  // by which values are drawn where there is no checkpoint

    std::string tensor;  // its name in the checkpoint
    Shape shape;         // of the whole tensor; more than two axes are taken as they are
    Role role = Role::Product;
    std::string called = {};  // in the graph; empty: as the tensor
    int axis = 0;             // the part: `count` indices from `first` on along an axis; count 0: the whole tensor
    std::int64_t first = 0, count = 0;
    bool isTurned = false;  // a matrix [outputs, inputs] that the graph has as [inputs, outputs]
    bool plusOne = false;   // 1 + its values, in float32

    /// The extents of the part, as it stands in the tensor.
    Shape part() const;
    /// The constant in the graph without its values; `type` is that of all weights.
    graph::Value declared(DataType type) const;
};

class Weights {
public:
    virtual ~Weights() = default;
    /// False: constants get their type alone.
    virtual bool areRead() const = 0;
    /// Whether there is such a tensor; drawn weights have every one.
    virtual bool has(const std::string& tensor) const = 0;
    /// float32, float16 or bfloat16: the type that all constants are brought to, which is that of this tensor.
    virtual Result<DataType> typeOf(const std::string& tensor) const = 0;
    virtual Result<graph::Value> take(const Piece& piece, DataType type) = 0;
    /// Row i of a product's matrix [inputs, outputs] reads input order[i]; empty: they stand as they are.
    virtual Result<std::vector<std::int64_t>> inputOrder(const Piece&) const { return std::vector<std::int64_t>(); }
};

/// A checkpoint's tensors. Refused or Unsupported, naming the tensor, where one is missing or of another shape or type. Modules that its
/// packing finds stay codes.
class CheckpointWeights final : public Weights {
public:
    /// `packing` may be null. Both are only referred to.
    CheckpointWeights(const safetensors::Checkpoint& checkpoint, bool read, const Packing* packing = nullptr)
        : m_checkpoint(checkpoint), m_packing(packing), m_read(read) {}

    bool areRead() const override { return m_read; }
    bool has(const std::string& tensor) const override { return m_checkpoint.tensors.contains(tensor); }
    Result<DataType> typeOf(const std::string& tensor) const override;
    /// A view of the mapping where neither type nor order changes, else a copy.
    Result<graph::Value> take(const Piece& piece, DataType type) override;
    Result<std::vector<std::int64_t>> inputOrder(const Piece& piece) const override;
    /// Names of the tensors that were asked for.
    const std::set<std::string>& taken() const { return m_taken; }

private:
    Result<const Tensor*> find(const Piece& piece) const;
    /// Of the module whose weight the piece is, where that stands as codes.
    std::optional<ModuleTensors> codesOf(const Piece& piece) const;
    Result<graph::Value> takeCodes(const ModuleTensors& module, const Piece& piece, DataType type);
    void markTaken(const ModuleTensors& module);

    const safetensors::Checkpoint& m_checkpoint;
    const Packing* m_packing;
    bool m_read;
    std::set<std::string> m_taken;
};

}  // namespace trimtab::formats::huggingface
