// com.microsoft's older names of standard operators, and small operators beside them.
#include <utility>

#include "core/graph/shapes/borrowed.h"

namespace trimtab::graph::shapes {

namespace {

Status fusedGemm(Context& context) { return sameAs(context, "Gemm", 13); }
Status gatherND(Context& context) { return sameAs(context, "GatherND", 12); }

Fact transposed(Fact fact) {
    if (fact.dims && fact.dims->size() > 1) std::swap(fact.dims->back(), (*fact.dims)[fact.dims->size() - 2]);
    return fact;
}

Status transposeMatMul(Context& context) {
    const Fact a = context.node.integer("transA", 0) != 0 ? transposed(context.in(0)) : context.in(0);
    const Fact b = context.node.integer("transB", 0) != 0 ? transposed(context.in(1)) : context.in(1);
    TRIMTAB_TRY(Fact fact, borrowed(context, "MatMul", 13, {&a, &b}));
    context.set(0, context.type(0), std::move(fact.dims));
    return {};
}

Status expandDims(Context& context) {
    context.set(0, context.type(0));
    const auto at = context.integers(1);
    if (!context.dims(0) || !at) return {};
    if (at->size() != 1) return context.refuse("the axis must be one integer");
    TRIMTAB_TRY(const std::size_t axis, context.axis(at->front(), context.dims(0)->size() + 1));
    Dims out = *context.dims(0);
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(axis), Extent::known(1));
    context.set(0, context.type(0), std::move(out));
    return {};
}

/// As the standard one; a step that is left out is 1.
Status range(Context& context) {
    context.set(0, context.type(0), Dims(1));
    return context.has(2) ? sameAs(context, "Range", 11) : Status();
}

/// The pads are a list or one row.
Status pad(Context& context) {
    context.set(0, context.type(0));
    const auto pads = context.integers(1);
    if (!context.dims(0)) return {};
    Dims out(context.dims(0)->size());
    if (pads) {
        if (pads->size() != 2 * out.size()) return context.refuse("pads need two entries for each axis");
        for (std::size_t d = 0; d < out.size(); ++d)
            out[d] = (*context.dims(0))[d] + Extent::known((*pads)[d]) + Extent::known((*pads)[d + out.size()]);
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status distances(Context& context) {
    context.set(0, context.type(0));
    if (!context.dims(0) || !context.dims(1)) return {};
    const Dims& a = *context.dims(0);
    const Dims& b = *context.dims(1);
    if (a.size() != 2 || b.size() != 2) return context.refuse("distances are taken between matrices, not " + text(a) + " and " + text(b));
    TRIMTAB_REQUIRE(agree(context, a[1], b[1], "lengths of the rows"));
    context.set(0, context.type(0), Dims{a[0], b[0]});
    return {};
}

/// How many values differ depends on them.
Status unique(Context& context) {
    context.set(0, context.type(0), Dims(1));
    context.set(1, DataType::Int64, context.dims(0));
    context.set(2, DataType::Int64, Dims(1));
    return {};
}

constexpr RuleEntry kRules[] = {
    {"FusedGemm", fusedGemm, "com.microsoft"}, {"TransposeMatMul", transposeMatMul, "com.microsoft"},
    {"GatherND", gatherND, "com.microsoft"},   {"Trilu", sameAsInput, "com.microsoft"},
    {"Inverse", sameAsInput, "com.microsoft"}, {"ExpandDims", expandDims, "com.microsoft"},
    {"Range", range, "com.microsoft"},         {"Pad", pad, "com.microsoft"},
    {"CDist", distances, "com.microsoft"},     {"Unique", unique, "com.microsoft"},
};

}  // namespace

std::span<const RuleEntry> olderNameRules() { return kRules; }

}  // namespace trimtab::graph::shapes
