#include "tests/support/simt/guarded_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace trimtab::simt {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kGuard = 1 << 20;  // wide enough for accesses that miss by a row

}  // namespace

GuardedMemory::GuardedMemory(std::size_t bytes) {
    const std::size_t pages = (bytes + kPage - 1) / kPage * kPage;
    void* mapped = mmap(nullptr, pages + 2 * kGuard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) return;
    std::byte* start = static_cast<std::byte*>(mapped) + kGuard;
    if (mprotect(start, pages, PROT_READ | PROT_WRITE) != 0) {
        munmap(mapped, pages + 2 * kGuard);
        return;
    }
    m_start = start;
    m_bytes = pages;
}

GuardedMemory::GuardedMemory(GuardedMemory&& other) noexcept
    : m_start(std::exchange(other.m_start, nullptr)), m_bytes(std::exchange(other.m_bytes, 0)) {}

GuardedMemory& GuardedMemory::operator=(GuardedMemory&& other) noexcept {
    std::swap(m_start, other.m_start);
    std::swap(m_bytes, other.m_bytes);
    return *this;
}

GuardedMemory::~GuardedMemory() {
    if (m_start != nullptr) munmap(m_start - kGuard, m_bytes + 2 * kGuard);
}

void GuardedMemory::forbid() {
    madvise(m_start, m_bytes, MADV_DONTNEED);
    mprotect(m_start, m_bytes, PROT_NONE);
}

std::size_t damagedBytes(const std::byte* from, const std::byte* to) {
    // Equal to itself one byte on and canary at its start: canary everywhere.
    if (from == to || (*from == std::byte{kCanary} && std::memcmp(from, from + 1, static_cast<std::size_t>(to - from) - 1) == 0)) return 0;
    return static_cast<std::size_t>(std::count_if(from, to, [](std::byte byte) { return byte != std::byte{kCanary}; }));
}

std::optional<std::string> describeNear(const void* address, const std::byte* start, std::size_t bytes, const std::string& what) {
    const auto* at = static_cast<const std::byte*>(address);
    const std::byte* end = start + bytes;
    const std::string size = what + " of " + std::to_string(bytes) + " bytes";
    constexpr std::ptrdiff_t kNear = static_cast<std::ptrdiff_t>(kGuard);
    if (at >= start && at < end) return std::to_string(at - start) + " bytes into " + size;
    if (at >= end && at - end < kNear) return std::to_string(at - end) + " bytes behind the end of " + size;
    if (at < start && start - at < kNear) return std::to_string(start - at) + " bytes before " + size;
    return std::nullopt;
}

}  // namespace trimtab::simt
