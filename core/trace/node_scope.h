#pragma once
// By NodeScope kernels say where they are. A listener (profiler/host, profiler/cupti) notes begin and end; without one a scope costs a
// branch.
#include <cstdint>
#include <memory>

namespace trimtab::trace {

/// In place of a layer: inputs and outputs of a run on their way to a device or back.
inline constexpr std::int32_t kTransfers = -2;
/// In place of a layer: the inputs have shapes that no plan is kept for, and the run is planned anew.
inline constexpr std::int32_t kPlanning = -3;

class NodeListener {
public:
    virtual ~NodeListener() = default;
    virtual void beginNode(std::int32_t layer) = 0;  // index into the plan's layer records
    virtual void endNode(std::int32_t layer) = 0;
    /// A layer's time by the device's own clock, after the run; it stands in place of begin and end, which the host's clock tells.
    virtual void nodeTime([[maybe_unused]] std::int32_t layer, [[maybe_unused]] double nanoseconds) {}

    /// It learns from the device itself when work ran. Who enqueues opens scopes around its calls, of layers and of kTransfers, and
    /// measures nothing.
    virtual bool hasDeviceClock() const { return false; }
    /// Work that was recorded inside scopes keeps its layers when it is replayed without them.
    virtual bool followsRecordings() const { return false; }
    /// Takes what was recorded while it listens. Who replays that keeps no more than a weak pointer, so that it ends with the listening.
    virtual void keep([[maybe_unused]] std::shared_ptr<void> recording) {}
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
