#pragma once
// A plan on the GPU with the memory of its inputs and outputs. The first run goes step by step; later ones replay a recording, unless some
// step waits for the host.
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/trace/node_scope.h"
#include "kernels/cuda/backend.h"
#include "kernels/cuda/kept_caches.h"
#include "kernels/plan/plan.h"

namespace trimtab::cuda {

class DevicePlan {
public:
    /// Inputs that are caches stand in the memory of `caches`.
    static Result<std::unique_ptr<DevicePlan>> make(std::unique_ptr<plan::Plan> plan, const CudaBackend& backend, KeptCaches& caches);

    const plan::Plan& plan() const { return *m_plan; }
    /// REQUIRES: plan().fits(given). Outputs view memory of this plan. Of caches only the shape is looked at.
    Result<std::vector<NamedTensor>> run(std::span<const NamedTensor> given, trace::NodeListener* listener);

    /// For benchmarks that keep everything on the device: inputs up once, then passes over them (enqueued, not waited for).
    /// REQUIRES: nothing that was uploaded before is still on its way.
    Status upload(std::span<const NamedTensor> given);
    Status pass();

private:
    DevicePlan(std::unique_ptr<plan::Plan> plan, const CudaBackend& backend) : m_plan(std::move(plan)), m_backend(backend) {}
    Status placeInputs(KeptCaches& caches);
    Status placeOutputs();
    Status steps();
    Status timedSteps(trace::NodeListener& listener);
    Status scopedSteps(trace::NodeListener& listener);
    Status scopedPass(trace::NodeListener& listener);
    Result<std::unique_ptr<Recording>> record(const std::function<Status()>& enqueue);
    Status runRange(const plan::Plan::Range& range);
    Status collect();
    Result<std::vector<NamedTensor>> results() const;

    std::unique_ptr<plan::Plan> m_plan;
    const CudaBackend& m_backend;
    /// Where an input stands. A step's few bytes (token, lengths) go up together: each copy by itself costs more than its bytes.
    struct Place {
        DeviceMemory memory;
        bool isCache = false;
        std::int64_t offset = -1;  // in m_together and m_staging; −1: it has memory of its own
    };
    std::vector<Place> m_inputs;
    DeviceMemory m_together, m_staging;  // on the device and, page-locked, on the host; null where no inputs go up together
    std::int64_t m_togetherBytes = 0;
    std::vector<DeviceMemory> m_outputs;  // on the host, by output; null for those that only the run knows
    DeviceMemory m_fault;                 // on the host
    std::unique_ptr<Recording> m_recording;
    // Made while a listener listened, and its own: nobody else replays it, and it goes when the listener does.
    std::weak_ptr<Recording> m_listened;
    const trace::NodeListener* m_listener = nullptr;
    std::unique_ptr<Stopwatch> m_watch;
    bool m_ran = false;
};

}  // namespace trimtab::cuda
