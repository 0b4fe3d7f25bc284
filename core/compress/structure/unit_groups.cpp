#include "core/compress/structure/unit_groups.h"

#include <algorithm>
#include <map>

namespace trimtab::compress {
namespace {

/// Atoms become numbers of units, group by group in the order of the graph.
class Numbering {
public:
    explicit Numbering(AxisTrace& trace) : m_trace(trace), m_unitOf(static_cast<std::size_t>(trace.units.size()), kStays) {}

    UnitGroups number() {
        std::map<int, std::size_t> groups, units;
        UnitGroups found;
        for (int atom = 0; atom < m_trace.units.size(); ++atom) {
            const auto [group, isNewGroup] = groups.try_emplace(m_trace.units.groupOf(atom), found.groups.size());
            if (isNewGroup) found.groups.emplace_back().reason = m_trace.units.reason(atom);
            UnitGroup& mine = found.groups[group->second];
            const int maker = m_trace.makers[static_cast<std::size_t>(atom)];
            if (mine.makers.empty() || mine.makers.back() != maker) mine.makers.push_back(maker);
            const auto [unit, isNewUnit] = units.try_emplace(m_trace.units.unitOf(atom), units.size());
            const int number = static_cast<int>(unit->second);
            m_unitOf[static_cast<std::size_t>(atom)] = number;
            if (!isNewUnit) continue;
            mine.units.push_back(number);
            found.groupOfUnit.push_back(static_cast<int>(group->second));
        }
        found.unitCount = static_cast<int>(units.size());
        return found;
    }

    Labels renumbered(const Labels& labels) const {
        Labels result(labels.size(), kStays);
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (labels[i] != kStays) result[i] = m_unitOf[static_cast<std::size_t>(labels[i])];
        return result;
    }

private:
    AxisTrace& m_trace;
    std::vector<int> m_unitOf;  // by atom
};

UnitKind kindOf(const AxisTrace& trace, const UnitGroup& group, bool areHeads) {
    if (areHeads) return UnitKind::Heads;
    const bool convolves = std::ranges::any_of(group.makers, [&](int maker) { return trace.node(maker).is("Conv"); });
    return convolves ? UnitKind::Channels : UnitKind::Neurons;
}

/// A group that no product reads has no place where its units end.
void requireReaders(UnitGroups& found) {
    std::vector<bool> isRead(found.groups.size(), false);
    for (const Part& part : found.parts)
        for (const int unit : part.labels)
            if (unit != kStays && part.role == Part::Role::Reads)
                isRead[static_cast<std::size_t>(found.groupOfUnit[static_cast<std::size_t>(unit)])] = true;
    for (std::size_t i = 0; i < found.groups.size(); ++i) {
        UnitGroup& group = found.groups[i];
        if (group.reason.empty() && group.units.size() < 2) group.reason = "its rows can only leave all together";
        if (group.reason.empty() && !isRead[i]) group.reason = "no product reads it";
    }
}

}  // namespace

std::string_view name(UnitKind kind) {
    return kind == UnitKind::Channels ? "channels" : kind == UnitKind::Heads ? "heads" : "neurons";
}

UnitGroups findUnits(const Graph& graph) {
    AxisTrace trace(graph);
    trace.run();
    Numbering numbering(trace);
    UnitGroups found = numbering.number();
    std::vector<bool> seen(found.groups.size(), false);
    for (int atom = 0; atom < trace.units.size(); ++atom) {
        const int unit = numbering.renumbered({atom}).front();
        const auto group = static_cast<std::size_t>(found.groupOfUnit[static_cast<std::size_t>(unit)]);
        if (seen[group]) continue;
        seen[group] = true;
        found.groups[group].kind = kindOf(trace, found.groups[group], trace.units.areHeads(atom));
    }
    found.parts = std::move(trace.parts);
    found.counts = std::move(trace.counts);
    found.axes = trace.traced();
    for (Part& part : found.parts) part.labels = numbering.renumbered(part.labels);
    for (Count& count : found.counts) count.labels = numbering.renumbered(count.labels);
    for (TracedAxis& axis : found.axes) axis.labels = numbering.renumbered(axis.labels);
    requireReaders(found);
    return found;
}

}  // namespace trimtab::compress
