// TfIdfVectorizer: one column for each n-gram of the pool.
#include <algorithm>
#include <limits>

#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

Status tfIdfVectorizer(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, DataType::Float32);
    const auto columns = context.node.integers("ngram_indexes");
    if (columns.empty()) return context.refuse("attribute ngram_indexes is missing");
    const std::int64_t last = *std::max_element(columns.begin(), columns.end());
    if (last < 0 || last == std::numeric_limits<std::int64_t>::max()) return context.refuse("attribute ngram_indexes makes no sense");
    if (!x) return {};
    if (x->empty() || x->size() > 2) return context.refuse("the input " + text(*x) + " must be [length] or [rows, length]");
    Dims out;
    if (x->size() == 2) out.push_back(x->front());
    out.push_back(Extent::known(last + 1));
    context.set(0, DataType::Float32, std::move(out));
    return {};
}

constexpr RuleEntry kRules[] = {{"TfIdfVectorizer", tfIdfVectorizer}};

}  // namespace

std::span<const RuleEntry> textRules() { return kRules; }

}  // namespace trimtab::graph::shapes
