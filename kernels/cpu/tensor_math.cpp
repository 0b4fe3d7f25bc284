#include "kernels/cpu/tensor_math.h"

#include <algorithm>
#include <atomic>

#include <dnnl.hpp>
#include <omp.h>

#include "core/base/parallel.h"

namespace trimtab::cpu {
namespace {

/// OpenMP regions that this thread enters have one thread.
class OneThread {
public:
    OneThread() { omp_set_num_threads(1); }
    ~OneThread() { omp_set_num_threads(m_before); }
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;

private:
    int m_before = omp_get_max_threads();
};

/// C cut along its longer side, in whole multiples of what a kernel computes at once.
struct Cut {
    bool byRows = false;
    std::int64_t length = 0;
    std::int64_t pieces = 0;
};

Cut cutFor(std::int64_t m, std::int64_t n, std::int64_t k) {
    constexpr std::int64_t kMultiple = 48;
    constexpr double kWorthAThread = 4e6;  // multiplications: some ten times what starting a thread costs
    const std::int64_t side = std::max(m, n);
    const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    const auto most = static_cast<std::int64_t>(base::availableProcessors());
    const std::int64_t wanted = std::clamp<std::int64_t>(static_cast<std::int64_t>(work / kWorthAThread), 1, most);
    const std::int64_t length = ((side + wanted - 1) / wanted + kMultiple - 1) / kMultiple * kMultiple;
    return {m >= n, length, (side + length - 1) / length};
}

const float* from(const compress::TensorMath::Operand& operand, std::int64_t row, std::int64_t column) {
    return operand.data + (operand.transposed ? column * operand.stride + row : row * operand.stride + column);
}

/// Row-major, as oneDNN's own sgemm is; one call in 2.6 and 3.x.
class OneDnnMath : public compress::TensorMath {
public:
    Status multiply(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const Operand& a, const Operand& b, float beta,
                    float* c, std::int64_t strideC) override {
        const Cut cut = cutFor(m, n, k);
        std::atomic<dnnl_status_t> worst{dnnl_success};
        base::parallelFor(static_cast<std::size_t>(cut.pieces), [&](std::size_t piece) {
            const OneThread alone;
            const std::int64_t begin = static_cast<std::int64_t>(piece) * cut.length;
            const std::int64_t row = cut.byRows ? begin : 0;
            const std::int64_t column = cut.byRows ? 0 : begin;
            const std::int64_t rows = cut.byRows ? std::min(cut.length, m - row) : m;
            const std::int64_t columns = cut.byRows ? n : std::min(cut.length, n - column);
            const dnnl_status_t status =
                dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', rows, columns, k, alpha, from(a, row, 0), a.stride,
                           from(b, 0, column), b.stride, beta, c + row * strideC + column, strideC);
            if (status != dnnl_success) worst = status;
        });
        if (worst == dnnl_success) return {};
        const bool memoryShort = worst == dnnl_out_of_memory;
        return fail(memoryShort ? ErrorCode::OutOfMemory : ErrorCode::Failed, "oneDNN could not form a product of matrices");
    }
};

}  // namespace

std::unique_ptr<compress::TensorMath> makeTensorMath() { return std::make_unique<OneDnnMath>(); }

}  // namespace trimtab::cpu
