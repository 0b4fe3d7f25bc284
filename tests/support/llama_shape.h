#pragma once
// Llama-shaped decoders with seeded random weights, made in memory: for benchmarks, and for tests of engines. The operators are those that
// ONNX Runtime's model builder writes: SimplifiedLayerNormalization, SkipSimplifiedLayerNormalization, MatMul with [K, N] weights,
// GroupQueryAttention.
//   inputs   input_ids int64 [batch, tokens]; past_key_values.L.key and .value [batch, kvHeads, capacity, headSize]
//   outputs  logits [batch, tokens, vocabulary]; present.L.key and .value
#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::support {

struct LlamaShape {
    std::int64_t layers = 0, hidden = 0, heads = 0, kvHeads = 0, headSize = 0, intermediate = 0, vocabulary = 0;
    double ropeTheta = 500000;
    bool tied = false;  // the last product has the values of the embedding; as [hidden, vocabulary] it is a tensor of its own

    static LlamaShape tiny();
    static LlamaShape llama32_1b();
    static LlamaShape llama31_8b();
};

/// One forward pass: `newTokens` of each of `batch` sequences that have `past` tokens in caches with room for `capacity`. A capacity of 0
/// leaves the caches out of the inputs (a prompt from nothing). REQUIRES: past <= capacity.
struct LlamaStep {
    std::int64_t batch = 1, newTokens = 1, past = 0, capacity = 0;
    std::int64_t total() const { return past + newTokens; }
};

enum class LlamaLengths : std::uint8_t {
    Constant,  // seqlens_k and total_sequence_length are constants of the step
    FromMask,  // counted from one more input, attention_mask int64 [batch, total], as exported models do it
};

struct LlamaOptions {
    DataType type = DataType::BFloat16;  // of weights, activations, caches and logits: Float32, Float16 or BFloat16
    bool packedQkv = false;              // one product for query, key and value
    LlamaLengths lengths = LlamaLengths::Constant;
    std::uint64_t seed = 1;
};

/// The tensors of one model. Graphs share their bytes, so that a prompt and a step cost no second copy.
struct LlamaWeights {
    struct Layer {
        Tensor inputNorm, q, k, v, qkv, o, postNorm, gate, up, down;  // q, k, v or qkv
    };
    LlamaShape shape;
    LlamaOptions options;
    Tensor embedding, finalNorm, head;
    std::vector<Layer> layers;

    std::int64_t bytes() const;
    /// Bytes that one token's step reads of them: all but the embedding, of which it reads a row a token.
    std::int64_t bytesRead() const;
};

/// Drawn on all processors, the same for every number of them. Products have a standard deviation near that of their input; what is added
/// to the residual stream is smaller by √(2 · layers).
Result<LlamaWeights> drawLlama(const LlamaShape& shape, const LlamaOptions& options = {});

/// The step as a graph of known shapes, inferred.
Result<Graph> llamaGraph(const LlamaWeights& weights, const LlamaStep& step);

/// Seeded inputs of that graph: token ids, and caches of which `past` rows hold values and the others zeros.
Result<std::vector<NamedTensor>> llamaInputs(const LlamaWeights& weights, const LlamaStep& step, std::uint64_t seed = 1);

/// Written as ONNX with open dims "batch", "tokens", "past" and "total" and lengths from the mask, for contexts of up to `positions`
/// tokens. Weights above 1 GiB in all stand in FILE.data. Returns the bytes written.
Result<std::int64_t> writeLlama(const LlamaWeights& weights, const std::filesystem::path& file, std::int64_t positions = 4096);

/// The step with its context in it: the caches of llamaInputs() are constants, input_ids is the only input and logits the only output, so
/// that a run carries no caches to and fro. REQUIRES: lengths that are constants.
Result<Graph> llamaGraphWithContext(const LlamaWeights& weights, const LlamaStep& step);

/// That graph as ONNX. Weights above 1 GiB in all stand in FILE.data. Returns the bytes written.
Result<std::int64_t> writeLlamaStep(const LlamaWeights& weights, const LlamaStep& step, const std::filesystem::path& file);

}  // namespace trimtab::support
