// The real device: CUDA's runtime, linked statically; the driver is found at run time.
#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include <cuda_runtime.h>
#include <fmt/format.h>

#include "kernels/cuda/device/device.h"
#include "kernels/cuda/libraries/driver.h"

namespace trimtab::cuda {
namespace {

Status check(cudaError_t code, const char* what) {
    if (code == cudaSuccess) return {};
    const ErrorCode kind = code == cudaErrorMemoryAllocation ? ErrorCode::OutOfMemory : ErrorCode::Failed;
    return fail(kind, fmt::format("{}: {} ({})", what, cudaGetErrorString(code), cudaGetErrorName(code)));
}

class CudaRecording final : public Recording {
public:
    CudaRecording(cudaGraphExec_t graph, cudaStream_t stream) : m_graph(graph), m_stream(stream) {}
    ~CudaRecording() override { cudaGraphExecDestroy(m_graph); }
    CudaRecording(const CudaRecording&) = delete;
    CudaRecording& operator=(const CudaRecording&) = delete;
    Status replay() override { return check(cudaGraphLaunch(m_graph, m_stream), "starting a recorded plan"); }

private:
    cudaGraphExec_t m_graph;
    cudaStream_t m_stream;
};

class CudaStopwatch final : public Stopwatch {
public:
    CudaStopwatch(std::vector<cudaEvent_t> events, cudaStream_t stream) : m_events(std::move(events)), m_stream(stream) {}
    ~CudaStopwatch() override {
        for (cudaEvent_t event : m_events) cudaEventDestroy(event);
    }
    CudaStopwatch(const CudaStopwatch&) = delete;
    CudaStopwatch& operator=(const CudaStopwatch&) = delete;

    Status mark(int i) override { return check(cudaEventRecord(m_events[static_cast<std::size_t>(i)], m_stream), "noting the time"); }
    Result<double> nanoseconds(int from, int to) override {
        const auto end = m_events[static_cast<std::size_t>(to)];
        TRIMTAB_REQUIRE(check(cudaEventSynchronize(end), "waiting for the GPU"));
        float milliseconds = 0;
        TRIMTAB_REQUIRE(
            check(cudaEventElapsedTime(&milliseconds, m_events[static_cast<std::size_t>(from)], end), "reading the GPU's clock"));
        return milliseconds * 1e6;
    }

private:
    std::vector<cudaEvent_t> m_events;
    cudaStream_t m_stream;
};

class CudaDevice final : public Device, public std::enable_shared_from_this<CudaDevice> {
public:
    CudaDevice(int ordinal, DeviceProperties properties) : m_ordinal(ordinal), m_properties(std::move(properties)) {}
    ~CudaDevice() override {
        if (m_stream) {
            cudaStreamSynchronize(m_stream);
            cudaStreamDestroy(m_stream);
        }
    }
    CudaDevice(const CudaDevice&) = delete;
    CudaDevice& operator=(const CudaDevice&) = delete;

    Status open() {
        TRIMTAB_REQUIRE(check(cudaSetDevice(m_ordinal), "choosing the GPU"));
        TRIMTAB_REQUIRE(check(cudaStreamCreateWithFlags(&m_stream, cudaStreamNonBlocking), "making a stream"));
        TRIMTAB_REQUIRE(check(cudaDeviceGetDefaultMemPool(&m_pool, m_ordinal), "opening the memory pool"));
        // Freed memory stays in the pool: the next model finds it without asking the driver.
        std::uint64_t keep = std::numeric_limits<std::uint64_t>::max();
        return check(cudaMemPoolSetAttribute(m_pool, cudaMemPoolAttrReleaseThreshold, &keep), "opening the memory pool");
    }

    const DeviceProperties& properties() const override { return m_properties; }
    Stream stream() const override { return {m_stream}; }

    std::int64_t freeBytes() const override {
        std::size_t free = 0;
        std::size_t total = 0;
        if (cudaMemGetInfo(&free, &total) != cudaSuccess) return 0;
        std::uint64_t reserved = 0;
        std::uint64_t used = 0;
        cudaMemPoolGetAttribute(m_pool, cudaMemPoolAttrReservedMemCurrent, &reserved);
        cudaMemPoolGetAttribute(m_pool, cudaMemPoolAttrUsedMemCurrent, &used);
        return static_cast<std::int64_t>(free + (reserved - used));
    }

