#include "core/graph/value_type.h"

namespace trimtab::graph {

ValueType ValueType::of(DataType type, const Shape& shape) {
    ValueType result;
    result.type = type;
    result.dims.emplace();
    for (const std::int64_t extent : shape) result.dims->push_back(Dim::known(extent));
    return result;
}

std::optional<Shape> ValueType::shape() const {
    if (!dims) return std::nullopt;
    std::vector<std::int64_t> extents;
    for (const Dim& dim : *dims) {
        if (!dim.isKnown()) return std::nullopt;
        extents.push_back(dim.extent);
    }
    return Shape(std::move(extents));
}

std::string ValueType::text() const {
    std::string text(tensor::name(type));
    if (!dims) {
        text += "[?]";
    } else {
        text += "[";
        for (std::size_t i = 0; i < dims->size(); ++i) {
            const Dim& dim = (*dims)[i];
            if (i) text += ", ";
            text += dim.isKnown() ? std::to_string(dim.extent) : dim.symbol.empty() ? "?" : dim.symbol;
        }
        text += "]";
    }
    if (isSequence) text = "sequence of " + text;
    return isOptional ? "optional " + text : text;
}

}  // namespace trimtab::graph
