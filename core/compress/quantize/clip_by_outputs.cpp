#include "core/compress/quantize/clip_by_outputs.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "core/compress/quantize/by_group.h"
#include "core/compress/quantize/round_to_nearest.h"
#include "core/compress/second_order/compensation.h"

namespace trimtab::compress {
namespace {

constexpr int kShares = 20;    // parts of the full range …
constexpr int kFewest = 10;    // … of which so many stay at least

float share(int parts) { return static_cast<float>(parts) / kShares; }

Step coveringShare(const CodeGrid& grid, std::span<const float> values, float share) {
    std::vector<float> shrunken(values.begin(), values.end());
    for (float& value : shrunken) value *= share;
    return grid.covering(shrunken);
}

/// The columns of one group, of all rows.
struct Strip {
    const std::vector<float>& values;
    std::int64_t rows, columns, begin, width;

    std::span<const float> row(std::int64_t i) const {
        return {values.data() + i * columns + begin, static_cast<std::size_t>(width)};
    }
};

/// w − ŵ of the strip on steps that cover this share, rows × width.
void roundingErrors(const Strip& strip, const CodeGrid& grid, float share, std::vector<float>& errors) {
    forEachRow(strip.rows, [&](std::int64_t row) {
        const std::span<const float> part = strip.row(row);
        const Step step = coveringShare(grid, part, share);
        std::vector<std::int8_t> codes(part.size());
        grid.encode(part, step, codes.data());
        float* target = errors.data() + row * strip.width;
        for (std::size_t j = 0; j < part.size(); ++j) target[j] = part[j] - grid.decode(codes[j], step);
    });
}

/// For each row of the strip the share of least output error.
Result<std::vector<float>> bestShares(const Strip& strip, const CodeGrid& grid, std::span<const float> gram, TensorMath& math) {
    const auto rows = static_cast<std::size_t>(strip.rows), width = static_cast<std::size_t>(strip.width);
    std::vector<float> best(rows, 1.0F);
    std::vector<double> least(rows, std::numeric_limits<double>::infinity());
    std::vector<float> errors(rows * width), products(rows * width);
    const TensorMath::Operand block{gram.data() + strip.begin * strip.columns + strip.begin, strip.columns};
    for (int parts = kShares; parts >= kFewest; --parts) {
        roundingErrors(strip, grid, share(parts), errors);
        TRIMTAB_REQUIRE(math.multiply(strip.rows, strip.width, strip.width, 1, {errors.data(), strip.width}, block, 0, products.data(),
                                      strip.width));
        for (std::size_t i = 0; i < rows; ++i) {
            double sum = 0;
            for (std::size_t j = i * width; j < (i + 1) * width; ++j) sum += static_cast<double>(products[j]) * errors[j];
            if (!(sum < least[i])) continue;
            least[i] = sum;
            best[i] = share(parts);
        }
    }
    return best;
}

}  // namespace

Result<tensor::QuantizedWeight> roundClippedByOutputs(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                                      const recipe::WeightSpec& spec, std::span<const float> gram, TensorMath& math,
                                                      const std::function<bool()>& cancelled) {
    assert(spec.group >= 0 && gram.size() == static_cast<std::size_t>(columns * columns));
    TRIMTAB_TRY(const tensor::QuantizedWeight plain, roundToNearest(values, rows, columns, spec));  // and what that refuses
    const CodeGrid grid(spec, values);
    std::vector<float> shares(static_cast<std::size_t>(rows * plain.groups()));  // in the order of quantizeByGroup()
    for (std::int64_t group = 0; group < plain.groups(); ++group) {
        if (cancelled && cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
        const std::int64_t begin = group * plain.group;
        const Strip strip{values, rows, columns, begin, std::min(plain.group, columns - begin)};
        TRIMTAB_TRY(const std::vector<float> best, bestShares(strip, grid, gram, math));
        for (std::int64_t row = 0; row < rows; ++row)
            shares[static_cast<std::size_t>(row * plain.groups() + group)] = best[static_cast<std::size_t>(row)];
    }
    std::size_t next = 0;
    return quantizeByGroup(values, rows, columns, spec, [&](const CodeGrid& same, std::span<const float> part) {
        return coveringShare(same, part, shares[next++]);
    });
}

}  // namespace trimtab::compress
