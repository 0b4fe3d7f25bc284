// gpu_models --samples DIR --recipes DIR [--without-large]: both samples and Llama shapes under every family of recipes (and every recipe
// of the folder) against the CPU engine, and decode and prefill speed of whole Llama shapes. JSON lines; exit 0 when everything agreed.
// gpu_models --write-llama FILE [--layers N]: writes one decode step of the Llama-3.2-1B shape (of N of its layers) with drawn weights, a
// context of 512 tokens in it, as ONNX with its weights beside it. Wants no GPU.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/formats/onnx/reader.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/inputs.h"
#include "kernels/ref/reference.h"
#include "tests/gpu/agreement.h"
#include "tests/gpu/json_line.h"
#include "tests/gpu/speed.h"
#include "tests/support/llama_shape.h"

namespace trimtab::gpu {
namespace {

constexpr std::int64_t kContext = 512;  // of the step that is written, its own token among it

Result<Graph> readModel(const std::filesystem::path& path) {
    TRIMTAB_TRY(auto read, formats::onnx::read(path));
    TRIMTAB_REQUIRE(graph::inferShapes(read.graph));
    ref::ReferenceEvaluator evaluator;
    TRIMTAB_REQUIRE(graph::simplify(read.graph, evaluator));
    return std::move(read.graph);
}

bool sample(const std::shared_ptr<cuda::Tools>& tools, const std::filesystem::path& folder, const std::string& name, std::int64_t batch,
            const std::vector<cuda::Family>& families) {
    const auto graph = readModel(folder / name / (name + ".onnx"));
    if (!graph) {
        print({{"kind", "model"}, {"model", name}, {"passed", false}, {"reason", graph.error().text()}});
        return false;
    }
    recipe::RunSetting setting;
    setting.batch = batch;
    setting.symbols = {{"sequence", 96}, {"tokens", 96}};
    const auto inputs = runtime::makeInputs(*graph, setting);
    if (!inputs) {
        print({{"kind", "model"}, {"model", name}, {"passed", false}, {"reason", inputs.error().text()}});
        return false;
    }
    bool all = true;
    for (const cuda::Family& family : families) all = compare(tools, name, *graph, *inputs, family) && all;
    return all;
}

/// One layer of a shape and a small vocabulary, in fp32, so that the CPU can follow; a prompt and a step.
bool shapeAgrees(const std::shared_ptr<cuda::Tools>& tools, support::LlamaShape shape, const std::string& name,
                 const std::vector<cuda::Family>& families) {
    shape.layers = 1;
    shape.vocabulary = 1024;
    const auto weights = support::drawLlama(shape, {DataType::Float32});
    if (!weights) return false;
    bool all = true;
    const std::vector<std::pair<std::string, support::LlamaStep>> steps{{"prompt of 32", {1, 32, 0, 0}}, {"step after 40", {2, 1, 40, 64}}};
    for (const auto& [title, step] : steps) {
        const auto graph = support::llamaGraph(*weights, step);
        const auto inputs = support::llamaInputs(*weights, step);
        if (!graph || !inputs) return false;
        for (const cuda::Family& family : families) all = compare(tools, name + ", 1 layer, " + title, *graph, *inputs, family) && all;
    }
    return all;
}

int run(const std::filesystem::path& samples, const std::string& recipes, bool large) {
    auto tools = cuda::openTools(0);
    if (!tools) {
        std::fprintf(stderr, "%s\n", tools.error().text().c_str());
        return 1;
    }
    const auto families = cuda::familiesWith(recipes);
    if (!families) {
        print({{"kind", "model"}, {"model", ""}, {"recipe", ""}, {"passed", false}, {"reason", families.error().text()}});
        return 1;
    }
    bool all = sample(*tools, samples, "classifier", 16, *families);
    all = sample(*tools, samples, "language", 2, *families) && all;
    all = shapeAgrees(*tools, support::LlamaShape::llama32_1b(), "llama-3.2-1b", *families) && all;
    if (!large) return all ? 0 : 1;
    all = decodeSpeed(*tools, support::LlamaShape::llama32_1b(), "llama-3.2-1b",
                      {"as is", "int8 weights, bf16", "int4 weights, bf16", "fp8"}) &&
          all;
    all = decodeSpeed(*tools, support::LlamaShape::llama31_8b(), "llama-3.1-8b", {"as is"}) && all;
    return all ? 0 : 1;
}

int writeLlama(const std::filesystem::path& file, std::int64_t layers) {
    support::LlamaShape shape = support::LlamaShape::llama32_1b();
    if (layers > 0) shape.layers = std::min(shape.layers, layers);
    support::LlamaOptions options;
    options.packedQkv = true;
    const auto weights = support::drawLlama(shape, options);
    const auto bytes = weights ? support::writeLlamaStep(*weights, {.newTokens = 1, .past = kContext - 1, .capacity = kContext}, file)
                               : Result<std::int64_t>(tl::unexpect, weights.error());
    if (!bytes) {
        std::fprintf(stderr, "%s\n", bytes.error().text().c_str());
        return 1;
    }
    print({{"kind", "file"}, {"layers", shape.layers}, {"context", kContext}, {"bytes", *bytes}});
    return 0;
}

}  // namespace
}  // namespace trimtab::gpu

int main(int count, char** words) {
    std::filesystem::path samples = "resources/samples";
    std::string recipes = "resources/recipes";
    std::filesystem::path written;
    std::int64_t layers = 0;
    bool large = true;
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        if (word == "--samples" && i + 1 < count)
            samples = words[++i];
        else if (word == "--recipes" && i + 1 < count)
            recipes = words[++i];
        else if (word == "--write-llama" && i + 1 < count)
            written = words[++i];
        else if (word == "--layers" && i + 1 < count)
            layers = std::atoi(words[++i]);
        else if (word == "--without-large")
            large = false;
    }
    return written.empty() ? trimtab::gpu::run(samples, recipes, large) : trimtab::gpu::writeLlama(written, layers);
}
