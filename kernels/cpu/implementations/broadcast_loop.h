#pragma once
// The loops of an element-wise operator with broadcasting, settled once: axes in the order of the output's bytes, joined where every
// operand allows it.
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/cpu/planning.h"
#include "kernels/cpu/vector/parallel.h"

namespace trimtab::cpu {

struct BroadcastLoop {
    std::vector<std::int64_t> extents;               // outermost first; the last is the inner run
    std::vector<std::vector<std::int64_t>> strides;  // [operand][axis] in elements, 0 where it repeats; the last is 0 or 1

    struct Operand {
        Shape shape;
        Layout layout = Layout::Plain;
    };
    /// nullopt when an operand's innermost stride is neither 0 nor 1, or when it does not broadcast to the output.
    static std::optional<BroadcastLoop> make(const Shape& output, Layout layout, const std::vector<Operand>& operands);

    std::int64_t runs() const;
    std::int64_t runLength() const { return extents.back(); }
    int step(std::size_t operand) const { return static_cast<int>(strides[operand].back()); }

    /// body(outputOffset, length, offsets of the operands), threaded; a single long run is cut into parts.
    template <std::size_t Operands, class Body>
    void run(const Body& body) const {
        const std::int64_t count = runs();
        if (count == 1) {
            parallelParts(runLength(), kElementsWorthThreads, [&](std::int64_t begin, std::int64_t end) {
                std::int64_t offsets[Operands];
                for (std::size_t i = 0; i < Operands; ++i) offsets[i] = begin * strides[i].back();
                body(begin, end - begin, offsets);
            });
            return;
        }
        parallelRows(count, runLength(), [&](std::int64_t index) {
            std::int64_t offsets[Operands] = {};
            std::int64_t rest = index;
            for (std::size_t axis = extents.size() - 1; axis-- > 0;) {
                const std::int64_t position = rest % extents[axis];
                rest /= extents[axis];
                for (std::size_t i = 0; i < Operands; ++i) offsets[i] += position * strides[i][axis];
            }
            body(index * runLength(), runLength(), offsets);
        });
    }
};

}  // namespace trimtab::cpu
