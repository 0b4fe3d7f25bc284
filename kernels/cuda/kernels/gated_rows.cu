#include "kernels/cuda/kernels/few_rows_launch.h"

namespace trimtab::cuda {
namespace {

Product withWholeGroups(Product product) {
    product.weight.group = std::min(product.weight.group, product.k);
    return product;
}

ProductOperands operandsOf(const GatedOperands& operands, const GatedOperands::Weight& weight) {
    return {.x = operands.x, .w = weight.w, .scales = weight.scales, .zeros = weight.zeros, .y = operands.y};
}

}  // namespace

bool takesGatedRows(const Product& product) {
    return product.m <= kFewRows && product::servesTensorCores(withWholeGroups(product)) && product::readsX(product, nullptr);
}

Status launchGatedRows(Stream stream, const Product& given, const GatedOperands& operands) {
    const Product product = withWholeGroups(given);
    const ProductOperands gate = operandsOf(operands, operands.gate);
    const ProductOperands up = operandsOf(operands, operands.up);
    TRIMTAB_REQUIRE(product::checkProduct(product, gate));
    TRIMTAB_REQUIRE(product::checkProduct(product, up));
    if (!takesGatedRows(product) || !product::readsX(product, operands.x))
        return fail(ErrorCode::Unsupported, "a gated unit takes few rows of 16-bit x");
    if (product.activation != Activation::None) return fail(ErrorCode::Unsupported, "a gated unit has no activation but its own");
    if (product.m == 0 || product.n == 0) return {};
    return product::withFloat(product.type, "a gated unit", [&](auto type) -> Status {
        using T = typename decltype(type)::type;
        if constexpr (sizeof(T) == 2)
            return product::launchTensorRows<T, 2>(stream, product, operands.x,
                                                   {product::sideOf(product, gate), product::sideOf(product, up)},
                                                   product::epilogueOf(product, gate));
        return {};  // refused above
    });
}

}  // namespace trimtab::cuda
