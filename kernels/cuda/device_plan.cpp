#include "kernels/cuda/device_plan.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace trimtab::cuda {
namespace {

std::size_t at(SlotId slot) { return static_cast<std::size_t>(slot); }

}  // namespace

Result<std::unique_ptr<DevicePlan>> DevicePlan::make(std::unique_ptr<plan::Plan> plan, const CudaBackend& backend, KeptCaches& caches) {
    std::unique_ptr<DevicePlan> made(new DevicePlan(std::move(plan), backend));
    TRIMTAB_REQUIRE(made->placeInputs(caches));
    TRIMTAB_REQUIRE(made->placeOutputs());
    return made;
}

Status DevicePlan::placeInputs(KeptCaches& caches) {
    constexpr std::int64_t kFewBytes = 16 * 1024, kAlignment = 256;
    const auto isCache = [&](const plan::Plan::Input& input) { return caches.holds(input.name); };
    const bool isOfText = std::ranges::any_of(m_plan->inputs, isCache);
    for (const plan::Plan::Input& input : m_plan->inputs) {
        const std::int64_t bytes = *tensor::byteSize(input.type, input.shape.elementCount());
        Place place;
        place.isCache = isCache(input);
        if (place.isCache) {
            TRIMTAB_TRY(place.memory, caches.memory(input.name, bytes, m_backend.device()));
        } else if (isOfText && bytes <= kFewBytes) {
            place.offset = std::exchange(m_togetherBytes, m_togetherBytes + (bytes + kAlignment - 1) / kAlignment * kAlignment);
        } else {
            TRIMTAB_TRY(place.memory, m_backend.device().allocate(bytes));
        }
        m_inputs.push_back(std::move(place));
    }
    if (m_togetherBytes > 0) {
        TRIMTAB_TRY(m_together, m_backend.device().allocate(m_togetherBytes));
        TRIMTAB_TRY(m_staging, m_backend.device().allocateHost(m_togetherBytes));
    }
    for (std::size_t i = 0; i < m_inputs.size(); ++i)
        m_plan->frame.pointers[at(m_plan->inputs[i].slot)] =
            m_inputs[i].offset < 0 ? m_inputs[i].memory.get() : m_together.get() + m_inputs[i].offset;
    for (const auto& [slot, root] : m_plan->inputAliases) m_plan->frame.pointers[at(slot)] = m_plan->frame.pointers[at(root)];
    return {};
}

Status DevicePlan::placeOutputs() {
    for (const plan::Plan::Output& output : m_plan->outputs) {
        DeviceMemory memory;
        if (output.slot != kNoSlot) {
            TRIMTAB_TRY(memory, m_backend.device().allocateHost(*tensor::byteSize(output.type, output.shape.elementCount())));
        }
        m_outputs.push_back(std::move(memory));
    }
    TRIMTAB_TRY(m_fault, m_backend.device().allocateHost(sizeof(int)));
    return {};
}

Status DevicePlan::upload(std::span<const NamedTensor> given) {
    for (std::size_t i = 0; i < m_inputs.size(); ++i) {
        const Place& place = m_inputs[i];
        if (place.isCache) continue;
        const std::span<const std::byte> bytes = plan::findTensor(given, m_plan->inputs[i].name, i)->bytes();
        if (place.offset >= 0)
            std::ranges::copy(bytes, m_staging.get() + place.offset);
        else
            TRIMTAB_REQUIRE(m_backend.device().upload(place.memory.get(), bytes.data(), static_cast<std::int64_t>(bytes.size())));
    }
    if (m_togetherBytes == 0) return {};
    return m_backend.device().upload(m_together.get(), m_staging.get(), m_togetherBytes);
}

Status DevicePlan::runRange(const plan::Plan::Range& range) {
    for (std::size_t i = range.begin; i < range.end; ++i) {
        if (Status done = m_plan->steps[i].call(m_plan->frame); !done) {
            Error error = std::move(done).error();
            if (error.context.empty()) error.context = m_plan->records[static_cast<std::size_t>(range.layer)].node;
            return fail(std::move(error));
        }
    }
    return {};
}

Status DevicePlan::steps() {
    for (const plan::Plan::Range& range : m_plan->ranges) TRIMTAB_REQUIRE(runRange(range));
    return {};
}

