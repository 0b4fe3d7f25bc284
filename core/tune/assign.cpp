#include "core/tune/assign.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

namespace trimtab::tune {
namespace {

/// A combination of ways of the first units.
struct State {
    double cost = 0;
    double weight = 0;
    std::uint32_t before = 0;  // index among the states of one unit less
    std::uint32_t way = 0;
};

double leastWeight(const std::vector<Way>& ways) { return std::ranges::min(ways, {}, &Way::weight).weight; }

/// Those that no other beats: ascending weight, falling cost.
void keepUndominated(std::vector<State>& states) {
    std::ranges::sort(states, [](const State& a, const State& b) { return a.weight != b.weight ? a.weight < b.weight : a.cost < b.cost; });
    double best = std::numeric_limits<double>::infinity();
    std::erase_if(states, [&](const State& state) {
        if (state.cost >= best) return true;
        best = state.cost;
        return false;
    });
}

/// Of neighbours in weight the cheapest, until few enough are left; the lightest stays, so that what is possible stays possible.
void thin(std::vector<State>& states, std::size_t most) {
    const double low = states.front().weight, span = states.back().weight - low;
    std::vector<State> kept{states.front()};
    std::int64_t last = -1;
    for (std::size_t i = 1; i < states.size(); ++i) {
        const auto bucket = static_cast<std::int64_t>((states[i].weight - low) / span * static_cast<double>(most - 2));
        if (bucket == last) kept.back() = states[i];  // heavier in the same bucket, and so cheaper
        else kept.push_back(states[i]);
        last = bucket;
    }
    states = std::move(kept);
}

}  // namespace

Result<Assignment> assign(const std::vector<std::vector<Way>>& units, double limit, std::size_t mostStates) {
    std::vector<double> leastAfter(units.size() + 1, 0);
    for (std::size_t u = units.size(); u-- > 0;) leastAfter[u] = leastAfter[u + 1] + leastWeight(units[u]);
    Assignment result;
    std::vector<std::vector<State>> table{{State{}}};
    for (std::size_t u = 0; u < units.size(); ++u) {
        std::vector<State> next;
        for (std::uint32_t s = 0; s < table[u].size(); ++s) {
            const State& state = table[u][s];
            for (std::uint32_t w = 0; w < units[u].size(); ++w) {
                const Way& way = units[u][w];
                if (state.weight + way.weight + leastAfter[u + 1] <= limit)
                    next.push_back({state.cost + way.cost, state.weight + way.weight, s, w});
            }
        }
        if (next.empty())
            return fail(ErrorCode::Refused, fmt::format("the limit of {:.6g} cannot be met: the least that these options come to is {:.6g}",
                                                        limit, leastAfter[0]));
        keepUndominated(next);
        if (next.size() > mostStates) {
            thin(next, mostStates);
            result.exact = false;
        }
        table.push_back(std::move(next));
    }
    const State* state = &table.back().back();  // heaviest, and so cheapest
    result.cost = state->cost;
    result.weight = state->weight;
    result.ways.resize(units.size());
    for (std::size_t u = units.size(); u-- > 0;) {
        result.ways[u] = state->way;
        state = &table[u][state->before];
    }
    return result;
}

}  // namespace trimtab::tune
