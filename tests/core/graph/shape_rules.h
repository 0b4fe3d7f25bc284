#pragma once
// One node, its inputs, and what shape inference says of it.
#include <gtest/gtest.h>

#include "core/graph/shape_inference.h"
#include "tests/core/graph/graph_builder.h"

namespace trimtab::graph::testing {

/// The text of output `which` after inference, or "refused: …".
inline std::string inferred(GraphBuilder& builder, ValueId id) {
    const Status status = inferShapes(builder.graph);
    return status ? builder.typeOf(id) : "refused: " + status.error().text();
}

inline std::string inferUnary(const std::string& op, std::vector<Dim> inputDims, std::map<std::string, Attribute> attributes = {},
                              int version = 17) {
    GraphBuilder builder(version);
    const ValueId x = builder.input("x", std::move(inputDims));
    return inferred(builder, builder.add(op, {x}, std::move(attributes)));
}

inline std::string inferBinary(const std::string& op, std::vector<Dim> a, std::vector<Dim> b,
                               std::map<std::string, Attribute> attributes = {}, int version = 17) {
    GraphBuilder builder(version);
    const ValueId left = builder.input("a", std::move(a));
    const ValueId right = builder.input("b", std::move(b));
    return inferred(builder, builder.add(op, {left, right}, std::move(attributes)));
}

/// With one constant int64 vector as second input.
inline std::string inferWithInts(const std::string& op, std::vector<Dim> inputDims, Ints values,
                                 std::map<std::string, Attribute> attributes = {}, int version = 17) {
    GraphBuilder builder(version);
    const ValueId x = builder.input("x", std::move(inputDims));
    const ValueId list = builder.ints(values);
    return inferred(builder, builder.add(op, {x, list}, std::move(attributes)));
}

#define EXPECT_REFUSED(expression, part)                                        \
    do {                                                                        \
        const std::string text_ = (expression);                                 \
        EXPECT_TRUE(text_.starts_with("refused") && text_.find(part) != std::string::npos) << text_; \
    } while (false)

}  // namespace trimtab::graph::testing
