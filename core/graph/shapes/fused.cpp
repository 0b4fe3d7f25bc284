// Elementwise operators of the trimtab domain, and those that ONNX Runtime's exporter writes.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

constexpr RuleEntry kRules[] = {
    {"Silu", sameAsInput, "trimtab"},
    {"Gelu", sameAsInput, "trimtab"},
    {"Gelu", sameAsInput, "com.microsoft"},
    {"QuickGelu", sameAsInput, "com.microsoft"},
};

}  // namespace

std::span<const RuleEntry> fusedRules() { return kRules; }

}  // namespace trimtab::graph::shapes
