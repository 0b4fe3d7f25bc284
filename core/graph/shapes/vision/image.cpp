// Operators on images that are no plain windows: deformable convolution, blocks laid back into an image, crops about the middle.
#include <algorithm>

#include "core/graph/shapes/window.h"

namespace trimtab::graph::shapes {

namespace {

/// X [N, C, in…], W [M, C/group, kernel…], offset [N, groups · product(kernel) · axes, out…]
Status deformConv(Context& context) {
    const auto& x = context.dims(0);
    const auto& w = context.dims(1);
    const auto& offset = context.dims(2);
    context.set(0, context.type(0));
    if (!x) return {};
    if (x->size() < 3) return context.refuse("the input " + text(*x) + " has no spatial axis");
    Dims out(x->size());
    out[0] = (*x)[0];
    if (w && !w->empty()) out[1] = (*w)[0];
    TRIMTAB_TRY(const auto kernel, kernelOf(context, x->size() - 2, w));
    if (kernel) {
        TRIMTAB_TRY(const Window window, readWindow(context, *kernel));
        for (std::size_t i = 0; i < kernel->size(); ++i) {
            TRIMTAB_TRY(out[i + 2], slide(context, window, i, (*x)[i + 2], false));
        }
    }
    if (offset && offset->size() == x->size()) {
        for (std::size_t i = 2; i < out.size(); ++i) {
            TRIMTAB_TRY(out[i], agree(context, out[i], (*offset)[i], "offsets " + text(*offset) + " and output"));
        }
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

/// [N, C · product(block), L] with image_shape and block_shape gives [N, C, image…].
Status col2im(Context& context) {
    const auto& columns = context.dims(0);
    context.set(0, context.type(0));
    if (columns && columns->size() != 3) return context.refuse("the input " + text(*columns) + " must have 3 axes");
    const Content* image = context.content(1);
    if (image == nullptr || image->isReal()) return {};
    Dims out{columns ? (*columns)[0] : Extent::unknown(), Extent::unknown()};
    if (const auto block = context.integers(2); block && columns) {
        Extent count = Extent::known(1);
        for (const std::int64_t extent : *block) {
            if (extent < 1) return context.refuse("a block extent of " + std::to_string(extent) + " is out of range");
            count = count * Extent::known(extent);
        }
        const Extent& rows = (*columns)[1];
        if (rows.isKnown() && count.isKnown() && rows.value() % count.value() != 0)
            return context.refuse(rows.text() + " rows don't divide into blocks of " + count.text());
        out[1] = floorDivide(rows, count);
    }
    for (const Extent& extent : image->items) {
        if (extent.isKnown() && extent.value() < 0) return context.refuse("image_shape holds " + extent.text());
        out.push_back(extent);
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status centerCropPad(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    if (!x) return {};
    std::vector<std::size_t> axes;
    if (context.node.has("axes")) {
        for (const std::int64_t given : context.node.integers("axes")) {
            TRIMTAB_TRY(const std::size_t axis, context.axis(given, x->size()));
            axes.push_back(axis);
        }
    } else {
        for (std::size_t i = 0; i < x->size(); ++i) axes.push_back(i);
    }
    Dims out = *x;
    const Content* wanted = context.content(1);
    const bool isKnown = wanted != nullptr && !wanted->isReal();
    if (isKnown && wanted->size() != axes.size()) {
        return context.refuse("shape has " + std::to_string(wanted->size()) + " entries for " + std::to_string(axes.size()) + " axes");
    }
    for (std::size_t i = 0; i < axes.size(); ++i) {
        out[axes[i]] = isKnown ? wanted->items[i] : Extent::unknown();
        if (out[axes[i]].isKnown() && out[axes[i]].value() < 0) return context.refuse("shape holds " + out[axes[i]].text());
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

constexpr RuleEntry kRules[] = {
    {"DeformConv", deformConv},
    {"Col2Im", col2im},
    {"CenterCropPad", centerCropPad},
};

}  // namespace

std::span<const RuleEntry> imageRules() { return kRules; }

}  // namespace trimtab::graph::shapes
