#pragma once
// A block's shared memory: fixed arrays with poison in them and red zones between them, and the launch's dynamic bytes in front of a guard
// page.
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/simt/guarded_memory.h"

namespace trimtab::simt {

class SharedMemory {
public:
    SharedMemory();

    /// Forgets the block before. `dynamicBytes` ≤ kMostShared.
    void beginBlock(std::size_t dynamicBytes);
    /// What was written outside the arrays since then; nothing if all is well.
    std::optional<std::string> damage() const;

    /// Null when fixed arrays would take more than 48 KiB, which nvcc refuses.
    void* fixedArray(const void* key, const char* name, std::size_t bytes);
    void* dynamic() const { return m_dynamicStart; }
    bool holds(const void* address, std::size_t bytes) const;
    /// Where an address lies relative to the shared memory, when it is near.
    std::optional<std::string> describe(const void* address) const;

    static constexpr std::size_t kMostShared = 227 * 1024;  // compute capability 9.0; fixed arrays included

    std::size_t fixedBytes() const;

private:
    struct Array {
        const void* key;
        const char* name;
        std::byte* start;
        std::size_t bytes;
    };

    GuardedMemory m_fixed;
    GuardedMemory m_dynamic;
    std::vector<Array> m_arrays;
    std::byte* m_fixedEnd;  // behind the last array's red zone
    std::byte* m_dynamicStart;
    std::size_t m_dynamicBytes = 0;
};

}  // namespace trimtab::simt