Status DevicePlan::timedSteps(trace::NodeListener& listener) {
    const auto& ranges = m_plan->ranges;
    if (!m_watch) {
        TRIMTAB_TRY(m_watch, m_backend.device().stopwatch(static_cast<int>(ranges.size()) + 1));
    }
    TRIMTAB_REQUIRE(m_watch->mark(0));
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        TRIMTAB_REQUIRE(runRange(ranges[i]));
        TRIMTAB_REQUIRE(m_watch->mark(static_cast<int>(i) + 1));
    }
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        TRIMTAB_TRY(const double time, m_watch->nanoseconds(static_cast<int>(i), static_cast<int>(i) + 1));
        if (ranges[i].end > ranges[i].begin) listener.nodeTime(ranges[i].layer, time);
    }
    return {};
}

Status DevicePlan::pass() {
    if (m_plan->waitsForHost || !m_ran) {
        m_ran = true;
        return steps();
    }
    if (!m_recording) {
        TRIMTAB_TRY(m_recording, record([this] { return steps(); }));
    }
    return m_recording->replay();
}

Result<std::unique_ptr<Recording>> DevicePlan::record(const std::function<Status()>& enqueue) {
    TRIMTAB_REQUIRE(m_backend.device().beginRecording());
    const Status enqueued = enqueue();
    auto recording = m_backend.device().endRecording();
    TRIMTAB_REQUIRE(enqueued);
    return recording;
}

Status DevicePlan::scopedSteps(trace::NodeListener& listener) {
    for (const plan::Plan::Range& range : m_plan->ranges) {
        const trace::NodeScope scope(&listener, range.layer);
        TRIMTAB_REQUIRE(runRange(range));
    }
    return {};
}

Status DevicePlan::scopedPass(trace::NodeListener& listener) {
    if (m_plan->waitsForHost || !m_ran || !listener.followsRecordings()) {
        m_ran = true;
        return scopedSteps(listener);
    }
    std::shared_ptr<Recording> recording = m_listener == &listener ? m_listened.lock() : nullptr;
    if (!recording) {
        TRIMTAB_TRY(recording, record([&] { return scopedSteps(listener); }));
        listener.keep(recording);
        m_listened = recording;
        m_listener = &listener;
    }
    return recording->replay();
}

Status DevicePlan::collect() {
    Device& device = m_backend.device();
    for (std::size_t i = 0; i < m_plan->outputs.size(); ++i) {
        const plan::Plan::Output& output = m_plan->outputs[i];
        if (output.slot == kNoSlot) continue;
        TRIMTAB_REQUIRE(device.download(m_outputs[i].get(), m_plan->frame.pointers[at(output.slot)],
                                        *tensor::byteSize(output.type, output.shape.elementCount())));
    }
    TRIMTAB_REQUIRE(device.download(m_fault.get(), m_backend.faultWord(), sizeof(int)));
    TRIMTAB_REQUIRE(device.synchronize());
    int fault = 0;
    std::memcpy(&fault, m_fault.get(), sizeof fault);
    if (fault == 0) return {};
    TRIMTAB_REQUIRE(device.clear(m_backend.faultWord(), sizeof(int)));
    const auto layer = static_cast<std::size_t>(fault - 1);
    return fail(ErrorCode::Refused, "an index is outside the rows of the table",
                layer < m_plan->records.size() ? m_plan->records[layer].node : "");
}

Result<std::vector<NamedTensor>> DevicePlan::results() const {
    std::vector<NamedTensor> made;
    for (std::size_t i = 0; i < m_plan->outputs.size(); ++i) {
        const plan::Plan::Output& output = m_plan->outputs[i];
        if (output.slot != kNoSlot) {
            const auto bytes = static_cast<std::size_t>(*tensor::byteSize(output.type, output.shape.elementCount()));
            made.push_back({output.name, Tensor::view(output.type, output.shape, {m_outputs[i].get(), bytes}, m_outputs[i])});
            continue;
        }
        const auto* tensor = std::get_if<Tensor>(&m_plan->frame.dynamic[static_cast<std::size_t>(output.value)]);
        if (!tensor) return fail(ErrorCode::Unsupported, "output '" + output.name + "' is a sequence; only tensors can be returned");
        made.push_back({output.name, *tensor});
    }
    return made;
}

Result<std::vector<NamedTensor>> DevicePlan::run(std::span<const NamedTensor> given, trace::NodeListener* listener) {
    trace::NodeListener* const scoped = listener && listener->hasDeviceClock() ? listener : nullptr;
    {
        const trace::NodeScope scope(scoped, trace::kTransfers);
        TRIMTAB_REQUIRE(upload(given));
    }
    TRIMTAB_REQUIRE(scoped ? scopedPass(*scoped) : listener ? timedSteps(*listener) : pass());
    const trace::NodeScope scope(scoped, trace::kTransfers);
    TRIMTAB_REQUIRE(collect());
    return results();
}

}  // namespace trimtab::cuda
