#pragma once
// Seeded recipes that make sense, for property tests.
#include "core/base/random.h"
#include "core/recipe/recipe.h"

namespace trimtab::recipe {

inline void randomPruning(base::Random& random, PruneSpec& prune) {
    constexpr const char* kMethods[] = {"magnitude", "wanda", "random"};
    prune.method = kMethods[random.below(3)];
    constexpr const char* kPatterns[] = {"unstructured", "block 4x1", "rows", "2:8"};
    prune.pattern = kPatterns[random.below(4)];
    if (keptOfEvery(prune)) prune.ratio = 0.75;
    if (prune.method == "wanda" || random.below(3) != 0) return;
    constexpr const char* kUnits[] = {"channels", "neurons", "heads"};
    prune.pattern = kUnits[random.below(3)];
    prune.reconstruct = random.below(2) == 0;
}

inline Settings randomSettings(base::Random& random, bool mustSet) {
    Settings settings;
    if (random.below(2) == 0) {
        settings.prune.emplace();
        settings.prune->ratio = static_cast<double>(random.below(1000)) / 1000.0;
        if (random.below(2) == 0) settings.prune->scope = "global";
        else randomPruning(random, *settings.prune);
    }
    const std::uint64_t kind = random.below(5);
    if (kind == 0) {
        settings.compute = graph::ComputeType::Int8;
        settings.weights = WeightSpec{8};
        settings.activations = ActivationSpec{8};
    } else if (kind == 1) {
        settings.weights = WeightSpec{16, random.below(2) == 0 ? "bf16" : "fp16"};
    } else if (kind <= 3) {
        settings.weights = WeightSpec{static_cast<int>(2 + random.below(7))};
        settings.weights->group = static_cast<std::int64_t>(random.below(4)) * 16 - 1;
        if (settings.weights->group > 0) ++settings.weights->group;
        if (random.below(2) == 0) settings.weights->scheme = "asymmetric";
        constexpr const char* kMethods[] = {"rtn", "mse", "gptq", "awq", "awq+mse", "smoothquant+gptq"};
        settings.weights->method = kMethods[random.below(6)];
    }
    constexpr graph::ComputeType kNarrow[] = {graph::ComputeType::Tf32, graph::ComputeType::BFloat16, graph::ComputeType::Float16,
                                              graph::ComputeType::Float8};
    if (kind != 0 && random.below(3) == 0) settings.compute = kNarrow[random.below(4)];
    if (mustSet && settings == Settings{}) settings.compute = graph::ComputeType::Float32;
    return settings;
}

inline Recipe randomRecipe(std::uint64_t seed) {
    base::Random random(seed);
    Recipe recipe;
    recipe.base = randomSettings(random, false);
    for (std::uint64_t i = random.below(4); i > 0; --i) {
        Rule rule;
        rule.match.op = random.below(2) == 0 ? "Conv" : "MatMul";
        if (random.below(2) == 0) rule.match.name = "*/näme \"" + std::to_string(random.below(9)) + "\"?";
        if (random.below(2) == 0) rule.match.block = {static_cast<int>(random.below(4)), static_cast<int>(4 + random.below(4))};
        rule.settings = randomSettings(random, true);
        recipe.rules.push_back(std::move(rule));
    }
    return recipe;
}

}  // namespace trimtab::recipe
