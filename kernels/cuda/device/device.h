#pragma once
// One GPU with one stream: memory, copies, graphs, timing. Everything that the engine asks of the driver goes through here, so that the
// same engine also runs on the emulator of tests/support/simt, which implements this header over host memory. Threading: one thread at a
// time. Work is asynchronous unless a comment says otherwise; errors of earlier work surface at any later call.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.h"

namespace trimtab::cuda {

/// A cudaStream_t where CUDA's headers are seen; opaque elsewhere.
struct Stream {
    void* handle = nullptr;
};

struct DeviceProperties {
    std::string name;           // "NVIDIA H100 80GB HBM3"
    int computeCapability = 0;  // 90 for 9.0
    int multiprocessors = 0;
    std::int64_t memoryBytes = 0;
    std::int64_t l2Bytes = 0;
    std::string driver;   // the CUDA version that the driver speaks: "13.0"
    std::string runtime;  // the CUDA version that this was built with
    bool emulated = false;
};

/// Device memory; given back to the pool with the last copy of the pointer.
using DeviceMemory = std::shared_ptr<std::byte>;

/// A recorded sequence of device work that one call starts again.
class Recording {
public:
    virtual ~Recording() = default;
    virtual Status replay() = 0;
};

/// Points in the stream between which the device's own clock measures.
class Stopwatch {
public:
    virtual ~Stopwatch() = default;
    /// Notes mark i, 0 ≤ i < marks.
    virtual Status mark(int i) = 0;
    /// Nanoseconds between two marks; waits for the second.
    virtual Result<double> nanoseconds(int from, int to) = 0;
};

class Device {
public:
    virtual ~Device() = default;

    virtual const DeviceProperties& properties() const = 0;
    virtual Stream stream() const = 0;
    virtual std::int64_t freeBytes() const = 0;

    /// 256-byte aligned; never empty (0 bytes are rounded up). OutOfMemory, naming the bytes asked for and those free.
    virtual Result<DeviceMemory> allocate(std::int64_t bytes) = 0;
    /// Host memory that copies reach without staging (page-locked).
    virtual Result<DeviceMemory> allocateHost(std::int64_t bytes) = 0;

    virtual Status upload(void* to, const void* from, std::int64_t bytes) = 0;    // host → device
    virtual Status download(void* to, const void* from, std::int64_t bytes) = 0;  // device → host
    virtual Status copy(void* to, const void* from, std::int64_t bytes) = 0;      // device → device
    virtual Status clear(void* to, std::int64_t bytes) = 0;                       // zero bytes
    /// Waits for everything and returns the first error that any of it met.
    virtual Status synchronize() = 0;

    /// What is enqueued between the two calls is recorded, not run. Nothing may be allocated or waited for in between.
    virtual Status beginRecording() = 0;
    virtual Result<std::unique_ptr<Recording>> endRecording() = 0;

    virtual Result<std::unique_ptr<Stopwatch>> stopwatch(int marks) = 0;
};

/// Opens GPU `ordinal`. Unsupported with the reason and what to do: no driver, a driver too old (naming the version needed), no such
/// device, a card that the module holds no code for.
Result<std::shared_ptr<Device>> openDevice(int ordinal);

}  // namespace trimtab::cuda
