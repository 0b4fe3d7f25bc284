#pragma once
// Host memory between pages that nobody may touch.
#include <cstddef>
#include <optional>
#include <string>

namespace trimtab::simt {

/// What fresh memory holds: NaN as floats, −1 as integers.
inline constexpr unsigned char kPoison = 0xFF;
/// What stands around memory and must still stand there afterwards: huge as float32 and bfloat16, NaN as float16.
inline constexpr unsigned char kCanary = 0xFD;

/// Whole pages with a MiB of inaccessible addresses on either side.
class GuardedMemory {
public:
    GuardedMemory() = default;
    /// Empty (start() is null) when the system has no memory left.
    explicit GuardedMemory(std::size_t bytes);
    GuardedMemory(GuardedMemory&& other) noexcept;
    GuardedMemory& operator=(GuardedMemory&& other) noexcept;
    ~GuardedMemory();

    std::byte* start() const { return m_start; }
    std::byte* end() const { return m_start + m_bytes; }
    /// Takes the bytes away and keeps the addresses.
    void forbid();

private:
    std::byte* m_start = nullptr;
    std::size_t m_bytes = 0;
};

/// Bytes of [from, to) that are no canary.
std::size_t damagedBytes(const std::byte* from, const std::byte* to);

/// "4 bytes behind the end of WHAT of 1024 bytes", if the address is less than a MiB away.
std::optional<std::string> describeNear(const void* address, const std::byte* start, std::size_t bytes, const std::string& what);

}  // namespace trimtab::simt
