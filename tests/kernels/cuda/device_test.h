#pragma once
// What kernel tests share. The same test sources are built twice: over the emulator for the ordinary test run, and over a real GPU for the
// bundle, so a test says nothing of either.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "core/tensor/data_type.h"
#include "kernels/cuda/device/device.h"

namespace trimtab::cuda {

/// Typed device memory of exactly `size` elements; what lies behind it is out of bounds, and the emulator says so.
template <class T>
struct DeviceArray {
    DeviceMemory memory;
    std::size_t size = 0;
    T* data() const { return reinterpret_cast<T*>(memory.get()); }
};

class DeviceTest : public ::testing::Test {
protected:
    static Device& device() {
        static const std::shared_ptr<Device> opened = [] {
            auto made = openDevice(0);
            if (!made) ADD_FAILURE() << made.error().text();
            return made.value_or(nullptr);
        }();
        return *opened;
    }
    static Stream stream() { return device().stream(); }

    template <class T>
    static DeviceArray<T> array(const std::vector<T>& values) {
        DeviceArray<T> made = uninitialised<T>(values.size());
        const auto bytes = static_cast<std::int64_t>(values.size() * sizeof(T));
        if (bytes > 0) {
            EXPECT_TRUE(device().upload(made.data(), values.data(), bytes));
        }
        EXPECT_TRUE(device().synchronize());
        return made;
    }
    /// Filled with bytes that no result should hold by chance (NaN as floats).
    template <class T>
    static DeviceArray<T> uninitialised(std::size_t count) {
        auto memory = device().allocate(static_cast<std::int64_t>(count * sizeof(T)));
        EXPECT_TRUE(memory) << (memory ? "" : memory.error().text());
        DeviceArray<T> made{*memory, count};
        const std::vector<unsigned char> poison(count * sizeof(T), 0xFF);
        if (count > 0) {
            EXPECT_TRUE(device().upload(made.data(), poison.data(), static_cast<std::int64_t>(poison.size())));
        }
        EXPECT_TRUE(device().synchronize());
        return made;
    }
    /// Waits for the stream; an error of any kernel before fails the test.
    template <class T>
    static std::vector<T> read(const DeviceArray<T>& from) {
        std::vector<T> values(from.size);
        if (from.size > 0) {
            EXPECT_TRUE(device().download(values.data(), from.data(), static_cast<std::int64_t>(from.size * sizeof(T))));
        }
        const Status done = device().synchronize();
        EXPECT_TRUE(done) << (done ? "" : done.error().text());
        return values;
    }

    static std::vector<float> normal(std::size_t count, unsigned seed) {
        std::mt19937 engine(seed);
        std::normal_distribution<float> draw;
        std::vector<float> values(count);
        for (float& value : values) value = draw(engine);
        return values;
    }
};

/// Floats as elements of `type` (Float32, Float16, BFloat16) in bytes, rounded to nearest even, and back.
inline std::vector<std::uint8_t> toBytes(DataType type, const std::vector<float>& values) {
    const std::size_t width = type == DataType::Float32 ? 4 : 2;
    std::vector<std::uint8_t> bytes(values.size() * width);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (width == 4) {
            std::memcpy(&bytes[i * 4], &values[i], 4);
            continue;
        }
        const std::uint16_t bits = type == DataType::Float16 ? tensor::floatToHalf(values[i]) : tensor::floatToBfloat(values[i]);
        std::memcpy(&bytes[i * 2], &bits, 2);
    }
    return bytes;
}

inline std::vector<float> toFloats(DataType type, const std::vector<std::uint8_t>& bytes) {
    const std::size_t width = type == DataType::Float32 ? 4 : 2;
    std::vector<float> values(bytes.size() / width);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (width == 4) {
            std::memcpy(&values[i], &bytes[i * 4], 4);
            continue;
        }
        std::uint16_t bits = 0;
        std::memcpy(&bits, &bytes[i * 2], 2);
        values[i] = type == DataType::Float16 ? tensor::halfToFloat(bits) : tensor::bfloatToFloat(bits);
    }
    return values;
}

/// ‖got − wanted‖ / ‖wanted‖ in double; infinite when anything is NaN; the norm of `got` itself when `wanted` is all zero.
inline double relativeError(const std::vector<float>& got, const std::vector<double>& wanted) {
    double difference = 0;
    double norm = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (i >= got.size() || std::isnan(got[i])) return std::numeric_limits<double>::infinity();
        difference += (got[i] - wanted[i]) * (got[i] - wanted[i]);
        norm += wanted[i] * wanted[i];
    }
    return norm > 0 ? std::sqrt(difference / norm) : std::sqrt(difference);
}

}  // namespace trimtab::cuda
