// The stand-in for a library: our own kernels, chosen by type and size.
#include <algorithm>

#include "kernels/cuda/kernels/products.h"
#include "kernels/cuda/kernels/windows.h"
#include "kernels/cuda/libraries/matrix_library.h"

namespace trimtab::cuda {
namespace {

class OwnProduct final : public BoundProduct {
public:
    OwnProduct(std::shared_ptr<Device> device, LibraryProduct product) : m_device(std::move(device)), m_product(product) {}

    Status prepare() {
        if (m_product.arithmetic != Arithmetic::Float8) return {};
        TRIMTAB_TRY(m_x, m_device->allocate(m_product.m * m_product.k * 2));
        TRIMTAB_TRY(m_w, m_device->allocate(m_product.n * m_product.k * 2));
        return {};
    }

    Status run(const LibraryOperands& o) override {
        const LibraryProduct& p = m_product;
        const Stream stream = m_device->stream();
        if (p.arithmetic == Arithmetic::Integer)
            return launchIntegerProduct(stream, p.m, p.n, p.k, p.k, p.k, static_cast<const std::int8_t*>(o.x),
                                        static_cast<const std::int8_t*>(o.w), static_cast<std::int32_t*>(o.y));
        LibraryOperands operands = o;
        PlainProduct plain{p.batch, p.m, p.n, p.k, p.input, p.output, p.weightIsRows, p.xStride, p.wStride, p.yStride, p.alpha};
        if (p.arithmetic == Arithmetic::Float8) {
            TRIMTAB_REQUIRE(
                launchFromFloat8(stream, p.m * p.k, static_cast<const std::uint8_t*>(o.x), o.xScale, DataType::BFloat16, m_x.get()));
            TRIMTAB_REQUIRE(
                launchFromFloat8(stream, p.n * p.k, static_cast<const std::uint8_t*>(o.w), o.wScale, DataType::BFloat16, m_w.get()));
            operands.x = m_x.get();
            operands.w = m_w.get();
            plain.type = DataType::BFloat16;
        }
        TRIMTAB_REQUIRE(launchPlainProduct(stream, plain, operands.x, operands.w, operands.y));
        if (!p.bias && !p.residual && !p.relu) return {};
        return launchChannelEpilogue(stream, p.output, p.batch * p.m, p.n, 1, static_cast<const float*>(o.bias), o.residual,
                                     p.relu ? Activation::Relu : Activation::None, 0, 0, o.y);
    }
    DataType biasType() const override { return DataType::Float32; }
    std::string kernel() const override {
        return m_product.arithmetic == Arithmetic::Integer ? "own integer product" : "own plain product";
    }

private:
    std::shared_ptr<Device> m_device;
    LibraryProduct m_product;
    DeviceMemory m_x, m_w;
};

class OwnLibrary final : public MatrixLibrary {
public:
    explicit OwnLibrary(std::shared_ptr<Device> device) : m_device(std::move(device)) {}
    std::string version() const override { return "own products"; }
    Result<std::shared_ptr<BoundProduct>> prepare(const LibraryProduct& product) override {
        if (product.arithmetic == Arithmetic::Tf32) return fail(ErrorCode::Unsupported, "tf32 products need cuBLASLt");
        auto made = std::make_shared<OwnProduct>(m_device, product);
        TRIMTAB_REQUIRE(made->prepare());
        return std::shared_ptr<BoundProduct>(std::move(made));
    }

private:
    std::shared_ptr<Device> m_device;
};

}  // namespace

std::unique_ptr<MatrixLibrary> ownMatrixLibrary(std::shared_ptr<Device> device) { return std::make_unique<OwnLibrary>(std::move(device)); }

}  // namespace trimtab::cuda
