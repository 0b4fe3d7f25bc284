#include <charconv>

#include "core/recipe/fields.h"
#include "core/recipe/recipe.h"

namespace trimtab::recipe {
namespace {

std::optional<int> firstIndexIn(std::string_view name) {
    std::size_t begin = 0;
    while (begin <= name.size()) {
        const std::size_t end = std::min(name.find_first_of("/.", begin), name.size());
        const std::string_view part = name.substr(begin, end - begin);
        int index = 0;
        const auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), index);
        if (!part.empty() && part.front() != '-' && error == std::errc{} && stop == part.data() + part.size()) return index;
        begin = end + 1;
    }
    return std::nullopt;
}

template <class Part>
void replace(std::optional<Part>& part, const std::optional<Part>& by) {
    if (by) part = by;
}

}  // namespace

// Greedy with one remembered star: linear in practice, never exponential.
bool globMatches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t retry = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            retry = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

std::optional<int> blockIndex(const graph::Node& node) {
    if (const auto index = firstIndexIn(node.name)) return index;
    for (const std::string& origin : node.origins)
        if (const auto index = firstIndexIn(origin)) return index;
    return std::nullopt;
}

bool matches(const NodeMatch& match, const graph::Node& node) {
    if (match.name) {
        bool any = globMatches(*match.name, node.name);
        for (const std::string& origin : node.origins) any = any || globMatches(*match.name, origin);
        if (!any) return false;
    }
    if (match.op && node.op != *match.op && node.op != "Fused" + *match.op) return false;
    if (match.block) {
        const auto index = blockIndex(node);
        if (!index || *index < match.block->first || *index > match.block->second) return false;
    }
    return true;
}

void lay(const Settings& over, Settings& settings) {
    replace(settings.prune, over.prune);
    replace(settings.weights, over.weights);
    replace(settings.activations, over.activations);
    replace(settings.kvCache, over.kvCache);
    replace(settings.compute, over.compute);
}

Result<Settings> settingsFor(const Recipe& recipe, const graph::Node& node) {
    Settings settings = recipe.base;
    std::string from;
    for (std::size_t i = 0; i < recipe.rules.size(); ++i) {
        const Rule& rule = recipe.rules[i];
        if (!matches(rule.match, node)) continue;
        lay(rule.settings, settings);
        from = " after rules[" + std::to_string(i) + "]";
    }
    settings = withoutDefaults(std::move(settings));
    if (auto status = checkTogether(settings, ""); !status) {
        return fail(ErrorCode::Refused,
                    status.error().message + (from.empty() ? "" : "; let the rule say all of weights, activations and compute"),
                    "layer " + node.name + from);
    }
    return settings;
}

}  // namespace trimtab::recipe
