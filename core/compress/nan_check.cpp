#include <algorithm>
#include <cmath>
#include <cstring>
#include <unordered_set>
#include <vector>

#include "core/base/parallel.h"
#include "core/compress/compress.h"

namespace trimtab::compress {
namespace {

// Bits that are all exponent and more than infinity are NaN; the sign is shifted out. Views of files may be misaligned, so bytes are
// copied.
template <class Bits>
bool anyAbove(const Tensor& tensor, Bits infinity) {
    const std::byte* bytes = tensor.bytes().data();
    bool found = false;
    for (std::int64_t i = 0; i < tensor.elementCount(); ++i) {
        Bits value;
        std::memcpy(&value, bytes + static_cast<std::size_t>(i) * sizeof(Bits), sizeof(Bits));
        found |= static_cast<Bits>(value << 1) > static_cast<Bits>(infinity << 1);
    }
    return found;
}

bool holdsNaN(const Tensor& tensor) {
    switch (tensor.type()) {
        case DataType::Float32: return anyAbove<std::uint32_t>(tensor, 0x7f800000U);
        case DataType::Float64: return anyAbove<std::uint64_t>(tensor, 0x7ff0000000000000ULL);
        case DataType::Float16: return anyAbove<std::uint16_t>(tensor, 0x7c00U);
        case DataType::BFloat16: return anyAbove<std::uint16_t>(tensor, 0x7f80U);
        default: return false;
    }
}

bool holdsNaN(const graph::Value& value) {
    if (!value.quantized) return value.constant && value.constant->shape().rank() > 0 && holdsNaN(*value.constant);
    return std::ranges::any_of(value.quantized->scales, [](float scale) { return std::isnan(scale); });
}

}  // namespace

Status checkForNaN(const Graph& graph) {
    struct Weight {
        graph::ValueId value;
        const graph::Node* reader;
        bool wrong = false;
    };
    std::vector<Weight> weights;
    std::unordered_set<graph::ValueId> seen;
    for (const graph::Node& node : graph.nodes) {
        for (const graph::ValueId id : node.inputs) {
            if (id != graph::kNoValue && graph.value(id).isConstant() && seen.insert(id).second) weights.push_back({id, &node});
        }
    }
    base::parallelFor(weights.size(), [&](std::size_t i) { weights[i].wrong = holdsNaN(graph.value(weights[i].value)); });
    for (const Weight& weight : weights) {
        if (weight.wrong)
            return fail(ErrorCode::Refused,
                        "the weight \"" + graph.value(weight.value).name + "\" holds NaN; train or export the model again",
                        "layer " + weight.reader->name);
    }
    return {};
}

}  // namespace trimtab::compress
