#include "tests/core/formats/huggingface/stated.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/formats/safetensors/checkpoint.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/generation/generate.h"
#include "core/tensor/convert.h"
#include "tests/core/formats/safetensors/composed.h"

namespace trimtab::formats::huggingface {

Graph graphIn(const Result<Folder>& folder) {
    EXPECT_TRUE(folder) << folder.error().text();
    if (!folder) return {};
    Graph graph = folder->graph;
    const Status inferred = graph::inferShapes(graph);
    EXPECT_TRUE(inferred) << inferred.error().text();
    return graph;
}

void writeNarrow(const std::filesystem::path& from, const std::filesystem::path& to) {
    const auto checkpoint = safetensors::readCheckpoint(from);
    ASSERT_TRUE(checkpoint) << checkpoint.error().text();
    std::string header = "{", buffer;
    for (const auto& [name, tensor] : checkpoint->tensors) {
        const auto aligned = tensor.clone();
        const auto narrow = tensor::convert(*aligned, DataType::BFloat16);
        ASSERT_TRUE(narrow) << narrow.error().text();
        const std::size_t begin = buffer.size();
        buffer.append(reinterpret_cast<const char*>(narrow->bytes().data()), narrow->bytes().size());
        header += fmt::format(R"({}"{}":{{"dtype":"BF16","shape":[{}],"data_offsets":[{},{}]}})", begin == 0 ? "" : ",", name,
                              fmt::join(tensor.shape(), ","), begin, buffer.size());
    }
    safetensors::write(to / "model.safetensors", safetensors::composed(header + "}", buffer));
    std::filesystem::copy_file(from / "config.json", to / "config.json");
}

Tensor tensorOf(const Json& lists) {
    std::vector<std::int64_t> extents;
    for (const Json* at = &lists; at->is_array(); at = &at->front()) extents.push_back(static_cast<std::int64_t>(at->size()));
    const std::int64_t count = Shape(extents).elementCount();
    std::vector<float> numbers;
    bool areWhole = true;
    for (std::int64_t i = 0; i < count; ++i) {
        const Json* at = &lists;
        std::int64_t inner = count, rest = i;
        for (const std::int64_t extent : extents) {
            inner /= extent;
            at = &(*at)[static_cast<std::size_t>(rest / inner)];
            rest %= inner;
        }
        areWhole = areWhole && at->is_number_integer();
        numbers.push_back(at->get<float>());
    }
    if (!areWhole) return Tensor::fromFloats(Shape(extents), numbers);
    return Tensor::fromInt64s(Shape(extents), Tokens(numbers.begin(), numbers.end()));
}

std::vector<NamedTensor> tensorsOf(const Json& inputs) {
    std::vector<NamedTensor> tensors;
    for (const auto& [name, lists] : inputs.items()) tensors.push_back({name, tensorOf(lists)});
    return tensors;
}

void Stated::SetUp() {
    auto read = base::readJsonFile((folder() / "expected.json").string());
    ASSERT_TRUE(read) << read.error().text();
    m_expected = std::move(*read);
}

std::filesystem::path Stated::folder() const {
    return std::filesystem::path(TRIMTAB_SOURCE_DIR) / "tests/core/formats/huggingface/statements/data" / GetParam();
}

void Stated::expectNear(const std::vector<float>& got, const std::vector<double>& wanted, double tolerance) {
    ASSERT_EQ(got.size(), wanted.size());
    double largest = 0, furthest = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        largest = std::max(largest, std::abs(wanted[i]));
        furthest = std::max(furthest, std::abs(got[i] - wanted[i]));
    }
    EXPECT_GT(largest, 0.1);
    EXPECT_LE(furthest, tolerance * largest);
    testing::Test::RecordProperty("relative_error", fmt::format("{:.2e}", furthest / largest));
}

void Stated::expectOutputs(runtime::Engine& engine, const Graph& graph, double tolerance) const {
    const auto model = engine.compile(graph, {});
    ASSERT_TRUE(model) << model.error().text();
    for (const Json& text : m_expected["texts"]) {
        const auto outputs = (*model)->run(tensorsOf(text["inputs"]));
        ASSERT_TRUE(outputs) << outputs.error().text();
        ASSERT_EQ(outputs->size(), text["outputs"].size());
        for (const NamedTensor& output : *outputs)
            expectNear(tensor::toFloats(output.tensor), text["outputs"][output.name].get<std::vector<double>>(), tolerance);
    }
}

Tokens Stated::greedyText(runtime::Decoder& decoder) const {
    const auto prompt = m_expected["greedy"]["prompt"].get<Tokens>();
    const auto wanted = m_expected["greedy"]["tokens"].size();
    const auto made = runtime::generateTokens(decoder, std::vector<Tokens>{prompt}, {.tokens = static_cast<std::int64_t>(wanted)});
    EXPECT_TRUE(made) << made.error().text();
    return made ? made->tokens.front() : Tokens{};
}

}  // namespace trimtab::formats::huggingface
