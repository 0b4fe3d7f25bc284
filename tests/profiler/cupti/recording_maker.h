#pragma once
// Recordings as a GPU's would be, made by hand.
#include <string>
#include <vector>

#include "core/trace/layer_record.h"
#include "profiler/cupti/activity.h"
#include "profiler/cupti/scope_id.h"

namespace trimtab::cupti::test {

inline std::vector<trace::LayerRecord> layers(std::size_t count) {
    std::vector<trace::LayerRecord> records(count);
    for (std::size_t i = 0; i < count; ++i) records[i].node = "layer " + std::to_string(i);
    return records;
}

class RecordingMaker {
public:
    /// A kept run; its number, from 1.
    std::size_t run(std::uint64_t beginNs, std::uint64_t endNs) {
        m_recording.runs.push_back({beginNs, endNs});
        return m_recording.runs.size();
    }
    /// What was launched by itself, in the scope of a layer of a kept run.
    Activity& launched(std::size_t run, std::int32_t layer, std::uint64_t beginNs, std::uint64_t endNs, std::uint32_t stream = 7) {
        scope(m_nextCall, run, layer);
        return activity(ActivityKind::Kernel, beginNs, endNs, m_nextCall++, stream);
    }
    /// A node of a graph that the call started.
    Activity& replayed(std::uint64_t node, std::uint32_t call, std::uint64_t beginNs, std::uint64_t endNs, std::uint32_t stream = 7) {
        Activity& made = activity(ActivityKind::Kernel, beginNs, endNs, call, stream);
        made.graphNode = node;
        made.graph = 3;
        return made;
    }
    Activity& call(std::uint32_t call, std::uint64_t beginNs, std::uint64_t endNs, const std::string& name = "cudaLaunchKernel") {
        Activity& made = activity(ActivityKind::Call, beginNs, endNs, call, 0);
        made.thread = 11;
        made.name = nameOf(name);
        return made;
    }
    Activity& activity(ActivityKind kind, std::uint64_t beginNs, std::uint64_t endNs, std::uint32_t call, std::uint32_t stream = 7) {
        Activity& made = m_recording.activities.list.emplace_back();
        made.kind = kind;
        made.beginNs = beginNs;
        made.endNs = endNs;
        made.correlation = call;
        made.stream = stream;
        made.name = nameOf(kind == ActivityKind::Kernel ? "kernel" : "other");
        return made;
    }
    void scope(std::uint32_t call, std::size_t run, std::int32_t layer) {
        m_recording.activities.correlations.push_back({call, scopeId(run, layer)});
    }
    std::int32_t nameOf(const std::string& name) {
        auto& names = m_recording.activities.names;
        for (std::size_t i = 0; i < names.size(); ++i)
            if (names[i] == name) return static_cast<std::int32_t>(i);
        names.push_back(name);
        return static_cast<std::int32_t>(names.size() - 1);
    }
    std::uint32_t nextCall() { return m_nextCall++; }
    Recording& recording() { return m_recording; }

private:
    Recording m_recording;
    std::uint32_t m_nextCall = 100;
};

}  // namespace trimtab::cupti::test
