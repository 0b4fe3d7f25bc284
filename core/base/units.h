#pragma once
// Figures and dates as people read them.
#include <chrono>
#include <cstdint>
#include <string>

namespace trimtab::base {

using Nanoseconds = std::chrono::nanoseconds;

std::string formatBytes(double bytes);          // "5.2 MB" (decimal prefixes)
std::string formatCount(double count);          // "1.31 M", "42"
std::string formatMilliseconds(double value);   // "1.23 ms", "456 µs", "2.1 s"
std::string formatJoules(double joules);         // "12.3 mJ"
std::string formatRatio(double ratio);          // "1.83×"
std::string utcNow();                           // "2026-01-31T12:00:00Z"

}  // namespace trimtab::base
