#include "profiler/cupti/settle.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "core/trace/node_scope.h"
#include "profiler/cupti/scope_id.h"

namespace trimtab::cupti {
namespace {

class Settler {
public:
    Settler(const Recording& recording, std::size_t layers) : m_recording(recording), m_layers(layers) {
        for (const Correlation& correlation : recording.activities.correlations) m_scopes[correlation.call] = correlation.scope;
        for (const Activity& activity : recording.activities.list) {
            if (activity.kind == ActivityKind::Call) {
                const auto [known, isNew] = m_calls.try_emplace(activity.correlation, activity.beginNs);
                if (!isNew) known->second = std::min(known->second, activity.beginNs);
            } else if (isOfDevice(activity.kind) && activity.kind != ActivityKind::Graph) {
                m_toldByNodes.insert(activity.correlation);
            }
        }
    }

    Settlement settle() const {
        Settlement result;
        for (const Activity& activity : m_recording.activities.list) {
            const bool isOfDevice = cupti::isOfDevice(activity.kind);
            if (activity.kind == ActivityKind::Graph && m_toldByNodes.contains(activity.correlation)) continue;
            const bool isTimed = activity.endNs != 0 && activity.endNs >= activity.beginNs;
            if (isOfDevice && !isTimed) ++result.untimed;
            if (!isTimed) continue;
            const auto run = runOf(activity);
            if (!run) continue;
            (isOfDevice ? result.device : result.host).push_back({&activity, *run, layerOf(activity)});
        }
        const auto inOrder = [](const Settled& settled) { return std::tuple(settled.run, settled.activity->beginNs); };
        std::ranges::stable_sort(result.device, {}, inOrder);
        std::ranges::stable_sort(result.host, {}, inOrder);
        return result;
    }

private:
    template <class Map>
    static std::optional<std::uint64_t> ofCalls(const Map& map, const Activity& activity) {
        for (const std::uint32_t call : {activity.correlation, activity.runtimeCorrelation})
            if (const auto found = map.find(call); call != 0 && found != map.end()) return found->second;
        return std::nullopt;
    }

    std::optional<std::size_t> runAt(std::uint64_t time) const {
        const auto& runs = m_recording.runs;
        const auto behind = std::ranges::upper_bound(runs, time, {}, &RunMark::beginNs);
        if (behind == runs.begin() || time > std::prev(behind)->endNs) return std::nullopt;
        return static_cast<std::size_t>(std::prev(behind) - runs.begin());
    }

    std::optional<std::size_t> runOf(const Activity& activity) const {
        if (!isOfDevice(activity.kind)) return runAt(activity.beginNs);
        if (const auto scope = ofCalls(m_scopes, activity)) {
            const std::size_t kept = keptRunOf(*scope);
            return kept >= 1 && kept <= m_recording.runs.size() ? std::optional(kept - 1) : std::nullopt;
        }
        return runAt(ofCalls(m_calls, activity).value_or(activity.beginNs));
    }

    std::int32_t layerOf(const Activity& activity) const {
        std::int32_t layer = -1;
        if (const auto node = m_recording.graphNodes.find(activity.graphNode);
            activity.graphNode != 0 && node != m_recording.graphNodes.end())
            layer = node->second;
        else if (const auto scope = ofCalls(m_scopes, activity)) layer = cupti::layerOf(*scope);
        const bool isKnown = layer == trace::kTransfers || (layer >= 0 && static_cast<std::size_t>(layer) < m_layers);
        return isKnown ? layer : -1;
    }

    const Recording& m_recording;
    std::size_t m_layers;
    std::unordered_map<std::uint32_t, std::uint64_t> m_scopes;  // call → scope
    std::unordered_map<std::uint32_t, std::uint64_t> m_calls;   // call → when it began
    std::unordered_set<std::uint32_t> m_toldByNodes;            // launches whose kernels and copies are told one by one
};

}  // namespace

Settlement settle(const Recording& recording, std::size_t layers) { return Settler(recording, layers).settle(); }

}  // namespace trimtab::cupti
