#pragma once
// Keys and values that attention writes where they stand (core/graph/attention/attention_nodes.h, kCachesInPlace), on the device from one
// run to the next: one memory for all plans of a model, so that what a prompt's plan wrote is what a step's plan reads.
#include <map>
#include <set>
#include <string>

#include "core/graph/graph.h"
#include "kernels/cuda/device/device.h"

namespace trimtab::cuda {

class KeptCaches {
public:
    explicit KeptCaches(const Graph& graph);

    /// Whether the graph's input is such a cache.
    bool holds(const std::string& input) const { return m_inputs.contains(input); }
    /// The memory of a cache, zeros at first. Asked for other bytes than before, it begins anew; plans that hold the old memory keep it.
    Result<DeviceMemory> memory(const std::string& input, std::int64_t bytes, Device& device);

private:
    struct Kept {
        DeviceMemory memory;
        std::int64_t bytes = -1;
    };
    std::set<std::string> m_inputs;
    std::map<std::string, Kept> m_kept;
};

}  // namespace trimtab::cuda
