#include "profiler/worker/selftest_models.h"

#include "profiler/worker/chain_model.h"

namespace trimtab::worker {
namespace {

const std::string kInt8 = R"({"weights": {"bits": 8}, "activations": {"bits": 8}, "compute": "int8"})";
const std::string kWeightOnly8 = R"({"weights": {"bits": 8}})";
const std::string kWeightOnly4 = R"({"weights": {"bits": 4, "group": 32}})";
const std::string kBf16 = R"({"weights": {"bits": 16, "format": "bf16"}, "compute": "bf16"})";
const std::string kSparse = R"({"prune": {"ratio": 0.9}})";

using Ints = std::vector<std::int64_t>;

constexpr std::uint64_t kSeed = 11;

/// The chain's model under these recipes, after none.
Result<SelftestModel> finish(std::string name, ChainModel& chain, std::vector<std::string> recipes) {
    TRIMTAB_TRY(Graph graph, chain.finish());
    recipes.insert(recipes.begin(), "{}");
    return SelftestModel{std::move(name), std::move(graph), std::move(recipes)};
}

Result<SelftestModel> products() {
    ChainModel chain({3, 96}, kSeed);
    chain.add("MatMul", {chain.weights({96, 160}, 96)}).add("Relu", {});
    chain.add("Gemm", {chain.weights({64, 160}, 160), chain.weights({64}, 64)}, {{"transB", std::int64_t{1}}});
    chain.add("Softmax", {}, {{"axis", std::int64_t{-1}}});
    return finish("matrix products", chain, {kInt8, kWeightOnly8, kWeightOnly4, kBf16, kSparse});
}

Result<SelftestModel> convolutions() {
    ChainModel chain({2, 3, 17, 19}, kSeed);
    const Ints pads{1, 1, 1, 1};
    chain.add("Conv", {chain.weights({16, 3, 3, 3}, 27), chain.weights({16}, 16)}, {{"pads", pads}, {"strides", Ints{2, 2}}})
        .add("Relu", {});
    chain.add("Conv", {chain.weights({16, 1, 3, 3}, 9)}, {{"pads", pads}, {"group", std::int64_t{16}}});
    const graph::ValueId branch = chain.last();
    chain.add("Conv", {chain.weights({16, 16, 1, 1}, 16)}).add("Add", {branch}).add("Relu", {});
    chain.add("MaxPool", {}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}}).add("GlobalAveragePool", {});
    return finish("convolutions", chain, {kInt8, kWeightOnly8, kBf16, kSparse});
}

Result<SelftestModel> normalisations() {
    ChainModel chain({2, 7, 48}, kSeed);
    chain.add("LayerNormalization", {chain.weights({48}, 1), chain.weights({48}, 1)}, {{"axis", std::int64_t{-1}}});
    chain.add("Sigmoid", {}).add("Transpose", {}, {{"perm", Ints{0, 2, 1}}}).add("ReduceMean", {}, {{"axes", Ints{2}}});
    return finish("normalisations", chain, {});
}

}  // namespace

Result<std::vector<SelftestModel>> selftestModels() {
    std::vector<SelftestModel> models;
    for (const auto& make : {products, convolutions, normalisations}) {
        TRIMTAB_TRY(auto model, make());
        models.push_back(std::move(model));
    }
    return models;
}

}  // namespace trimtab::worker
