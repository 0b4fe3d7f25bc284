#include "profiler/power/energy_stretch.h"

#include <algorithm>

namespace trimtab::profiler {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kLongPreparing = 0.01, kMarkSeconds = 0.005, kWaitForLegs = 4;
constexpr int kTellingLegs = 3;  // that ended and were too short

double secondsBetween(Clock::time_point begin, Clock::time_point end) { return std::chrono::duration<double>(end - begin).count(); }

Clock::time_point moved(Clock::time_point time, double seconds) {
    return time + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

void EnergyStretch::mark(bool beginsLeg) {
    m_marks.push_back(m_now);
    m_marks.back().beginsLeg = beginsLeg;
}

Status EnergyStretch::once() {
    if (m_plan.cancelled && m_plan.cancelled()) return fail(ErrorCode::Cancelled, "the measurement was cancelled");
    if (m_subject.makeReady) {
        const Clock::time_point begin = Clock::now();
        TRIMTAB_REQUIRE(m_subject.makeReady());
        const Clock::time_point end = Clock::now();
        const double took = secondsBetween(begin, end);
        if (took > kLongPreparing) {
            m_now.time = begin;
            mark();
            m_usableBefore = usable();
            ++m_legs;
        }
        m_now.time = end;
        m_now.preparing += took;
        if (took > kLongPreparing) mark(true);
    }
    TRIMTAB_REQUIRE(m_subject.run());
    m_now.time = Clock::now();
    ++m_now.runs;
    if (secondsBetween(m_marks.back().time, m_now.time) >= kMarkSeconds) mark();
    return {};
}

Status EnergyStretch::goOn(double seconds) {
    const Clock::time_point begin = m_now.time;
    do {
        TRIMTAB_REQUIRE(once());
    } while (secondsBetween(begin, m_now.time) < seconds);
    return {};
}

Status EnergyStretch::run() {
    m_now.time = Clock::now();
    mark();
    TRIMTAB_REQUIRE(goOn(m_plan.warmUpSeconds));
    m_now = {m_now.time};
    m_marks.clear();
    m_usableBefore = 0;
    m_legs = 0;
    mark();
    while (!isEnough()) {
        TRIMTAB_REQUIRE(once());
        if (m_plan.progress) m_plan.progress(std::min(1.0, secondsBetween(m_marks.front().time, m_now.time) / m_plan.seconds));
    }
    if (m_marks.back().time < m_now.time) mark();
    // Runs that each last as long as a block have their counter's last step in the noise.
    if (secondsBetween(m_marks.front().time, m_now.time) / static_cast<double>(m_now.runs) > m_plan.blockSeconds) return {};
    const std::vector<Mark> marks = m_marks;
    TRIMTAB_REQUIRE(goOn(m_plan.runOutSeconds));
    m_marks = marks;
    return {};
}

bool EnergyStretch::isEnough() const {
    const double elapsed = secondsBetween(m_marks.front().time, m_now.time);
    const double least = std::max(m_plan.seconds, (m_plan.fewestBlocks + 0.5) * m_plan.blockSeconds);
    if (m_now.runs < m_plan.fewestBlocks || elapsed < m_plan.seconds) return false;
    // Of runs that are longer than a block each is one.
    if (elapsed < least && elapsed < static_cast<double>(m_now.runs) * m_plan.blockSeconds) return false;
    if (m_now.preparing <= kMostPreparing * elapsed || !m_waitsForLegs) return true;
    // Without a leg it is all in short preparations, which nothing tells apart.
    const bool isHopeless = m_usableBefore <= 0 && (m_legs == 0 || m_legs >= kTellingLegs);
    return isHopeless || usable() >= least || elapsed >= kWaitForLegs * least;
}

double EnergyStretch::usable() const {
    const auto leg = std::find_if(m_marks.rbegin(), m_marks.rend(), [](const Mark& mark) { return mark.beginsLeg; });
    const Mark& begin = leg == m_marks.rend() ? m_marks.front() : *leg;
    return m_usableBefore + std::max(0.0, secondsBetween(begin.time, m_now.time) - 2 * m_plan.guardSeconds);
}

double EnergyStretch::preparing() const {
    const Mark& last = m_marks.back();
    return last.preparing / secondsBetween(m_marks.front().time, last.time);
}

std::vector<EnergyBlock> EnergyStretch::blocks(bool inLegs) const {
    std::vector<EnergyBlock> blocks;
    if (!inLegs) {
        layBlocks(0, m_marks.size(), m_marks.front().time, m_marks.back().time, blocks);
        return blocks;
    }
    std::size_t first = 0;
    for (std::size_t i = 1; i <= m_marks.size(); ++i) {
        if (i < m_marks.size() && !m_marks[i].beginsLeg) continue;
        layBlocks(first, i, moved(m_marks[first].time, m_plan.guardSeconds), moved(m_marks[i - 1].time, -m_plan.guardSeconds), blocks);
        first = i;
    }
    return blocks;
}

void EnergyStretch::layBlocks(std::size_t first, std::size_t last, Clock::time_point from, Clock::time_point until,
                              std::vector<EnergyBlock>& blocks) const {
    const std::size_t before = blocks.size();
    const Mark* begin = nullptr;
    const auto widen = [](EnergyBlock& block, const Mark& a, const Mark& b) {
        block.end = b.time;
        block.runs += b.runs - a.runs;
        block.preparing += b.preparing - a.preparing;
    };
    const Mark* reached = nullptr;
    for (std::size_t i = first; i < last; ++i) {
        const Mark& mark = m_marks[i];
        if (mark.time < from || mark.time > until) continue;
        if (!begin) begin = &mark;
        reached = &mark;
        if (mark.runs == begin->runs || secondsBetween(begin->time, mark.time) < m_plan.blockSeconds) continue;
        widen(blocks.emplace_back(EnergyBlock{begin->time}), *begin, mark);
        begin = &mark;
    }
    // What is left is too short for a block of its own.
    if (blocks.size() > before && begin != reached) widen(blocks.back(), *begin, *reached);
}

}  // namespace trimtab::profiler
