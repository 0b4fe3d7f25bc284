#pragma once
// Which indices of the axes of a graph can only leave together. An atom is one index of the axis that a product makes; atoms that meet
// elsewhere (at a sum, a head, a row of scores) are joined to units, and the units of one axis and of all that it meets form a group.
#include <string>
#include <utility>
#include <vector>

namespace trimtab::compress {

class UnitClasses {
public:
    /// `count` new atoms in a group of their own; returns the first, the others follow it.
    int add(int count);
    int size() const { return static_cast<int>(m_unit.size()); }

    /// They leave together or not at all; their groups become one.
    void join(int a, int b);
    /// The atom that stands for all that leave together with this one.
    int unitOf(int atom) { return root(m_unit, atom); }
    /// The atom that stands for its group.
    int groupOf(int atom) { return root(m_group, atom); }

    /// Nothing of the atom's group may leave. The first reason stands.
    void leaveAlone(int atom, const std::string& reason);
    /// Empty when the group may shrink.
    const std::string& reason(int atom) { return m_about[static_cast<std::size_t>(groupOf(atom))].reason; }

    /// The group runs through a product of two activations, side by side: it is the heads of an attention.
    void markHeads(int atom) { m_about[static_cast<std::size_t>(groupOf(atom))].heads = true; }
    bool areHeads(int atom) { return m_about[static_cast<std::size_t>(groupOf(atom))].heads; }

private:
    struct About {
        std::string reason;
        bool heads = false;
    };
    static int root(std::vector<int>& parents, int atom);

    std::vector<int> m_unit;
    std::vector<int> m_group;
    std::vector<About> m_about;  // of groups, at the atom that stands for them
};

}  // namespace trimtab::compress
