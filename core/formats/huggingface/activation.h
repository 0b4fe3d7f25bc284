#pragma once
// The functions between the products of a feed-forward half, by the names that transformers gives them.
//   silu               x · sigmoid(x)
//   gelu               x · ½ · (1 + erf(x / √2))
//   gelu_new and gelu_pytorch_tanh   ½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))   (Hendrycks & Gimpel 2016)
#include "core/base/json.h"
#include "core/formats/huggingface/graph_builder.h"

namespace trimtab::formats::huggingface {

enum class Activation : std::uint8_t { Silu, Gelu, TanhGelu, Relu };

/// The function that a config names; `fallback` where it names none. Unsupported, naming the field, for others.
Result<Activation> activationAt(const Json& config, const char* key, Activation fallback);

/// Nodes named after `place`, a module's.
Result<graph::ValueId> activate(GraphBuilder& builder, const std::string& place, Activation activation, graph::ValueId x);
/// What a gated unit at `place` multiplies (Shazeer 2020): activation(gate) · up.
Result<graph::ValueId> gated(GraphBuilder& builder, const std::string& place, Activation activation, graph::ValueId gate,
                             graph::ValueId up);

}  // namespace trimtab::formats::huggingface
