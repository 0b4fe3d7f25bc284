// Operators that only rearrange elements: Reshape, Flatten, Squeeze, Unsqueeze, Transpose, Expand, Tile and their like.
#include <algorithm>

#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

/// Replaces the one -1 by what is left of the input: equal factors cancel first, so that symbols survive.
Result<Extent> remaining(const Context& context, const Dims& from, const Dims& to, std::size_t hole) {
    Dims dividend = from;
    Extent divisor = Extent::known(1);
    for (std::size_t i = 0; i < to.size(); ++i) {
        if (i == hole) continue;
        const auto match = std::find_if(dividend.begin(), dividend.end(),
                                        [&](const Extent& dim) { return dim.isSymbolic() && dim.same(to[i]); });
        if (match != dividend.end()) {
            dividend.erase(match);
        } else {
            divisor = divisor * to[i];
        }
    }
    const Extent total = product(dividend);
    if (divisor.isKnown(0)) return Extent::unknown();
    if (total.isKnown() && divisor.isKnown() && total.value() % divisor.value() != 0) {
        return context.refuse(text(from) + " cannot be reshaped to " + text(to));
    }
    return floorDivide(total, divisor);
}

Status reshapeTo(Context& context, const std::vector<Extent>& wanted) {
    const auto& x = context.dims(0);
    const bool zeroMeansZero = context.node.integer("allowzero", 0) != 0;
    Dims out(wanted.size());
    std::optional<std::size_t> hole;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i].isKnown(-1)) {
            if (hole) return context.refuse("the target shape holds -1 twice");
            hole = i;
        } else if (wanted[i].isKnown() && wanted[i].value() < 0) {
            return context.refuse("the target shape holds " + wanted[i].text());
        } else if (wanted[i].isKnown(0) && !zeroMeansZero) {
            if (x && i >= x->size())
                return context.refuse("the target shape copies dim " + std::to_string(i) + ", which " + text(*x) + " does not have");
            out[i] = x ? (*x)[i] : Extent::unknown();
        } else {
            out[i] = wanted[i];
        }
    }
    if (!hole && std::count_if(out.begin(), out.end(), [](const Extent& dim) { return dim.isUnknown(); }) == 1) {
        // Whatever it says, it can only be what the element count leaves.
        hole =
            static_cast<std::size_t>(std::find_if(out.begin(), out.end(), [](const Extent& dim) { return dim.isUnknown(); }) - out.begin());
    }
    if (hole && x) {
        TRIMTAB_TRY(out[*hole], remaining(context, *x, out, *hole));
    } else if (x) {
        const Extent before = product(*x);
        const Extent after = product(out);
        const bool knownBefore = before.isKnown() && after.isKnown();
        if (knownBefore && !before.same(after)) return context.refuse(text(*x) + " cannot be reshaped to " + text(out));
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status reshape(Context& context) {
    context.set(0, context.type(0));
    if (context.node.has("shape")) {
        Dims wanted;
        for (const std::int64_t dim : context.node.integers("shape")) wanted.push_back(Extent::known(dim));
        return reshapeTo(context, wanted);
    }
    const Content* target = context.content(1);
    if (target != nullptr && !target->isReal()) return reshapeTo(context, target->items);
    if (context.rank(1) && *context.rank(1) == 1 && context.dims(1)->front().isKnown() && context.dims(1)->front().value() <= 64) {
        context.set(0, context.type(0), Dims(static_cast<std::size_t>(context.dims(1)->front().value())));
    }
    return {};
}

Status flatten(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0), Dims(2));
    if (!x) return {};
    const std::int64_t rank = static_cast<std::int64_t>(x->size());
    std::int64_t axis = context.node.integer("axis", 1);
    if (axis < 0) axis += rank;
    if (axis < 0 || axis > rank) return context.refuse("axis " + std::to_string(axis) + " does not exist in " + text(*x));
    const auto split = static_cast<std::size_t>(axis);
    context.set(0, context.type(0), Dims{product(*x, 0, split), product(*x, split, x->size())});
    return {};
}

