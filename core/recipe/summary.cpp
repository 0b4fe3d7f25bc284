#include <fmt/format.h>

#include "core/recipe/recipe.h"

namespace trimtab::recipe {
namespace {

std::string pruneText(const PruneSpec& prune) {
    std::string text = keptOfEvery(prune) ? "prune " + prune.pattern : fmt::format("prune {:g} %", prune.ratio * 100);
    if (prune.scope == "global") text += " global";
    if (!keptOfEvery(prune) && prune.pattern != PruneSpec{}.pattern) text += " " + prune.pattern;
    if (prune.method != PruneSpec{}.method) text += " " + prune.method;
    return text;
}

std::string weightsText(const WeightSpec& weights) {
    if (weights.bits == 16) return weights.format + " weights";
    std::string text = fmt::format("int{}", weights.bits);
    if (weights.group > 0) text += fmt::format(" g{}", weights.group);
    if (weights.group < 0) text += " per tensor";
    if (weights.scheme == "asymmetric") text += " asym";
    if (weights.method != WeightSpec{}.method) text += " " + weights.method;
    return text;
}

}  // namespace

std::string summary(const Recipe& recipe) {
    const Settings base = normalized(recipe).base;
    std::vector<std::string> parts;
    const bool integerProducts = base.compute == graph::ComputeType::Int8;
    if (integerProducts) parts.push_back("int8 × int8" + (base.weights && base.weights->method != WeightSpec{}.method ? " " + base.weights->method : ""));
    else if (base.weights) parts.push_back(weightsText(*base.weights));
    if (base.prune) parts.push_back(pruneText(*base.prune));
    if (base.compute && !integerProducts) parts.emplace_back(graph::name(*base.compute));
    if (!recipe.rules.empty()) parts.push_back(fmt::format("{} {}", recipe.rules.size(), recipe.rules.size() == 1 ? "rule" : "rules"));
    if (parts.empty()) return "as is";
    return fmt::format("{}", fmt::join(parts, " · "));
}

}  // namespace trimtab::recipe
