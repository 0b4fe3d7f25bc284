#include "kernels/cuda/device_math.h"

#include <algorithm>

#include "core/base/parallel.h"

namespace trimtab::cuda {
namespace {

constexpr std::int64_t kFloat = sizeof(float);

using Operand = compress::TensorMath::Operand;

/// rows × columns of the host's memory.
struct HostMatrix {
    std::int64_t rows = 0, columns = 0;
    Operand elements;
    float scale = 1;

    std::int64_t bytes() const { return rows * columns * kFloat; }
    HostMatrix rowsFrom(std::int64_t first, std::int64_t count) const {
        HostMatrix part = *this;
        part.rows = count;
        part.elements.data += elements.transposed ? first : first * elements.stride;
        return part;
    }
};

/// Row after row, without what stands between them; a transposed one tile by tile, so that both sides are met line by line.
void pack(const HostMatrix& matrix, float* to) {
    constexpr std::int64_t kTile = 32;
    const auto& [data, stride, transposed] = matrix.elements;
    const auto tiles = static_cast<std::size_t>((matrix.rows + kTile - 1) / kTile);
    base::parallelFor(tiles, [&, data = data, stride = stride, transposed = transposed](std::size_t tile) {
        const std::int64_t first = static_cast<std::int64_t>(tile) * kTile;
        const std::int64_t end = std::min(first + kTile, matrix.rows);
        for (std::int64_t left = 0; left < matrix.columns; left += kTile) {
            const std::int64_t right = std::min(left + kTile, matrix.columns);
            for (std::int64_t r = first; r < end; ++r)
                for (std::int64_t c = left; c < right; ++c)
                    to[r * matrix.columns + c] = matrix.scale * data[transposed ? c * stride + r : r * stride + c];
        }
    });
}

/// Device memory that grows as it must; what it held is lost then.
class Buffer {
public:
    Status reserve(Device& device, std::int64_t bytes) {
        if (bytes <= m_bytes) return {};
        m_memory.reset();
        m_bytes = 0;
        TRIMTAB_TRY(m_memory, device.allocate(bytes));
        m_bytes = bytes;
        return {};
    }
    float* data() const { return reinterpret_cast<float*>(m_memory.get()); }

private:
    DeviceMemory m_memory;
    std::int64_t m_bytes = 0;
};

class DeviceMath final : public compress::TensorMath {
public:
    DeviceMath(std::shared_ptr<Tools> tools, const DeviceMathLimits& limits) : m_tools(std::move(tools)), m_limits(limits) {}

    Status multiply(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const Operand& a, const Operand& b, float beta, float* c,
                    std::int64_t strideC) override {
        if (m == 0 || n == 0) return {};
        const HostMatrix x{m, k, a}, result{m, n, {c, strideC, false}, beta};
        const std::int64_t height = rowsAtOnce(std::max(n, k), m);
        // All memory first: where it does not suffice, nothing of C has been written.
        TRIMTAB_REQUIRE(m_y.reserve(device(), height * n * kFloat));
        TRIMTAB_REQUIRE(m_x.reserve(device(), height * k * kFloat));
        if (beta != 0) TRIMTAB_REQUIRE(m_addend.reserve(device(), height * n * kFloat));
        TRIMTAB_REQUIRE(upload(b.transposed ? HostMatrix{n, k, {b.data, b.stride, false}} : HostMatrix{k, n, b}, m_w));
        for (std::int64_t top = 0; top < m; top += height) {
            const std::int64_t rows = std::min(height, m - top);
            TRIMTAB_REQUIRE(upload(x.rowsFrom(top, rows), m_x));
            if (beta != 0) TRIMTAB_REQUIRE(upload(result.rowsFrom(top, rows), m_addend));
            TRIMTAB_REQUIRE(product(rows, n, k, alpha, m_w.data(), b.transposed, beta != 0 ? m_addend.data() : nullptr));
            TRIMTAB_REQUIRE(download(rows, n, m_y.data(), c + top * strideC, strideC));
        }
        return {};
    }

    Result<std::unique_ptr<compress::GramSum>> gramSum(std::int64_t size) override;

private:
    friend class DeviceGram;

    Device& device() const { return *m_tools->device; }

    std::int64_t rowsAtOnce(std::int64_t columns, std::int64_t rows) const {
        return std::clamp<std::int64_t>(m_limits.operandBytes / (kFloat * columns), 1, std::max<std::int64_t>(rows, 1));
    }

    Status upload(const HostMatrix& matrix, Buffer& to) {
        TRIMTAB_REQUIRE(to.reserve(device(), matrix.bytes()));
        return inPieces(matrix.rows, matrix.columns, [&](std::int64_t first, std::int64_t count) -> Status {
            const HostMatrix piece = matrix.rowsFrom(first, count);
            pack(piece, staged());
            TRIMTAB_REQUIRE(device().upload(to.data() + first * matrix.columns, staged(), piece.bytes()));
            return device().synchronize();
        });
    }

