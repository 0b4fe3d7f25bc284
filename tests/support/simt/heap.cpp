#include "tests/support/simt/heap.h"

#include <algorithm>
#include <cstring>

namespace trimtab::simt {
namespace {

constexpr std::size_t kRemembered = 4096;  // allocations given back whose addresses are not used again yet

}  // namespace

Result<cuda::DeviceMemory> Heap::allocate(std::int64_t bytes, bool pageLocked) {
    if (bytes < 0) return fail(ErrorCode::Usage, "an allocation of " + std::to_string(bytes) + " bytes");
    const std::lock_guard lock(m_mutex);
    const std::int64_t left = m_capacity - m_used;
    const auto refusal = [&] {
        return fail(ErrorCode::OutOfMemory,
                    "the emulated GPU cannot give " + std::to_string(bytes) + " bytes: " + std::to_string(left) + " are free");
    };
    if (!pageLocked && bytes > left) return refusal();
    const auto size = static_cast<std::size_t>(bytes);
    Block block{GuardedMemory(std::max<std::size_t>(size, 1)), size, true, pageLocked};
    if (block.memory.start() == nullptr) return refusal();

    std::byte* address = block.address();
    std::memset(block.memory.start(), kCanary, static_cast<std::size_t>(address - block.memory.start()));
    std::memset(address, kPoison, block.bytes);
    std::memset(address + block.bytes, kCanary, static_cast<std::size_t>(block.memory.end() - address) - block.bytes);
    if (!pageLocked) m_used += bytes;
    m_blocks.emplace(address, std::move(block));
    return cuda::DeviceMemory(address, [heap = shared_from_this()](std::byte* given) { heap->release(given); });
}

void Heap::release(std::byte* address) {
    const std::lock_guard lock(m_mutex);
    Block& block = m_blocks.at(address);
    block.memory.forbid();
    block.live = false;
    if (!block.pageLocked) m_used -= static_cast<std::int64_t>(block.bytes);
    m_given.push_back(address);
    if (m_given.size() > kRemembered) {
        m_blocks.erase(m_given.front());
        m_given.pop_front();
    }
}

std::int64_t Heap::freeBytes() const {
    const std::lock_guard lock(m_mutex);
    return m_capacity - m_used;
}

bool Heap::holds(const void* address, std::size_t bytes) const {
    const std::lock_guard lock(m_mutex);
    const auto* first = static_cast<const std::byte*>(address);
    auto behind = m_blocks.upper_bound(first);
    if (behind == m_blocks.begin()) return false;
    const auto& [start, block] = *std::prev(behind);
    return block.live && bytes <= block.bytes && static_cast<std::size_t>(first - start) <= block.bytes - bytes;
}

std::optional<std::string> Heap::describe(const void* address) const {
    const std::lock_guard lock(m_mutex);
    const auto text = [address](const auto& entry) {
        return describeNear(address, entry.first, entry.second.bytes,
                            entry.second.live ? "a device allocation" : "a device allocation, given back before,");
    };
    const auto behind = m_blocks.upper_bound(static_cast<const std::byte*>(address));
    std::optional<std::string> found;
    if (behind != m_blocks.begin()) found = text(*std::prev(behind));
    if (!found && behind != m_blocks.end()) found = text(*behind);
    return found;
}

std::optional<std::string> Heap::damage() const {
    const std::lock_guard lock(m_mutex);
    for (const auto& [address, block] : m_blocks) {
        if (!block.live) continue;
        const std::string of = " a device allocation of " + std::to_string(block.bytes) + " bytes";
        if (damagedBytes(block.memory.start(), address) > 0) return "a write before" + of;
        if (damagedBytes(address + block.bytes, block.memory.end()) > 0) return "a write behind" + of;
    }
    return std::nullopt;
}

}  // namespace trimtab::simt
