#include "tests/support/simt/grid.h"

#include <cstdint>

#include "tests/support/simt/block.h"
#include "tests/support/simt/faults.h"
#include "tests/support/simt/order.h"
#include "tests/support/simt/symbol.h"

namespace trimtab::simt {
namespace {

Block& blockOfThisThread() {
    thread_local Block block;
    return block;
}

}  // namespace

Status runGrid(const Launch& launch, const Heap& heap) {
    Block& block = blockOfThisThread();
    const FaultWatch watch(heap);
    gridDim = launch.grid;
    blockDim = launch.block;
    const std::uint64_t count = static_cast<std::uint64_t>(launch.grid.x) * launch.grid.y * launch.grid.z;
    const std::uint64_t step = scatterStride(count);
    for (std::uint64_t i = 0, at = 0; i < count; ++i, at = (at + step) % count) {
        const auto inPlane = static_cast<unsigned>(at / launch.grid.x);
        blockIdx = {static_cast<unsigned>(at % launch.grid.x), inPlane % launch.grid.y, inPlane / launch.grid.y};
        if (const auto failure = block.run(launch.body, launch.sharedBytes)) {
            std::string where = "kernel " + symbolName(launch.kernel) + ", block " + text(blockIdx);
            if (failure->thread) where += ", thread " + text(*failure->thread);
            return fail(ErrorCode::Failed, where + ": " + failure->what);
        }
    }
    if (const auto damage = heap.damage()) return fail(ErrorCode::Failed, "kernel " + symbolName(launch.kernel) + ": " + *damage);
    return {};
}

}  // namespace trimtab::simt
