#pragma once
// What the writer's tests share: round trips through a file, one matrix product, weights of codes.
#include <memory>

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/formats/onnx/reader.h"
#include "core/formats/onnx/writer.h"
#include "tests/support/model_builder.h"

namespace trimtab::formats::onnx {

class OnnxWriter : public testing::Test {
protected:
    static Graph import(const support::ModelBuilder& builder) {
        const std::string bytes = builder.bytes();
        auto result = readBytes(std::as_bytes(std::span(bytes)), nullptr, ".");
        EXPECT_TRUE(result) << result.error().text();
        return std::move(result->graph);
    }

    struct Written {
        WriteResult result;
        Graph graph;
    };
    Written roundTrip(const Graph& graph, const WriteOptions& options = {}) {
        auto written = write(graph, path(), options);
        EXPECT_TRUE(written) << written.error().text();
        auto back = read(path());
        EXPECT_TRUE(back) << back.error().text();
        EXPECT_EQ(written->fileBytes, back->fileBytes);
        EXPECT_TRUE(back->graph.validate());
        return {*written, std::move(back->graph)};
    }

    std::filesystem::path path() const { return m_folder.path() / "model.onnx"; }

    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("writer");
};

std::vector<float> seeded(std::int64_t count, std::uint64_t seed);

/// x [rows, k] · w [k, n], the constant w of seeded values.
Graph matMul(std::int64_t k, std::int64_t n, int opset = 13);

/// Random codes, scales and zero points in their allowed ranges.
std::shared_ptr<const tensor::QuantizedWeight> randomWeight(Shape shape, tensor::WeightLayout layout, int bits, std::int64_t group,
                                                            bool symmetric, std::uint64_t seed);

void quantize(Graph& graph, const std::string& value, std::shared_ptr<const tensor::QuantizedWeight> weight, bool integerProducts);

/// The first node of the operator; nullptr without one.
const graph::Node* nodeOf(const Graph& graph, const std::string& op);

}  // namespace trimtab::formats::onnx
