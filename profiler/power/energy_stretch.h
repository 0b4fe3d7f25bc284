#pragma once
// Runs one behind the other, and when they were how far. A preparation that takes long cuts them into legs, so that blocks can be laid
// between preparations and not across them.
#include <chrono>
#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "profiler/clock/alternate.h"
#include "profiler/power/energy.h"

namespace trimtab::profiler {

struct EnergyBlock {
    std::chrono::steady_clock::time_point begin, end;
    std::int64_t runs = 0;
    double preparing = 0;  // seconds

    double seconds() const { return std::chrono::duration<double>(end - begin).count(); }
};

/// Used once, by one thread.
class EnergyStretch {
public:
    /// Both must outlive it. `waitsForLegs`: blocks in legs would be of use.
    EnergyStretch(const Subject& subject, const EnergyPlan& plan, bool waitsForLegs)
        : m_subject(subject), m_plan(plan), m_waitsForLegs(waitsForLegs) {}

    /// Warms up, runs until there is enough, and runs out. Where making ready takes more than kMostPreparing, legs are waited for up to
    /// four times the plan's seconds, unless those that ended were all too short. The first error of a run; Cancelled.
    Status run();

    /// Share of the time in which runs were made ready.
    double preparing() const;
    /// Blocks over everything, or (`inLegs`) only where runs stand that no long preparation reaches: the counter's steps blur it over
    /// what is next to it. Each lasts blockSeconds or more and begins and ends between two runs.
    std::vector<EnergyBlock> blocks(bool inLegs) const;

private:
    using Clock = std::chrono::steady_clock;
    struct Mark {
        Clock::time_point time;
        std::int64_t runs = 0;
        double preparing = 0;     // seconds so far
        bool beginsLeg = false;   // behind a long preparation
    };

    Status once();
    Status goOn(double seconds);
    bool isEnough() const;
    double usable() const;
    void mark(bool beginsLeg = false);
    void layBlocks(std::size_t first, std::size_t last, Clock::time_point from, Clock::time_point until,
                   std::vector<EnergyBlock>& blocks) const;

    const Subject& m_subject;
    const EnergyPlan& m_plan;
    bool m_waitsForLegs;
    Mark m_now;
    std::vector<Mark> m_marks;
    int m_legs = 0;             // that ended
    double m_usableBefore = 0;  // seconds of those
};

}  // namespace trimtab::profiler
