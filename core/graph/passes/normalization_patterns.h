#pragma once
// The chains of small operators that exporters write for normalisations and activations, matched backwards from their last node.
#include <optional>
#include <vector>

#include "core/graph/passes/rewriter.h"

namespace trimtab::graph {

/// d / √(mean(d², last axis) + ε) · γ
struct RootMeanSquare {
    ValueId input = kNoValue;   // d
    ValueId scale = kNoValue;   // γ, a constant with as many elements as the last axis
    double epsilon = 0;
    int last = -1;              // the multiplication with γ
    std::vector<int> nodes;     // all of the chain, without `last`
    std::vector<int> readersOfInput;  // those of `nodes` and `last` that read d
};
/// Matches when node `multiply` is the multiplication with γ.
std::optional<RootMeanSquare> matchRootMeanSquare(const Rewriter& rewriter, int multiply);

/// A root mean square of d = x − mean(x, last axis), with β added or not.
struct LayerNorm {
    ValueId input = kNoValue;  // x
    ValueId scale = kNoValue;
    ValueId shift = kNoValue;  // β; kNoValue when nothing is added
    double epsilon = 0;
    int last = -1;
    std::vector<int> nodes;
};
std::optional<LayerNorm> extendToLayerNorm(const Rewriter& rewriter, const RootMeanSquare& core);

/// x · sigmoid(x), or the exact Gelu x · ½ · (1 + erf(x / √2)) in the orders in which exporters multiply.
struct Activation {
    ValueId input = kNoValue;
    int last = -1;
    std::vector<int> nodes;  // without `last`
};
std::optional<Activation> matchSilu(const Rewriter& rewriter, int multiply);
std::optional<Activation> matchGelu(const Rewriter& rewriter, int erf);

}  // namespace trimtab::graph