    Status download(std::int64_t rows, std::int64_t columns, const float* from, float* to, std::int64_t stride) {
        return inPieces(rows, columns, [&](std::int64_t first, std::int64_t count) -> Status {
            TRIMTAB_REQUIRE(device().download(staged(), from + first * columns, count * columns * kFloat));
            TRIMTAB_REQUIRE(device().synchronize());
            for (std::int64_t r = 0; r < count; ++r) std::copy_n(staged() + r * columns, columns, to + (first + r) * stride);
            return {};
        });
    }

    /// body(first row, rows) of as many rows as the staging memory holds.
    template <class Body>
    Status inPieces(std::int64_t rows, std::int64_t columns, const Body& body) {
        if (columns == 0) return {};
        if (m_stagedBytes < columns * kFloat) {
            const std::int64_t bytes = std::max(m_limits.stagingBytes, columns * kFloat);
            TRIMTAB_TRY(m_staging, device().allocateHost(bytes));
            m_stagedBytes = bytes;
        }
        const std::int64_t height = m_stagedBytes / (columns * kFloat);
        for (std::int64_t first = 0; first < rows; first += height) TRIMTAB_REQUIRE(body(first, std::min(height, rows - first)));
        return {};
    }
    float* staged() const { return reinterpret_cast<float*>(m_staging.get()); }

    /// m_y ← alpha · m_x · w + addend, where there is one; w [n, k] where `weightIsRows`, else [k, n].
    Status product(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const float* w, bool weightIsRows, const float* addend) {
        TRIMTAB_REQUIRE(m_y.reserve(device(), m * n * kFloat));
        if (k == 0)
            return addend ? device().copy(m_y.data(), addend, m * n * kFloat) : device().clear(m_y.data(), m * n * kFloat);
        LibraryProduct wanted;
        wanted.m = m, wanted.n = n, wanted.k = k;
        wanted.input = wanted.output = DataType::Float32;
        wanted.weightIsRows = weightIsRows;
        wanted.residual = addend != nullptr;
        wanted.alpha = alpha;
        wanted.timed = false;  // there are as many shapes as blocks of columns, and each is met a few times
        TRIMTAB_TRY(const auto bound, m_tools->products->prepare(wanted));
        return bound->run({.x = m_x.data(), .w = w, .residual = addend, .y = m_y.data()});
    }

    std::shared_ptr<Tools> m_tools;
    DeviceMathLimits m_limits;
    DeviceMemory m_staging;
    std::int64_t m_stagedBytes = 0;
    Buffer m_x, m_w, m_addend, m_y;
};

/// Uses the buffers of the math that made it.
class DeviceGram final : public compress::GramSum {
public:
    DeviceGram(DeviceMath& math, std::int64_t size, DeviceMemory sum) : m_math(math), m_size(size), m_sum(std::move(sum)) {}

    Status add(const float* rows, std::int64_t count, std::int64_t stride) override {
        const std::int64_t most = m_math.rowsAtOnce(m_size, count);
        for (std::int64_t first = 0; first < count; first += most) {
            const std::int64_t some = std::min(most, count - first);
            // xᵀ [size, some] is both operands: its rows are the columns of the other.
            TRIMTAB_REQUIRE(m_math.upload({m_size, some, {rows + first * stride, stride, true}}, m_math.m_x));
            TRIMTAB_REQUIRE(m_math.product(m_size, m_size, some, 1, m_math.m_x.data(), true, sum()));
            TRIMTAB_REQUIRE(m_math.device().copy(sum(), m_math.m_y.data(), m_size * m_size * kFloat));
        }
        return {};
    }
    Status read(float* to) override { return m_math.download(m_size, m_size, sum(), to, m_size); }

private:
    float* sum() const { return reinterpret_cast<float*>(m_sum.get()); }

    DeviceMath& m_math;
    std::int64_t m_size;
    DeviceMemory m_sum;
};

/// The host's memory serves where the device's does not hold the sum and what adding to it takes.
Result<std::unique_ptr<compress::GramSum>> DeviceMath::gramSum(std::int64_t size) {
    const std::int64_t bytes = size * size * kFloat;
    const auto made = [&]() -> Result<DeviceMemory> {
        TRIMTAB_REQUIRE(m_y.reserve(device(), bytes));
        TRIMTAB_REQUIRE(m_x.reserve(device(), std::max(m_limits.operandBytes, size * kFloat)));
        return device().allocate(bytes);
    }();
    if (!made && made.error().code == ErrorCode::OutOfMemory) return nullptr;
    if (!made) return fail(made.error());
    TRIMTAB_REQUIRE(device().clear(made->get(), bytes));
    return std::make_unique<DeviceGram>(*this, size, *made);
}

}  // namespace

std::unique_ptr<compress::TensorMath> makeDeviceMath(std::shared_ptr<Tools> tools, const DeviceMathLimits& limits) {
    return std::make_unique<DeviceMath>(std::move(tools), limits);
}

}  // namespace trimtab::cuda
