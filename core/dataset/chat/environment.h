#pragma once
// What a template may spend, and what it knows of the world. A template is an untrusted file: every evaluation, every comparison of
// elements and every byte that it makes is paid for from here, so that each rendering ends.
#include <cstdint>
#include <ctime>

#include "core/base/result.h"

namespace trimtab::dataset::chat {

struct Limits {
    std::int64_t steps = 1'000'000;
    std::int64_t bytes = std::int64_t{256} << 20;  // of all texts and lists ever made, and read through
    std::int64_t output = std::int64_t{16} << 20;
};

class Budget {
public:
    explicit Budget(const Limits& limits = {}) : m_limits(limits) {}

    const Limits& limits() const { return m_limits; }
    Status step(std::int64_t count = 1) {
        m_steps += count;
        if (m_steps > m_limits.steps) return fail(ErrorCode::Refused, "takes too many steps: the template may not come to an end");
        return {};
    }
    /// To be asked before the bytes are made. REQUIRES: bytes ≥ 0.
    Status make(std::int64_t bytes) {
        if (bytes > m_limits.bytes - m_bytes) return fail(ErrorCode::Refused, "makes texts and lists that are too large");
        m_bytes += bytes;
        return {};
    }

private:
    Limits m_limits;
    std::int64_t m_steps = 0;
    std::int64_t m_bytes = 0;
};

struct Environment {
    Budget budget;
    std::tm now{};  // local time, what strftime_now() tells
};

}  // namespace trimtab::dataset::chat
