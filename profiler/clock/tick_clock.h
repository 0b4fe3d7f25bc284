#pragma once
// Times of the steady clock, read from the processor's counter of ticks: less than half of what a read of the system's clock takes, which is
// most of what a recording costs. Where ticks do not count time (the processor says so by its flags, Linux by the clock source it chose),
// they are read from the system.
#include <chrono>

namespace trimtab::profiler {

class TickClock {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// The first call compares both clocks for some 20 ms. Later ones part from the steady clock by what it is slewed and a few millionths.
    static time_point now();
    /// Whether ticks are read here.
    static bool readsTicks();
};

}  // namespace trimtab::profiler