Status squeeze(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    if (!x) return {};
    const Context::List list = context.list("axes", 1);
    if (list.given && !list.values) return {};
    Dims out;
    if (!list.given) {
        for (const Extent& dim : *x) {
            if (!dim.isKnown()) return {};
            if (!dim.isKnown(1)) out.push_back(dim);
        }
    } else {
        TRIMTAB_TRY(const auto axes, context.axes(*list.values, x->size()));
        for (std::size_t i = 0; i < x->size(); ++i) {
            if (!std::binary_search(axes.begin(), axes.end(), i)) {
                out.push_back((*x)[i]);
            } else if ((*x)[i].isKnown() && !(*x)[i].isKnown(1)) {
                return context.refuse("axis " + std::to_string(i) + " of " + text(*x) + " is not 1");
            }
        }
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status unsqueeze(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    const Context::List list = context.list("axes", 1);
    if (!x || !list.values) return {};
    const std::size_t rank = x->size() + list.values->size();
    TRIMTAB_TRY(const auto axes, context.axes(*list.values, rank));
    Dims out;
    std::size_t next = 0;
    for (std::size_t i = 0; i < rank; ++i) {
        out.push_back(std::binary_search(axes.begin(), axes.end(), i) ? Extent::known(1) : (*x)[next++]);
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status transpose(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    if (!x) return {};
    std::vector<std::int64_t> order = context.node.integers("perm");
    if (order.empty()) {
        for (std::size_t i = x->size(); i > 0; --i) order.push_back(static_cast<std::int64_t>(i - 1));
    }
    if (order.size() != x->size()) return context.refuse("perm has " + std::to_string(order.size()) + " entries for " + text(*x));
    TRIMTAB_REQUIRE(context.axes(order, x->size()));
    Dims out;
    for (const std::int64_t axis : order) {
        if (axis < 0) return context.refuse("perm holds a negative axis");
        out.push_back((*x)[static_cast<std::size_t>(axis)]);
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status expand(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    const Content* target = context.content(1);
    if (!x || target == nullptr || target->isReal()) return {};
    for (const Extent& dim : target->items) {
        if (dim.isKnown() && dim.value() < 0) return context.refuse("the target shape holds " + dim.text());
    }
    TRIMTAB_TRY(Dims out, broadcast(context, *x, target->items));
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status tile(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    if (!x) return {};
    Dims out(x->size());
    if (context.version < 6) {  // one axis and one count, as inputs 2 and 1
        const auto axis = context.integers(2);
        const auto count = context.integers(1);
        if (!axis || !count || axis->size() != 1 || count->size() != 1) return {};
        TRIMTAB_TRY(const std::size_t where, context.axis(axis->front(), x->size()));
        out = *x;
        out[where] = out[where] * Extent::known(count->front());
    } else if (const Content* repeats = context.content(1); repeats != nullptr && !repeats->isReal()) {
        if (repeats->size() != x->size()) {
            return context.refuse("repeats has " + std::to_string(repeats->size()) + " entries for " + text(*x));
        }
        for (std::size_t i = 0; i < out.size(); ++i) {
            if (repeats->items[i].isKnown() && repeats->items[i].value() < 0) return context.refuse("a repeat count is negative");
            out[i] = (*x)[i] * repeats->items[i];
        }
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

/// [N, C, H, W] and blocks of b × b: DepthToSpace gives [N, C/b², H·b, W·b], SpaceToDepth the reverse.
Status depthToSpace(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    if (!x) return {};
    const Extent block = Extent::known(context.node.integer("blocksize", 0));
    if (x->size() != 4 || block.value() < 1) return context.refuse("an input of rank 4 and a positive blocksize are needed");
    const Extent square = block * block;
    const bool toSpace = context.node.op == "DepthToSpace";
    const auto divisible = [](const Extent& dim, const Extent& by) {
        return !dim.isKnown() || !by.isKnown() || dim.value() % by.value() == 0;
    };
    if (toSpace ? !divisible((*x)[1], square) : !divisible((*x)[2], block) || !divisible((*x)[3], block)) {
        return context.refuse("blocks of " + block.text() + " do not divide " + text(*x));
    }
    if (toSpace) {
        context.set(0, context.type(0), Dims{(*x)[0], floorDivide((*x)[1], square), (*x)[2] * block, (*x)[3] * block});
    } else {
        context.set(0, context.type(0), Dims{(*x)[0], (*x)[1] * square, floorDivide((*x)[2], block), floorDivide((*x)[3], block)});
    }
    return {};
}

constexpr RuleEntry kRules[] = {
    {"Reshape", reshape}, {"Flatten", flatten}, {"Squeeze", squeeze}, {"Unsqueeze", unsqueeze}, {"Transpose", transpose},
    {"Expand", expand}, {"Tile", tile}, {"DepthToSpace", depthToSpace}, {"SpaceToDepth", depthToSpace},
    {"ReverseSequence", sameAsInput}, {"Trilu", sameAsInput},
};

}  // namespace

std::span<const RuleEntry> layoutRules() { return kRules; }

}  // namespace trimtab::graph::shapes
