#pragma once
// The emulated device's memory. An allocation ends at inaccessible addresses (16-byte aligned: what is left behind an odd size holds canary
// bytes), begins behind canary bytes and inaccessible addresses, and is poison at first. What is given back stays inaccessible for a long
// while. Addresses are aligned to 16 bytes and no more, so that a kernel that needs more is found out; the real device promises 256.
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "kernels/cuda/device/device.h"
#include "tests/support/simt/guarded_memory.h"

namespace trimtab::simt {

class Heap : public std::enable_shared_from_this<Heap> {
public:
    explicit Heap(std::int64_t capacity) : m_capacity(capacity) {}

    /// `pageLocked`: host memory that does not count against the capacity.
    Result<cuda::DeviceMemory> allocate(std::int64_t bytes, bool pageLocked);
    std::int64_t freeBytes() const;

    /// Whether the bytes lie in one live allocation.
    bool holds(const void* address, std::size_t bytes) const;
    /// Where an address lies relative to the nearest allocation, live or given back.
    std::optional<std::string> describe(const void* address) const;
    /// What was written around the live allocations; nothing if all is well.
    std::optional<std::string> damage() const;

private:
    struct Block {
        GuardedMemory memory;
        std::size_t bytes = 0;
        bool live = true;
        bool pageLocked = false;

        std::byte* address() const { return memory.end() - (bytes + 15) / 16 * 16; }
    };
    void release(std::byte* address);

    const std::int64_t m_capacity;
    mutable std::mutex m_mutex;
    std::map<const std::byte*, Block> m_blocks;  // by address
    std::deque<const std::byte*> m_given;        // given back, the oldest first
    std::int64_t m_used = 0;
};

}  // namespace trimtab::simt
