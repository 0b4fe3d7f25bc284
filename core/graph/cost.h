#pragma once
// What a node costs by its shapes: operations (a multiply-add is 2), bytes of weights and of activations read and written.
#include <cstdint>
#include <optional>

#include "core/graph/graph.h"

// Operations by operator (y: output elements, x: input elements):
//   products and convolutions     2 · y · (length of the sum), plus y for a bias, a residual and an activation each
//   ConvTranspose                 2 · x · (weight elements / input channels)
//   DeformConv                    as Conv, plus 8 for each element that is read between others
//   RNN, GRU, LSTM                2 · steps · (weight elements), plus 10 · steps · hidden for the gates
//   pools                         y · kernel;  global pools and reductions: x (2x with squares or magnitudes)
//   Softmax 5y, BatchNormalization 2y, Layer/Instance/GroupNormalization 8y, RMSNormalization 4y, Silu 2y, Gelu 5y, quantisation 2y…5y
//   Resize                        8y linear, 32y cubic
//   RotaryEmbedding 3y, SimplifiedLayerNormalization 4y, SkipSimplifiedLayerNormalization 6y
//   SkipLayerNormalization 10y, BiasGelu and FastGelu 6y, QuickGelu 4y
//   Attention, MultiHeadAttention (2 · head size + 2 · size of a value + 5) for each pair of a query and a key (causal: that it sees),
//                                 for each head; com.microsoft.Attention adds its projection
//   GroupQueryAttention           (4 · head size + 5) for each pair of a new token and a key that it sees, for each head;
//                                 3 for each rotated value
//   what only moves bytes         0 (Reshape, Transpose, Concat, Gather, Cast, Resize nearest, …)
//   everything else               y

namespace trimtab::graph {

struct NodeCost {
    double operations = 0;
    std::int64_t parameters = 0;       // elements of floating constant inputs
    std::int64_t weightBytes = 0;      // as stored: packed size for quantised weights
    std::int64_t activationBytes = 0;  // non-constant inputs and outputs at their types; of a cache the rows that a step reads and adds
};

/// nullopt when a shape that matters is not known.
std::optional<NodeCost> costOf(const Graph& graph, const Node& node);

}  // namespace trimtab::graph
