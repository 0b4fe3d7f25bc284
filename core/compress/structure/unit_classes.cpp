#include "core/compress/structure/unit_classes.h"

#include <numeric>

namespace trimtab::compress {

int UnitClasses::root(std::vector<int>& parents, int atom) {
    auto at = static_cast<std::size_t>(atom);
    while (parents[at] != static_cast<int>(at)) {
        parents[at] = parents[static_cast<std::size_t>(parents[at])];
        at = static_cast<std::size_t>(parents[at]);
    }
    return static_cast<int>(at);
}

int UnitClasses::add(int count) {
    const int first = size();
    m_unit.resize(m_unit.size() + static_cast<std::size_t>(count));
    std::iota(m_unit.begin() + first, m_unit.end(), first);
    m_group.resize(m_unit.size(), first);
    m_about.resize(m_unit.size());
    return first;
}

void UnitClasses::join(int a, int b) {
    m_unit[static_cast<std::size_t>(unitOf(b))] = unitOf(a);
    const int stays = groupOf(a);
    const int goes = groupOf(b);
    if (stays == goes) return;
    m_group[static_cast<std::size_t>(goes)] = stays;
    About& about = m_about[static_cast<std::size_t>(stays)];
    const About& other = m_about[static_cast<std::size_t>(goes)];
    if (about.reason.empty()) about.reason = other.reason;
    about.heads = about.heads || other.heads;
}

void UnitClasses::leaveAlone(int atom, const std::string& reason) {
    std::string& known = m_about[static_cast<std::size_t>(groupOf(atom))].reason;
    if (known.empty()) known = reason;
}

}  // namespace trimtab::compress
