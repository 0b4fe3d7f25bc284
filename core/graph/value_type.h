#pragma once
// The static type of a value: element type and a shape whose dims may be symbols.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor/data_type.h"
#include "core/tensor/shape.h"

namespace trimtab::graph {

/// A known extent, a named symbol ("batch"), or unknown.
struct Dim {
    std::int64_t extent = -1;  // >= 0 when known
    std::string symbol;        // empty when known or anonymous

    static Dim known(std::int64_t extent) { return {extent, {}}; }
    static Dim named(std::string symbol) { return {-1, std::move(symbol)}; }
    static Dim unknown() { return {}; }
    bool isKnown() const { return extent >= 0; }
    bool operator==(const Dim&) const = default;
};

struct ValueType {
    DataType type = DataType::Undefined;
    std::optional<std::vector<Dim>> dims;  // nullopt: rank unknown
    bool isSequence = false;               // a sequence of tensors of `type`
    bool isOptional = false;

    static ValueType of(DataType type, const Shape& shape);
    /// The concrete shape when every dim is known.
    std::optional<Shape> shape() const;
    std::string text() const;  // "float32[batch, 3, 224, 224]"
};

}  // namespace trimtab::graph