    Result<DeviceMemory> allocate(std::int64_t bytes) override {
        void* address = nullptr;
        const cudaError_t code = cudaMallocAsync(&address, static_cast<std::size_t>(std::max<std::int64_t>(bytes, 1)), m_stream);
        if (code == cudaErrorMemoryAllocation) {
            static_cast<void>(cudaGetLastError());
            return fail(ErrorCode::OutOfMemory, fmt::format("the GPU has no room for {} bytes more ({} are free)", bytes, freeBytes()));
        }
        TRIMTAB_REQUIRE(check(code, "allocating GPU memory"));
        return DeviceMemory(static_cast<std::byte*>(address), [device = shared_from_this()](std::byte* memory) {
            static_cast<void>(cudaFreeAsync(memory, device->m_stream));
        });
    }

    Result<DeviceMemory> allocateHost(std::int64_t bytes) override {
        void* address = nullptr;
        TRIMTAB_REQUIRE(
            check(cudaMallocHost(&address, static_cast<std::size_t>(std::max<std::int64_t>(bytes, 1))), "allocating page-locked memory"));
        return DeviceMemory(static_cast<std::byte*>(address), [](std::byte* memory) { static_cast<void>(cudaFreeHost(memory)); });
    }

    Status upload(void* to, const void* from, std::int64_t bytes) override { return move(to, from, bytes, cudaMemcpyHostToDevice); }
    Status download(void* to, const void* from, std::int64_t bytes) override { return move(to, from, bytes, cudaMemcpyDeviceToHost); }
    Status copy(void* to, const void* from, std::int64_t bytes) override { return move(to, from, bytes, cudaMemcpyDeviceToDevice); }
    Status clear(void* to, std::int64_t bytes) override {
        if (bytes == 0) return {};
        return check(cudaMemsetAsync(to, 0, static_cast<std::size_t>(bytes), m_stream), "clearing GPU memory");
    }
    Status synchronize() override { return check(cudaStreamSynchronize(m_stream), "waiting for the GPU"); }

    Status beginRecording() override {
        return check(cudaStreamBeginCapture(m_stream, cudaStreamCaptureModeThreadLocal), "recording a plan");
    }
    Result<std::unique_ptr<Recording>> endRecording() override {
        cudaGraph_t graph = nullptr;
        TRIMTAB_REQUIRE(check(cudaStreamEndCapture(m_stream, &graph), "recording a plan"));
        cudaGraphExec_t executable = nullptr;
        const Status made = check(cudaGraphInstantiate(&executable, graph, 0), "recording a plan");
        cudaGraphDestroy(graph);
        TRIMTAB_REQUIRE(made);
        return std::make_unique<CudaRecording>(executable, m_stream);
    }

    Result<std::unique_ptr<Stopwatch>> stopwatch(int marks) override {
        std::vector<cudaEvent_t> events(static_cast<std::size_t>(marks), nullptr);
        for (cudaEvent_t& event : events) TRIMTAB_REQUIRE(check(cudaEventCreate(&event), "making a clock"));
        return std::make_unique<CudaStopwatch>(std::move(events), m_stream);
    }

private:
    Status move(void* to, const void* from, std::int64_t bytes, cudaMemcpyKind kind) {
        if (bytes == 0) return {};
        return check(cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), kind, m_stream), "copying memory");
    }

    int m_ordinal;
    DeviceProperties m_properties;
    cudaStream_t m_stream = nullptr;
    cudaMemPool_t m_pool = nullptr;
};

/// Driver, runtime and card, each with what to do about it.
Result<DeviceProperties> inspect(int ordinal) {
    TRIMTAB_TRY(const Driver driver, checkDriver());
    if (ordinal < 0 || ordinal >= driver.devices)
        return fail(ErrorCode::Unsupported, fmt::format("there is no GPU {}: {} found", ordinal, driver.devices));
    cudaDeviceProp found{};
    TRIMTAB_REQUIRE(check(cudaGetDeviceProperties(&found, ordinal), "reading the GPU's properties"));
    DeviceProperties properties;
    properties.name = found.name;
    properties.computeCapability = found.major * 10 + found.minor;
    properties.multiprocessors = found.multiProcessorCount;
    properties.memoryBytes = static_cast<std::int64_t>(found.totalGlobalMem);
    properties.l2Bytes = found.l2CacheSize;
    properties.driver = cudaVersionText(driver.cuda);
    properties.runtime = cudaVersionText(CUDART_VERSION);
    if (properties.computeCapability < 80)
        return fail(ErrorCode::Unsupported,
                    fmt::format("{} has compute capability {}.{}; 8.0 or later is needed", properties.name, found.major, found.minor));
    return properties;
}

}  // namespace

Result<std::shared_ptr<Device>> openDevice(int ordinal) {
    TRIMTAB_TRY(DeviceProperties properties, inspect(ordinal));
    auto device = std::make_shared<CudaDevice>(ordinal, std::move(properties));
    TRIMTAB_REQUIRE(device->open());
    return std::static_pointer_cast<Device>(device);
}

}  // namespace trimtab::cuda
