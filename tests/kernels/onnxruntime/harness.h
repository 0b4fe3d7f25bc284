#pragma once
// What the tests of the engine share. Without a library they are skipped, saying why.
#include <gtest/gtest.h>

#include "core/compress/compress.h"
#include "core/formats/onnx/reader.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/inputs.h"
#include "core/tensor/convert.h"
#include "kernels/onnxruntime/compiled_model.h"
#include "kernels/onnxruntime/onnxruntime_engine.h"
#include "kernels/ref/reference.h"
#include "kernels/ref/reference_engine.h"
#include "tests/support/model_builder.h"

namespace trimtab::onnxruntime {

class WithLibrary : public ::testing::Test {
protected:
    void SetUp() override {
        if (const auto library = openLibrary(); !library) GTEST_SKIP() << library.error().text();
    }
};

inline Graph simplified(formats::onnx::ReadResult read) {
    EXPECT_TRUE(graph::inferShapes(read.graph));
    ref::ReferenceEvaluator evaluator;
    EXPECT_TRUE(graph::simplify(read.graph, evaluator));
    return std::move(read.graph);
}

inline Graph sample(const std::string& name) {
    return simplified(
        formats::onnx::read(std::string(TRIMTAB_SOURCE_DIR) + "/resources/samples/" + name + "/" + name + ".onnx").value());
}

inline Graph built(const support::ModelBuilder& model) {
    const std::string bytes = model.bytes();
    return simplified(formats::onnx::readBytes(std::as_bytes(std::span(bytes)), nullptr, {}).value());
}

inline Graph compressed(const Graph& graph, const std::string& recipe) {
    return compress::compress(graph, recipe::parse(recipe).value()).value().graph;
}

inline std::unique_ptr<runtime::Engine> engine() { return makeOnnxRuntimeEngine(1, "").value(); }

}  // namespace trimtab::onnxruntime
