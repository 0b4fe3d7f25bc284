#pragma once
// By NodeScope kernels say where they are. A listener (profiler/host) notes begin and end; without one a scope costs a branch.
#include <cstdint>

namespace trimtab::trace {

class NodeListener {
public:
    virtual ~NodeListener() = default;
    virtual void beginNode(std::int32_t layer) = 0;  // index into the plan's layer records
    virtual void endNode(std::int32_t layer) = 0;
    /// A layer's time by the device's own clock, after the run; it stands in place of begin and end, which the host's clock tells.
    virtual void nodeTime([[maybe_unused]] std::int32_t layer, [[maybe_unused]] double nanoseconds) {}
};

class NodeScope {
public:
    NodeScope(NodeListener* listener, std::int32_t layer) : m_listener(listener), m_layer(layer) {
        if (m_listener) m_listener->beginNode(m_layer);
    }
    ~NodeScope() {
        if (m_listener) m_listener->endNode(m_layer);
    }
    NodeScope(const NodeScope&) = delete;
    NodeScope& operator=(const NodeScope&) = delete;

private:
    NodeListener* m_listener;
    std::int32_t m_layer;
};

}  // namespace trimtab::trace
