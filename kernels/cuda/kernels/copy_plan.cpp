#include "kernels/cuda/kernels/copy_plan.h"

#include <algorithm>
#include <cstdlib>

namespace trimtab::cuda {
namespace {

constexpr std::int64_t kSmallestTile = 8;  // extents below this gain nothing from a tile

/// The axis order in which `to` is written most nearly in sequence: by falling distance.
void sortByTarget(MergedAxes& axes) {
    for (int a = 1; a < axes.rank; ++a) {
        int place = a;
        while (place > 0 &&
               std::abs(axes.arrays[1][static_cast<std::size_t>(place - 1)]) < std::abs(axes.arrays[1][static_cast<std::size_t>(a)]))
            --place;
        if (place != a) moveAxis(axes, a, place);
    }
}

bool isEven(std::int64_t x) { return x % 2 == 0; }

/// Two neighbouring units are one unit of twice the size.
bool canDouble(const CopyPlan& plan, const void* from, const void* to) {
    const auto last = static_cast<std::size_t>(plan.axes.rank - 1);
    if (plan.unitBytes >= 16 || plan.axes.rank == 0 || !isEven(plan.axes.extents[last])) return false;
    if (!isEven(plan.fromOffset) || !isEven(plan.toOffset)) return false;
    const auto doubled = static_cast<std::uintptr_t>(2 * plan.unitBytes);
    if (reinterpret_cast<std::uintptr_t>(from) % doubled != 0 || reinterpret_cast<std::uintptr_t>(to) % doubled != 0) return false;
    return std::all_of(plan.axes.arrays.begin(), plan.axes.arrays.end(), [last](const Strides& strides) {
        return strides[last] == 1 && std::all_of(strides.begin(), strides.begin() + static_cast<std::ptrdiff_t>(last), isEven);
    });
}

void doubleUnits(CopyPlan& plan) {
    const auto last = static_cast<std::size_t>(plan.axes.rank - 1);
    plan.unitBytes *= 2;
    plan.fromOffset /= 2;
    plan.toOffset /= 2;
    plan.axes.extents[last] /= 2;
    for (Strides& strides : plan.axes.arrays)
        for (std::size_t a = 0; a < last; ++a) strides[a] /= 2;
}

/// The axis along which `from` is contiguous while `to` is so along the last; −1 where there is none or a tile would stay mostly empty.
int transposedAxis(const MergedAxes& axes) {
    const int last = axes.rank - 1;
    if (last < 1) return -1;
    const auto at = [](int a) { return static_cast<std::size_t>(a); };
    if (axes.arrays[1][at(last)] != 1 || axes.arrays[0][at(last)] == 1 || axes.extents[at(last)] < kSmallestTile) return -1;
    for (int a = last - 1; a >= 0; --a)
        if (axes.arrays[0][at(a)] == 1 && axes.extents[at(a)] >= kSmallestTile) return a;
    return -1;
}

/// Neighbours that fill 4 bytes along the last axis of `to` and along the one before of `from`, where everything else is a multiple of
/// them; else 1.
int tilePackOf(const CopyPlan& plan, const void* from, const void* to) {
    const std::int64_t pack = 4 / plan.unitBytes;
    if (pack < 2 || plan.fromOffset % pack != 0 || plan.toOffset % pack != 0) return 1;
    if ((reinterpret_cast<std::uintptr_t>(from) | reinterpret_cast<std::uintptr_t>(to)) % 4 != 0) return 1;
    const auto last = static_cast<std::size_t>(plan.axes.rank - 1);
    if (plan.axes.extents[last] % pack != 0 || plan.axes.extents[last - 1] % pack != 0) return 1;
    for (std::size_t a = 0; a <= last; ++a) {
        if (a != last - 1 && plan.axes.arrays[0][a] % pack != 0) return 1;
        if (a != last && plan.axes.arrays[1][a] % pack != 0) return 1;
    }
    return static_cast<int>(pack);
}

}  // namespace

CopyPlan planCopy(const StridedCopy& copy, const void* from, const void* to) {
    CopyPlan plan;
    plan.unitBytes = copy.elementBytes;
    plan.fromOffset = copy.fromOffset;
    plan.toOffset = copy.toOffset;
    plan.axes.rank = copy.rank;
    plan.axes.extents = copy.extents;
    plan.axes.arrays = {copy.fromStrides, copy.toStrides};
    sortByTarget(plan.axes);
    mergeAxes(plan.axes);
    while (canDouble(plan, from, to)) doubleUnits(plan);
    plan.wide = !fitsNarrowIndex(plan.axes);
    const int transposed = transposedAxis(plan.axes);
    if (transposed >= 0 && !plan.wide && plan.unitBytes <= 8) {
        moveAxis(plan.axes, transposed, plan.axes.rank - 2);
        plan.tiled = true;
        plan.tilePack = tilePackOf(plan, from, to);
    }
    return plan;
}

}  // namespace trimtab::cuda
