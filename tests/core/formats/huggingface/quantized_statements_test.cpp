// Folders of codes against statements/packings.py, which packed them: what the weights stand for, bit by bit, and the logits that follow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/formats/huggingface/folder.h"
#include "core/formats/safetensors/safetensors.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/ref/reference_engine.h"

namespace trimtab::formats::huggingface {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Stated {
    const char* name;
    int bits;
    tensor::CodeFormat format = tensor::CodeFormat::Integer;
    bool symmetric = false;
    std::int64_t group = 8;  // of the first layer's down_proj
    double tolerance = 1e-5;
};

constexpr const char* kDown = "model.layers.0.mlp.down_proj.weight";

class StatedCodes : public testing::TestWithParam<Stated> {
protected:
    std::filesystem::path folder() const {
        return std::filesystem::path(TRIMTAB_SOURCE_DIR) / "tests/core/formats/huggingface/statements/quantized" / GetParam().name;
    }
    void SetUp() override {
        auto made = read(folder());
        ASSERT_TRUE(made) << made.error().text();
        m_folder = std::move(*made);
    }
    /// What a product in front of the weight does with its inputs.
    std::vector<std::int64_t> orderOf(const std::string& weight) const {
        const graph::ValueId id = m_folder.graph.find(weight);
        for (const graph::Node& node : m_folder.graph.nodes) {
            if (!node.is("MatMul") || node.input(1) != id) continue;
            for (const graph::Node& maker : m_folder.graph.nodes)
                if (maker.is("Gather") && maker.name.ends_with("/Order") && maker.output(0) == node.input(0))
                    return tensor::toInt64s(*m_folder.graph.constantOf(maker.inputs[1]));
        }
        return {};
    }
    void expectLogits(runtime::Engine& engine) const {
        Graph graph = m_folder.graph;
        ASSERT_TRUE(graph::inferShapes(graph));
        const auto model = engine.compile(graph, {});
        ASSERT_TRUE(model) << model.error().text();
        const Json expected = base::readJsonFile((folder() / "expected.json").string()).value();
        const auto ids = expected["ids"].get<std::vector<std::int64_t>>();
        const auto outputs = (*model)->run(
            std::vector<NamedTensor>{{"input_ids", Tensor::fromInt64s(Shape{1, static_cast<std::int64_t>(ids.size())}, ids)}});
        ASSERT_TRUE(outputs) << outputs.error().text();
        const auto got = tensor::toFloats(outputs->front().tensor);
        const auto wanted = expected["logits"].get<std::vector<double>>();
        ASSERT_EQ(got.size(), wanted.size());
        const double largest = std::abs(*std::ranges::max_element(wanted, {}, [](double value) { return std::abs(value); }));
        EXPECT_GT(largest, 1);
        for (std::size_t i = 0; i < wanted.size(); ++i) ASSERT_NEAR(got[i], wanted[i], GetParam().tolerance * largest) << i;
    }

