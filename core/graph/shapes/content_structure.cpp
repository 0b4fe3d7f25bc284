// Contents through operators that pick, join and rearrange elements.
#include <algorithm>
#include <unordered_map>

#include "core/graph/shapes/content.h"
#include "core/graph/shapes/slicing.h"

namespace trimtab::graph::shapes {

namespace {

Content pick(const Content& from, std::vector<std::int64_t> dims, const std::vector<std::size_t>& positions) {
    Content out{std::move(dims), {}, {}};
    for (const std::size_t position : positions) {
        if (from.isReal()) {
            out.reals.push_back(from.reals[position]);
        } else {
            out.items.push_back(from.items[position]);
        }
    }
    return out;
}

/// The output's dims by its shape rule, when all are known and their product is the number of elements at hand.
std::optional<std::vector<std::int64_t>> knownOutput(const Context& context) {
    if (!context.outputs[0].dims) return std::nullopt;
    std::vector<std::int64_t> dims;
    for (const Extent& dim : *context.outputs[0].dims) {
        if (!dim.isKnown() || dim.value() < 0) return std::nullopt;
        dims.push_back(dim.value());
    }
    return contentCount(dims) ? std::optional(dims) : std::nullopt;
}

std::optional<Content> sameElements(const Context& context) {
    const Content* input = context.content(0);
    const auto dims = knownOutput(context);
    if (input == nullptr || !dims || contentCount(*dims) != static_cast<std::int64_t>(input->size())) return std::nullopt;
    Content out = *input;
    out.dims = *dims;
    return out;
}

std::optional<Content> concat(const Context& context) {
    Content out{{0}, {}, {}};
    bool anyKnown = false;
    bool allReal = context.inputCount() > 0;
    for (std::size_t i = 0; i < context.inputCount(); ++i)
        allReal = allReal && context.content(i) != nullptr && context.content(i)->isReal();
    for (std::size_t i = 0; i < context.inputCount(); ++i) {
        const auto part = contentOrUnknown(context, i);
        if (!part || part->dims.size() != 1 || (part->isReal() && !allReal)) return std::nullopt;
        anyKnown = anyKnown || context.content(i) != nullptr;
        out.dims[0] += part->dims[0];
        out.items.insert(out.items.end(), part->items.begin(), part->items.end());
        out.reals.insert(out.reals.end(), part->reals.begin(), part->reals.end());
    }
    return anyKnown && out.dims[0] <= kMaxContentItems ? std::optional(out) : std::nullopt;
}

std::optional<Content> gather(const Context& context) {
    const Content* data = context.content(0);
    const auto indices = context.integers(1);
    const auto dims = knownOutput(context);
    if (data == nullptr || !indices || !dims || data->dims.empty()) return std::nullopt;
    const std::int64_t axis = context.node.integer("axis", 0);
    if (axis != 0 && axis != -static_cast<std::int64_t>(data->dims.size())) return std::nullopt;
    const std::int64_t rows = data->dims[0];
    if (rows == 0) return std::nullopt;
    const std::size_t width = data->size() / static_cast<std::size_t>(rows);
    std::vector<std::size_t> positions;
    for (std::int64_t index : *indices) {
        if (index < 0) index += rows;
        if (index < 0 || index >= rows) return std::nullopt;
        for (std::size_t i = 0; i < width; ++i) positions.push_back(static_cast<std::size_t>(index) * width + i);
    }
    return pick(*data, *dims, positions);
}

/// Along the first axis, for contents of any rank.
std::optional<Content> slice(const Context& context) {
    const Content* data = context.content(0);
    if (data == nullptr || data->dims.empty() || data->dims[0] == 0) return std::nullopt;
    const auto spec = readSlice(context);
    const auto rank = static_cast<std::int64_t>(data->dims.size());
    if (!spec || !*spec || (*spec)->axes.size() != 1 || ((*spec)->axes[0] != 0 && (*spec)->axes[0] != -rank)) return std::nullopt;
    if (!(*spec)->starts[0].isKnown() || !(*spec)->ends[0].isKnown()) return std::nullopt;
    const std::int64_t step = (*spec)->steps[0];
    const SliceRange range = sliceRange(data->dims[0], (*spec)->starts[0].value(), (*spec)->ends[0].value(), step);
    const std::size_t width = data->size() / static_cast<std::size_t>(data->dims[0]);
    std::vector<std::size_t> positions;
    for (std::int64_t i = 0; i < range.count; ++i) {
        const std::size_t row = static_cast<std::size_t>(range.first + (i == 0 ? 0 : i * step));
        for (std::size_t w = 0; w < width; ++w) positions.push_back(row * width + w);
    }
    std::vector<std::int64_t> dims = data->dims;
    dims[0] = range.count;
    return pick(*data, std::move(dims), positions);
}

std::optional<Content> transpose(const Context& context) {
    const Content* data = context.content(0);
    const auto dims = knownOutput(context);
    if (data == nullptr || !dims || data->dims.size() > 2) return std::nullopt;
    if (data->dims.size() < 2 || *dims == data->dims) {
        const auto order = context.node.integers("perm");
        const bool kept = data->dims.size() < 2 || order == std::vector<std::int64_t>{0, 1} || data->dims[0] == 1 || data->dims[1] == 1;
        if (kept) return sameElements(context);
    }
    std::vector<std::size_t> positions;
    const auto rows = static_cast<std::size_t>(data->dims[0]);
    const auto columns = static_cast<std::size_t>(data->dims[1]);
    for (std::size_t c = 0; c < columns; ++c) {
        for (std::size_t r = 0; r < rows; ++r) positions.push_back(r * columns + c);
    }
    return pick(*data, *dims, positions);
}

std::optional<Content> expand(const Context& context) {
    const Content* data = context.content(0);
    const auto dims = knownOutput(context);
    if (data == nullptr || !dims || dims->size() < data->dims.size()) return std::nullopt;
    return broadcastContent(*data, *dims);
}

std::optional<Content> tile(const Context& context) {
    const Content* data = context.content(0);
    const auto dims = knownOutput(context);
    if (data == nullptr || !dims || data->dims.size() != 1 || data->dims[0] == 0) return std::nullopt;
    std::vector<std::size_t> positions;
    for (std::int64_t i = 0; i < dims->front(); ++i) positions.push_back(static_cast<std::size_t>(i % data->dims[0]));
    return pick(*data, *dims, positions);
}

std::optional<Content> constantOfShape(const Context& context) {
    const auto dims = knownOutput(context);
    if (!dims) return std::nullopt;
    const auto count = static_cast<std::size_t>(*contentCount(*dims));
    const Tensor* value = context.node.tensorAttribute("value");
    const auto fill = value != nullptr ? contentOf(*value) : Content{{}, {}, {0.0}};
    if (!fill || fill->size() != 1) return std::nullopt;
    return pick(*fill, *dims, std::vector<std::size_t>(count, 0));
}

std::optional<Content> range(const Context& context) {
    const auto dims = knownOutput(context);
    const auto start = context.integers(0);
    const auto delta = context.integers(2);
    if (!dims || !start || !delta || start->size() != 1 || delta->size() != 1) return std::nullopt;
    Content out{*dims, {}, {}};
    for (std::int64_t i = 0; i < dims->front(); ++i)
        out.items.push_back(Extent::known(start->front()) + Extent::known(i) * Extent::known(delta->front()));
    return out;
}

/// Over all elements of a vector.
std::optional<Content> reduce(const Context& context) {
    const Content* data = context.content(0);
    const auto dims = knownOutput(context);
    if (data == nullptr || !dims || data->isReal() || data->dims.size() > 1 || contentCount(*dims) != 1 || data->items.empty())
        return std::nullopt;
    if (data->dims.size() == 1 && data->dims[0] != 1 && context.node.integer("noop_with_empty_axes", 0) != 0 && !context.has(1))
        return std::nullopt;
    Extent total = data->items[0];
    for (std::size_t i = 1; i < data->items.size(); ++i) {
        const Extent& item = data->items[i];
        const std::string& op = context.node.op;
        total = op == "ReduceProd"  ? total * item
                : op == "ReduceSum" ? total + item
                : op == "ReduceMax" ? maximum(total, item)
                                    : minimum(total, item);
    }
    return Content{*dims, {total}, {}};
}

using Follow = std::optional<Content> (*)(const Context&);

}  // namespace

std::optional<Content> followStructure(const Context& context) {
    static const std::unordered_map<std::string, Follow> kOperators = {
        {"Concat", concat}, {"Gather", gather}, {"Slice", slice}, {"Squeeze", sameElements}, {"Unsqueeze", sameElements},
        {"Reshape", sameElements}, {"Flatten", sameElements}, {"Transpose", transpose}, {"Expand", expand}, {"Tile", tile},
        {"ConstantOfShape", constantOfShape}, {"Range", range}, {"ReduceProd", reduce}, {"ReduceSum", reduce},
        {"ReduceMax", reduce}, {"ReduceMin", reduce},
    };
    const auto found = kOperators.find(context.node.op);
    return found == kOperators.end() ? std::nullopt : found->second(context);
}

}  // namespace trimtab::graph::shapes
