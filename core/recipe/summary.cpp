#include <fmt/format.h>

#include "core/recipe/recipe.h"

namespace trimtab::recipe {
namespace {

std::string pruneText(const PruneSpec& prune) {
    std::string text = keptOfEvery(prune) ? "prune " + prune.pattern : fmt::format("prune {:g} %", prune.ratio * 100);
    if (prune.scope != PruneSpec{}.scope) text += prune.scope == "global" ? " global" : " by sensitivity";
    if (!keptOfEvery(prune) && prune.pattern != PruneSpec{}.pattern) text += " " + prune.pattern;
    if (prune.method != PruneSpec{}.method) text += " " + prune.method;
    if (prune.reconstruct) text += ", reconstructed";
    return text;
}

std::string weightsText(const WeightSpec& weights) {
    if (weights.bits == 16) return weights.format + " weights";
    std::string text = weights.format == "int" ? fmt::format("int{}", weights.bits) : weights.format;
    if (weights.format == "fixed") text += std::to_string(weights.bits);
    if (weights.group > 0) text += fmt::format(" g{}", weights.group);
    if (weights.group < 0) text += " per tensor";
    if (weights.scheme == "asymmetric") text += " asym";
    if (weights.method != WeightSpec{}.method) text += " " + weights.method;
    return text;
}

std::string integerText(const Settings& settings) {
    const bool ownCodes = multipliesByGroups(settings) && !settings.weights;
    std::string text = ownCodes ? "own codes × int8" : fmt::format("int{} × int8", settings.weights ? settings.weights->bits : 8);
    if (const auto& weights = settings.weights) {
        if (weights->group > 0) text += fmt::format(" g{}", weights->group);
        if (weights->group < 0) text += " per tensor";
        if (weights->scheme == "asymmetric") text += " asym";
        if (weights->format == "fixed") text += " fixed";
        if (weights->method != WeightSpec{}.method) text += " " + weights->method;
    }
    if (const auto& activations = settings.activations) {
        if (activations->mode == "static") text += " static " + activations->calibrator;
        if (activations->granularity == "token") text += " per token";
        if (multipliesByGroups(settings)) text += " by groups";
    }
    return text;
}

std::string kvCacheText(const KvCacheSpec& cache) {
    return fmt::format("kv{}{}", cache.bits, cache.granularity == "channel" ? " per channel" : "");
}

}  // namespace

std::string summary(const Recipe& recipe) {
    const Settings base = normalized(recipe).base;
    std::vector<std::string> parts;
    const bool integerProducts = base.compute == graph::ComputeType::Int8;
    if (integerProducts) parts.push_back(integerText(base));
    else if (base.weights) parts.push_back(weightsText(*base.weights));
    if (base.prune) parts.push_back(pruneText(*base.prune));
    if (base.kvCache) parts.push_back(kvCacheText(*base.kvCache));
    if (base.compute && !integerProducts) parts.emplace_back(graph::name(*base.compute));
    if (recipe.cancelsTransposes) parts.emplace_back("transposes cancelled");
    if (!recipe.rules.empty()) parts.push_back(fmt::format("{} {}", recipe.rules.size(), recipe.rules.size() == 1 ? "rule" : "rules"));
    if (parts.empty()) return "as is";
    return fmt::format("{}", fmt::join(parts, " · "));
}

}  // namespace trimtab::recipe
