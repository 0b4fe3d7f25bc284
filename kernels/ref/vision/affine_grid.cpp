// AffineGrid: grid[n, p] = theta[n] · (x, y(, z), 1) for the positions p of a plane [H, W] or a volume [D, H, W] that spans −1 … 1: from
// centre to centre of its outer elements with align_corners (an axis of one element then lies at −1), else from edge to edge.
#include <fmt/format.h>

#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

double coordinate(std::int64_t at, std::int64_t extentHere, bool alignCorners) {
    const auto i = static_cast<double>(at), count = static_cast<double>(extentHere);
    if (!alignCorners) return -1 + (2 * i + 1) / count;
    return extentHere == 1 ? -1.0 : -1 + 2 * i / (count - 1);
}

Result<Values> affineGrid(const Call& call) {
    const Tensor& theta = call.tensor(0);
    if (!isFloatingPoint(theta.type())) return refuse(call, "theta must be of a floating type");
    TRIMTAB_TRY(const Ints size, integers(call, 1));
    if (size.size() != 4 && size.size() != 5) return refuse(call, "size must have 4 or 5 entries");
    for (const std::int64_t entry : size)
        if (entry < 0) return refuse(call, fmt::format("size holds {}", entry));
    const auto rank = static_cast<std::int64_t>(size.size()) - 2;
    if (theta.shape() != Shape{size[0], rank, rank + 1})
        return refuse(call, fmt::format("theta {} does not fit {} planes of {} axes", theta.shape().text(), size[0], rank));
    const bool alignCorners = call.node.integer("align_corners", 0) != 0;
    const Ints extents(size.begin() + 2, size.end());
    Ints dims{size[0]};
    dims.insert(dims.end(), extents.begin(), extents.end());
    dims.push_back(rank);
    TRIMTAB_TRY(Tensor grid, Tensor::allocate(theta.type(), Shape(std::move(dims))));
    if (grid.elementCount() == 0) return one(std::move(grid));
    std::vector<double> matrix(static_cast<std::size_t>(rank * (rank + 1))), result(static_cast<std::size_t>(rank));
    std::int64_t to = 0;
    for (std::int64_t n = 0; n < size[0]; ++n) {
        load(theta, n * rank * (rank + 1), 1, rank * (rank + 1), matrix.data());
        Ints at(extents.size(), 0);
        do {
            for (std::int64_t row = 0; row < rank; ++row) {
                const double* m = matrix.data() + row * (rank + 1);
                double sum = m[rank];
                for (std::int64_t d = 0; d < rank; ++d) {  // column 0 is x, the innermost axis
                    const auto spatial = static_cast<std::size_t>(rank - 1 - d);
                    sum += m[d] * coordinate(at[spatial], extents[spatial], alignCorners);
                }
                result[static_cast<std::size_t>(row)] = sum;
            }
            store(grid, to, rank, result.data());
            to += rank;
        } while (advance(at, extents));
    }
    return one(std::move(grid));
}

}  // namespace

void registerAffineGrid(Registry& registry) { registry.add("AffineGrid", 20, {2, 2, 1}, affineGrid); }

}  // namespace trimtab::ref
