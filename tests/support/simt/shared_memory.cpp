#include "tests/support/simt/shared_memory.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace trimtab::simt {
namespace {

constexpr std::size_t kMostFixed = 48 * 1024;
constexpr std::size_t kRedZone = 64;
constexpr std::size_t kArrays = 64;  // room for the red zones of so many

std::size_t roundTo16(std::size_t bytes) { return (bytes + 15) / 16 * 16; }

}  // namespace

SharedMemory::SharedMemory()
    : m_fixed(kMostFixed + kRedZone * 2 * kArrays),
      m_dynamic(kMostShared + kRedZone),
      m_fixedEnd(m_fixed.start()),
      m_dynamicStart(m_dynamic.end()) {}

void SharedMemory::beginBlock(std::size_t dynamicBytes) {
    m_arrays.clear();
    m_fixedEnd = m_fixed.start();
    std::memset(m_fixedEnd, kCanary, kRedZone);
    m_dynamicBytes = dynamicBytes;
    m_dynamicStart = m_dynamic.end() - roundTo16(dynamicBytes);
    std::memset(m_dynamicStart - kRedZone, kCanary, kRedZone);
    std::memset(m_dynamicStart, kPoison, dynamicBytes);
    std::memset(m_dynamicStart + dynamicBytes, kCanary, static_cast<std::size_t>(m_dynamic.end() - m_dynamicStart) - dynamicBytes);
}

void* SharedMemory::fixedArray(const void* key, const char* name, std::size_t bytes) {
    for (const Array& array : m_arrays) {
        if (array.key == key) return array.start;
    }
    if (fixedBytes() + bytes > kMostFixed || m_arrays.size() == kArrays) return nullptr;
    std::byte* start = m_fixedEnd + kRedZone;  // the red zone behind the array before is the one before this
    std::memset(start, kPoison, bytes);
    m_fixedEnd = start + roundTo16(bytes);
    std::memset(start + bytes, kCanary, static_cast<std::size_t>(m_fixedEnd - start) - bytes + kRedZone);
    m_arrays.push_back({key, name, start, bytes});
    return start;
}

std::size_t SharedMemory::fixedBytes() const {
    std::size_t sum = 0;
    for (const Array& array : m_arrays) sum += array.bytes;
    return sum;
}

std::optional<std::string> SharedMemory::damage() const {
    for (const Array& array : m_arrays) {
        const std::byte* end = array.start + array.bytes;
        const std::byte* zoneEnd = array.start + roundTo16(array.bytes) + kRedZone;
        if (damagedBytes(array.start - kRedZone, array.start) > 0) return std::string("a write before the shared array ") + array.name;
        if (damagedBytes(end, zoneEnd) > 0) return std::string("a write behind the shared array ") + array.name;
    }
    if (damagedBytes(m_dynamicStart - kRedZone, m_dynamicStart) > 0) return "a write before the dynamic shared memory";
    if (damagedBytes(m_dynamicStart + m_dynamicBytes, m_dynamic.end()) > 0) return "a write behind the dynamic shared memory";
    return std::nullopt;
}

bool SharedMemory::holds(const void* address, std::size_t bytes) const {
    const auto* first = static_cast<const std::byte*>(address);
    const auto within = [&](const std::byte* start, std::size_t size) {
        return first >= start && bytes <= size && static_cast<std::size_t>(first - start) <= size - bytes;
    };
    return within(m_dynamicStart, m_dynamicBytes) ||
           std::any_of(m_arrays.begin(), m_arrays.end(), [&](const Array& array) { return within(array.start, array.bytes); });
}

std::optional<std::string> SharedMemory::describe(const void* address) const {
    const auto* at = static_cast<const std::byte*>(address);
    for (const Array& array : m_arrays) {
        if (at >= array.start - kRedZone / 2 && at < array.start + array.bytes + kRedZone / 2) {
            return describeNear(at, array.start, array.bytes, std::string("the shared array ") + array.name);
        }
    }
    return describeNear(at, m_dynamicStart, m_dynamicBytes, "the dynamic shared memory");
}

}  // namespace trimtab::simt
