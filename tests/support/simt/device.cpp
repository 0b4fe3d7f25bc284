// openDevice() of the emulator.
#include "kernels/cuda/device/device.h"

#include <chrono>
#include <cstring>
#include <optional>

#include "tests/support/simt/queue.h"

namespace trimtab::cuda {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kMemoryBytes = std::int64_t{4} << 30;

class EmulatedRecording : public Recording {
public:
    EmulatedRecording(std::shared_ptr<simt::Queue> queue, std::vector<simt::Work> work)
        : m_queue(std::move(queue)), m_work(std::move(work)) {}

    Status replay() override {
        for (const simt::Work& work : m_work) TRIMTAB_REQUIRE(m_queue->enqueue(work));
        return {};
    }

private:
    std::shared_ptr<simt::Queue> m_queue;
    std::vector<simt::Work> m_work;
};

class EmulatedStopwatch : public Stopwatch {
public:
    EmulatedStopwatch(std::shared_ptr<simt::Queue> queue, int marks)
        : m_queue(std::move(queue)), m_marks(std::make_shared<Marks>(static_cast<std::size_t>(marks))) {}

    Status mark(int i) override {
        if (!known(i)) return fail(ErrorCode::Usage, "the stopwatch has no mark " + std::to_string(i));
        return m_queue->enqueue([marks = m_marks, i]() -> Status {
            (*marks)[static_cast<std::size_t>(i)] = Clock::now();
            return {};
        });
    }
    Result<double> nanoseconds(int from, int to) override {
        if (m_queue->recording()) return fail(ErrorCode::Failed, "waiting for a mark while the stream is being recorded");
        if (!noted(from) || !noted(to)) return fail(ErrorCode::Usage, "a mark that was not noted");
        const auto time = *(*m_marks)[static_cast<std::size_t>(to)] - *(*m_marks)[static_cast<std::size_t>(from)];
        return std::chrono::duration<double, std::nano>(time).count();
    }

private:
    using Marks = std::vector<std::optional<Clock::time_point>>;
    bool known(int i) const { return i >= 0 && static_cast<std::size_t>(i) < m_marks->size(); }
    bool noted(int i) const { return known(i) && (*m_marks)[static_cast<std::size_t>(i)].has_value(); }

    std::shared_ptr<simt::Queue> m_queue;
    std::shared_ptr<Marks> m_marks;
};

class EmulatedDevice : public Device {
public:
    EmulatedDevice() {
        m_properties.name = "emulated GPU";
        m_properties.computeCapability = 80;
        m_properties.multiprocessors = 4;
        m_properties.memoryBytes = kMemoryBytes;
        m_properties.l2Bytes = std::int64_t{4} << 20;
        m_properties.driver = "emulated";
        m_properties.runtime = "emulated";
        m_properties.emulated = true;
    }

    const DeviceProperties& properties() const override { return m_properties; }
    Stream stream() const override { return {m_queue.get()}; }
    std::int64_t freeBytes() const override { return m_heap->freeBytes(); }

    Result<DeviceMemory> allocate(std::int64_t bytes) override {
        if (m_queue->recording()) return fail(ErrorCode::Failed, "memory is asked for while the stream is being recorded");
        return m_heap->allocate(bytes, false);
    }
    Result<DeviceMemory> allocateHost(std::int64_t bytes) override { return m_heap->allocate(bytes, true); }

    Status upload(void* to, const void* from, std::int64_t bytes) override { return move("an upload", to, from, bytes, true, false); }
    Status download(void* to, const void* from, std::int64_t bytes) override { return move("a download", to, from, bytes, false, true); }
    Status copy(void* to, const void* from, std::int64_t bytes) override { return move("a copy", to, from, bytes, true, true); }
    Status clear(void* to, std::int64_t bytes) override {
        TRIMTAB_REQUIRE(check("clearing", to, bytes));
        return m_queue->enqueue([heap = m_heap, to, bytes]() -> Status {
            if (!heap->holds(to, static_cast<std::size_t>(bytes))) return fail(ErrorCode::Failed, "clearing memory that was given back");
            std::memset(to, 0, static_cast<std::size_t>(bytes));
            return {};
        });
    }
    Status synchronize() override { return m_queue->finish(); }

    Status beginRecording() override { return m_queue->beginRecording(); }
    Result<std::unique_ptr<Recording>> endRecording() override {
        TRIMTAB_TRY(auto work, m_queue->endRecording());
        return std::make_unique<EmulatedRecording>(m_queue, std::move(work));
    }

    Result<std::unique_ptr<Stopwatch>> stopwatch(int marks) override {
        if (marks < 0) return fail(ErrorCode::Usage, "a stopwatch of " + std::to_string(marks) + " marks");
        return std::make_unique<EmulatedStopwatch>(m_queue, marks);
    }

private:
    /// The device's side of a copy must lie in one allocation.
    Status check(const std::string& what, const void* address, std::int64_t bytes) const {
        if (bytes >= 0 && (bytes == 0 || m_heap->holds(address, static_cast<std::size_t>(bytes)))) return {};
        return fail(ErrorCode::Failed, what + " of " + std::to_string(bytes) + " bytes at an address " +
                                           m_heap->describe(address).value_or("that is no device memory"));
    }
    Status move(const std::string& what, void* to, const void* from, std::int64_t bytes, bool toDevice, bool fromDevice) {
        if (toDevice) TRIMTAB_REQUIRE(check(what, to, bytes));
        if (fromDevice) TRIMTAB_REQUIRE(check(what, from, bytes));
        return m_queue->enqueue([=, heap = m_heap]() -> Status {
            const auto size = static_cast<std::size_t>(bytes);
            if (size == 0) return {};
            if ((toDevice && !heap->holds(to, size)) || (fromDevice && !heap->holds(from, size))) {
                return fail(ErrorCode::Failed, what + " of memory that was given back");
            }
            std::memcpy(to, from, size);
            return {};
        });
    }

    DeviceProperties m_properties;
    std::shared_ptr<simt::Heap> m_heap = std::make_shared<simt::Heap>(kMemoryBytes);
    std::shared_ptr<simt::Queue> m_queue = std::make_shared<simt::Queue>(m_heap);
};

}  // namespace

Result<std::shared_ptr<Device>> openDevice(int ordinal) {
    if (ordinal != 0) {
        return fail(ErrorCode::Unsupported, "there is one emulated GPU, number 0; " + std::to_string(ordinal) + " was asked for");
    }
    return std::make_shared<EmulatedDevice>();
}

}  // namespace trimtab::cuda
