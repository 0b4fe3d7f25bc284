#pragma once
// The bytes of a pickle, taken from the front. Refused, as all that is left is too little.
#include <cstdint>
#include <span>
#include <string>

#include "core/base/result.h"

namespace trimtab::formats::torch {

class PickleBytes {
public:
    explicit PickleBytes(std::span<const std::byte> bytes) : m_bytes(bytes) {}

    std::size_t at() const { return m_at; }

    Result<std::span<const std::byte>> take(std::uint64_t count) {
        if (count > m_bytes.size() - m_at) return fail(ErrorCode::Refused, "ends within an opcode");
        const auto taken = m_bytes.subspan(m_at, static_cast<std::size_t>(count));
        m_at += static_cast<std::size_t>(count);
        return taken;
    }
    /// Little-endian, of up to eight bytes.
    Result<std::uint64_t> number(std::size_t width) {
        TRIMTAB_TRY(const auto taken, take(width));
        std::uint64_t value = 0;
        for (std::size_t i = width; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(taken[i]);
        return value;
    }
    Result<std::string> text(std::uint64_t count) {
        TRIMTAB_TRY(const auto taken, take(count));
        return std::string(reinterpret_cast<const char*>(taken.data()), taken.size());
    }
    /// Without its end.
    Result<std::string> line() {
        std::string made;
        while (true) {
            TRIMTAB_TRY(const std::string one, text(1));
            if (one == "\n") return made;
            made += one;
        }
    }

private:
    std::span<const std::byte> m_bytes;
    std::size_t m_at = 0;
};

}  // namespace trimtab::formats::torch
