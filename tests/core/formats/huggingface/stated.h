#pragma once
// What statements/state.py wrote of one small model: its checkpoint, and what an independent statement of its architecture answers.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/formats/huggingface/folder.h"
#include "core/runtime/generation/decoder.h"

namespace trimtab::formats::huggingface {

using Tokens = std::vector<std::int64_t>;

/// With shapes inferred; empty, having said why, where the folder was refused.
Graph graphIn(const Result<Folder>& folder);
/// The checkpoint of a folder in bfloat16.
void writeNarrow(const std::filesystem::path& from, const std::filesystem::path& to);
/// Nested lists as one tensor: int64, or float32 where they hold fractions.
Tensor tensorOf(const Json& lists);
/// All inputs of an object by their names.
std::vector<NamedTensor> tensorsOf(const Json& inputs);

class Stated : public testing::TestWithParam<const char*> {
protected:
    static constexpr double kTolerance = 1e-5;  // of the largest value that a text is answered with

    void SetUp() override;
    std::filesystem::path folder() const;
    Graph graph() const { return graphIn(read(folder())); }

    static void expectNear(const std::vector<float>& got, const std::vector<double>& wanted, double tolerance = kTolerance);
    /// Every text's outputs, by name.
    void expectOutputs(runtime::Engine& engine, const Graph& graph, double tolerance = kTolerance) const;
    /// As many tokens as are stated.
    Tokens greedyText(runtime::Decoder& decoder) const;

    Json m_expected;
};

}  // namespace trimtab::formats::huggingface
