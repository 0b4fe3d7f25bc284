#pragma once
// Dense matrix products by a library (cuBLASLt), or by our own kernels where it is missing and on the emulator.
//   y[b] = activation(alpha · x[b] · w[b] + bias + residual[b]),  x [m, k], y [m, n] row-major
#include <memory>
#include <string>

#include "core/tensor/data_type.h"
#include "kernels/cuda/device/device.h"

namespace trimtab::cuda {

enum class Arithmetic : std::uint8_t {
    Full,     // float32 products for float32 inputs, else products of the inputs' type; float32 sums
    Tf32,     // float32 inputs rounded to 10 bits of mantissa
    Integer,  // int8 · int8 → int32 (output Int32; no bias, residual or activation); k and row pitches multiples of 16
    Float8,   // e4m3 · e4m3 with one scale for each operand; k a multiple of 16; w as rows
};

struct LibraryProduct {
    std::int64_t batch = 1, m = 0, n = 0, k = 0;
    std::int64_t xStride = 0, wStride = 0, yStride = 0;  // between batches, in elements
    DataType input = DataType::BFloat16;                 // Int8 with Integer; ignored with Float8
    DataType output = DataType::BFloat16;
    Arithmetic arithmetic = Arithmetic::Full;
    bool weightIsRows = true;  // w [n, k], else [k, n]
    bool bias = false;         // n values of biasType()
    bool residual = false;     // as y
    bool relu = false;
    float alpha = 1;
    bool timed = true;  // the fastest of the library's algorithms, by timing them; else the one that it takes for that

    bool operator==(const LibraryProduct&) const = default;
    std::string text() const;  // names every field
};

struct LibraryOperands {
    const void* x = nullptr;
    const void* w = nullptr;
    const void* bias = nullptr;
    const void* residual = nullptr;
    const float* xScale = nullptr;  // Float8, on the device
    const float* wScale = nullptr;
    void* y = nullptr;
};

class BoundProduct {
public:
    virtual ~BoundProduct() = default;
    virtual Status run(const LibraryOperands& operands) = 0;
    virtual DataType biasType() const = 0;
    /// "cublasLt 21 tile 128x128", "tiled bf16"
    virtual std::string kernel() const = 0;
};

class MatrixLibrary {
public:
    virtual ~MatrixLibrary() = default;
    virtual std::string version() const = 0;  // "cuBLASLt 13.0.2", "own kernels"
    /// Chooses the algorithm once for each product and keeps it: by measuring the library's candidates on this device, unless the product
    /// is not `timed`. Unsupported when there is none.
    virtual Result<std::shared_ptr<BoundProduct>> prepare(const LibraryProduct& product) = 0;
};

/// Unsupported, saying where it was looked for, when the library is not on this machine.
Result<std::unique_ptr<MatrixLibrary>> openCublasLt(std::shared_ptr<Device> device);
std::unique_ptr<MatrixLibrary> ownMatrixLibrary(std::shared_ptr<Device> device);

}  // namespace trimtab::cuda