    Folder m_folder;
};

TEST_P(StatedCodes, StandForTheStatedNumbersBitByBit) {
    const auto dense = safetensors::read(folder() / "dense.safetensors");
    ASSERT_TRUE(dense) << dense.error().text();
    int compared = 0;
    for (const NamedTensor& wanted : dense->tensors) {
        const graph::ValueId id = m_folder.graph.find(wanted.name);
        if (id == graph::kNoValue) continue;  // a fused one, of which the graph has parts
        ++compared;
        const auto& codes = m_folder.graph.value(id).quantized;
        ASSERT_TRUE(codes) << wanted.name;
        const auto got = tensor::toFloats(*codes->dequantize()), numbers = tensor::toFloats(*wanted.tensor.clone());
        const auto order = orderOf(wanted.name);
        const std::int64_t outputs = wanted.tensor.shape()[0], inputs = wanted.tensor.shape()[1];
        ASSERT_EQ(codes->originalShape, (Shape{inputs, outputs}));
        for (std::int64_t row = 0; row < inputs; ++row)
            for (std::int64_t n = 0; n < outputs; ++n) {
                const std::int64_t k = order.empty() ? row : order[static_cast<std::size_t>(row)];
                ASSERT_EQ(got[static_cast<std::size_t>(row * outputs + n)], numbers[static_cast<std::size_t>(n * inputs + k)])
                    << wanted.name << " output " << n << " input " << k;
            }
    }
    EXPECT_GE(compared, 1);
}

TEST_P(StatedCodes, StayCodesOfTheirWidth) {
    const auto& codes = m_folder.graph.value(m_folder.graph.find(kDown)).quantized;
    ASSERT_TRUE(codes);
    EXPECT_EQ(codes->bits, GetParam().bits);
    EXPECT_EQ(codes->format, GetParam().format);
    EXPECT_EQ(codes->symmetric, GetParam().symmetric);
    EXPECT_EQ(codes->group, GetParam().group);
    EXPECT_FALSE(m_folder.graph.value(m_folder.graph.find("lm_head.weight")).quantized) << "was not converted";
}

TEST_P(StatedCodes, HaveTheStatedLogitsInTheReference) { expectLogits(*ref::makeReferenceEngine()); }

TEST_P(StatedCodes, HaveTheStatedLogitsOnTheCpu) { expectLogits(*cpu::makeCpuEngine(1)); }

TEST_P(StatedCodes, HaveAPlaceForEveryTensorAndSayWhatIsNotRounded) {
    const std::string name = GetParam().name;
    if (name == "compressed_bytes") {
        EXPECT_THAT(m_folder.problems, ElementsAre(HasSubstr("input_activations of group_0 (type \"int\", 8 bits) are not rounded")));
    } else if (name == "float8_blocks") {
        EXPECT_THAT(m_folder.problems, ElementsAre(HasSubstr("activations (dynamic) are not rounded to float8")));
    } else {
        EXPECT_THAT(m_folder.problems, IsEmpty());
    }
}

TEST_P(StatedCodes, WithoutReadingWeightsHaveTheSameTypesAndBytes) {
    const auto bare = read(folder(), false);
    ASSERT_TRUE(bare) << bare.error().text();
    EXPECT_EQ(bare->fileBytes, m_folder.fileBytes);
    EXPECT_EQ(bare->problems, m_folder.problems);
    ASSERT_EQ(bare->graph.values.size(), m_folder.graph.values.size());
    for (std::size_t i = 0; i < bare->graph.values.size(); ++i) {
        const auto &whole = m_folder.graph.values[i], &unread = bare->graph.values[i];
        EXPECT_EQ(whole.type.text(), unread.type.text());
        ASSERT_EQ(whole.quantized != nullptr, unread.quantized != nullptr);
        if (!whole.quantized) continue;
        EXPECT_EQ(whole.quantized->storedBytes(), unread.quantized->storedBytes());
        EXPECT_TRUE(unread.quantized->codes.empty() && unread.weightsUnread);
    }
}

constexpr auto kFloat8 = tensor::CodeFormat::Float8E4M3, kFloat4 = tensor::CodeFormat::Float4E2M1;

INSTANTIATE_TEST_SUITE_P(Each, StatedCodes,
                         testing::Values(Stated{"awq", 4}, Stated{.name = "awq_fp16", .bits = 4, .group = 32, .tolerance = 1e-2},
                                         Stated{"gptq_4", 4}, Stated{.name = "gptq_4_ordered", .bits = 4, .symmetric = true},
                                         Stated{.name = "gptq_8_v2", .bits = 8, .group = 64},
                                         Stated{.name = "gptq_3", .bits = 3, .group = 16}, Stated{.name = "gptq_2", .bits = 2, .group = 16},
                                         Stated{"gptq_phi3", 4}, Stated{"compressed_4", 4}, Stated{"compressed_4_older", 4},
                                         Stated{.name = "compressed_8", .bits = 8, .symmetric = true, .group = 64},
                                         Stated{.name = "compressed_bytes", .bits = 8, .group = 64},
                                         Stated{.name = "compressed_mixed", .bits = 4, .symmetric = true},
                                         Stated{.name = "compressed_mx4", .bits = 4, .format = kFloat4, .symmetric = true, .group = 32},
                                         Stated{.name = "float8_blocks", .bits = 8, .format = kFloat8, .symmetric = true, .group = 20}),
                         [](const auto& stated) { return std::string(stated.param.name); });

}  // namespace
}  // namespace trimtab::formats::huggingface
