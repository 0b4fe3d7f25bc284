#include "kernels/cpu/tensor_math.h"

#include "tests/core/compress/product_checks.h"

namespace trimtab::cpu {
namespace {

TEST(OneDnnMath, FormsTheProductsThatThreeLoopsForm) {
    const std::int64_t sizes[] = {1, 2, 47, 48, 49, 130, 200, 300};
    compress::expectProductsOfThreeLoops(*makeTensorMath(), sizes, 60);
}

}  // namespace
}  // namespace trimtab::cpu
