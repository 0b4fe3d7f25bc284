#include "core/compress/rescale/output_error.h"

#include <algorithm>
#include <cassert>
#include <vector>

namespace trimtab::compress {

Result<double> outputError(std::span<const float> difference, std::int64_t columns, std::span<const float> gram, TensorMath& math) {
    constexpr std::int64_t kStripe = 128;
    assert(columns > 0 && gram.size() == static_cast<std::size_t>(columns) * static_cast<std::size_t>(columns));
    const std::int64_t rows = static_cast<std::int64_t>(difference.size()) / columns;
    std::vector<float> product(static_cast<std::size_t>(std::min(rows, kStripe) * columns));
    double sum = 0;
    for (std::int64_t row = 0; row < rows; row += kStripe) {
        const std::int64_t count = std::min(kStripe, rows - row);
        const float* stripe = difference.data() + row * columns;
        TRIMTAB_REQUIRE(math.multiply(count, columns, columns, 1, {stripe, columns}, {gram.data(), columns}, 0, product.data(), columns));
        for (std::int64_t i = 0; i < count * columns; ++i) sum += static_cast<double>(product[static_cast<std::size_t>(i)]) * stripe[i];
    }
    return std::max(sum, 0.0);
}

}  // namespace trimtab::compress
