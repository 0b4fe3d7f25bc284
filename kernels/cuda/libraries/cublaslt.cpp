// cuBLASLt, found at run time. It thinks in columns: a row-major matrix [r, c] is its column-major [c, r], so y = x · w is asked for as
// yᵀ [n, m] = op(w) · xᵀ, and a bias of n values is one for each of its rows.
#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <vector>

#include <cublasLt.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include "kernels/cuda/libraries/find_library.h"
#include "kernels/cuda/libraries/matrix_library.h"

namespace trimtab::cuda {
namespace {

constexpr std::int64_t kWorkspaceBytes = 64 << 20;
constexpr int kCandidates = 32;
constexpr int kTimedRuns = 5;
constexpr std::int64_t kMajorVersion = 13;

/// The functions of the library by their names in cublasLt.h.
struct Functions {
    decltype(&cublasLtCreate) create = nullptr;
    decltype(&cublasLtDestroy) destroy = nullptr;
    decltype(&cublasLtGetVersion) getVersion = nullptr;
    decltype(&cublasLtMatmulDescCreate) descCreate = nullptr;
    decltype(&cublasLtMatmulDescDestroy) descDestroy = nullptr;
    decltype(&cublasLtMatmulDescSetAttribute) descSet = nullptr;
    decltype(&cublasLtMatrixLayoutCreate) layoutCreate = nullptr;
    decltype(&cublasLtMatrixLayoutDestroy) layoutDestroy = nullptr;
    decltype(&cublasLtMatrixLayoutSetAttribute) layoutSet = nullptr;
    decltype(&cublasLtMatmulPreferenceCreate) preferenceCreate = nullptr;
    decltype(&cublasLtMatmulPreferenceDestroy) preferenceDestroy = nullptr;
    decltype(&cublasLtMatmulPreferenceSetAttribute) preferenceSet = nullptr;
    decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic = nullptr;
    decltype(&cublasLtMatmulAlgoConfigGetAttribute) configGet = nullptr;
    decltype(&cublasLtMatmul) matmul = nullptr;
};

Result<Functions> resolve() {
    TRIMTAB_TRY(void* library, openToolkitLibrary("cublasLt", kMajorVersion));
    Functions f;
    std::string missing;
    const auto find = [&](const char* name, auto& function) {
        function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
        if (!function) missing = name;
    };
    find("cublasLtCreate", f.create);
    find("cublasLtDestroy", f.destroy);
    find("cublasLtGetVersion", f.getVersion);
    find("cublasLtMatmulDescCreate", f.descCreate);
    find("cublasLtMatmulDescDestroy", f.descDestroy);
    find("cublasLtMatmulDescSetAttribute", f.descSet);
    find("cublasLtMatrixLayoutCreate", f.layoutCreate);
    find("cublasLtMatrixLayoutDestroy", f.layoutDestroy);
    find("cublasLtMatrixLayoutSetAttribute", f.layoutSet);
    find("cublasLtMatmulPreferenceCreate", f.preferenceCreate);
    find("cublasLtMatmulPreferenceDestroy", f.preferenceDestroy);
    find("cublasLtMatmulPreferenceSetAttribute", f.preferenceSet);
    find("cublasLtMatmulAlgoGetHeuristic", f.heuristic);
    find("cublasLtMatmulAlgoConfigGetAttribute", f.configGet);
    find("cublasLtMatmul", f.matmul);
    if (!missing.empty()) return fail(ErrorCode::Unsupported, "cuBLASLt has no function " + missing);
    return f;
}

Status check(cublasStatus_t status, const char* what) {
    if (status == CUBLAS_STATUS_SUCCESS) return {};
    const ErrorCode code = status == CUBLAS_STATUS_NOT_SUPPORTED ? ErrorCode::Unsupported : ErrorCode::Failed;
    return fail(code, fmt::format("cuBLASLt: {} gave status {}", what, static_cast<int>(status)));
}

cudaDataType_t cudaType(DataType type) {
    switch (type) {
        case DataType::Float32: return CUDA_R_32F;
        case DataType::Float16: return CUDA_R_16F;
        case DataType::Int8: return CUDA_R_8I;
        case DataType::Int32: return CUDA_R_32I;
        default: return CUDA_R_16BF;
    }
}

cublasComputeType_t computeType(const LibraryProduct& product) {
    if (product.arithmetic == Arithmetic::Integer) return CUBLAS_COMPUTE_32I;
    if (product.arithmetic == Arithmetic::Tf32) return CUBLAS_COMPUTE_32F_FAST_TF32;
    return CUBLAS_COMPUTE_32F;
}

int elementBytes(DataType type) { return bitWidth(type) / 8; }

class LtLibrary;

/// Descriptors of one product and the algorithm chosen for it.
class LtProduct final : public BoundProduct {
public:
    LtProduct(LtLibrary& library, LibraryProduct product) : m_library(library), m_product(product) {}
    ~LtProduct() override;
    LtProduct(const LtProduct&) = delete;
    LtProduct& operator=(const LtProduct&) = delete;

    Status describe();
    Status choose();

    Status run(const LibraryOperands& operands) override { return runWith(m_algorithm, operands); }
    /// The result's type, but bfloat16 for fp8 products whose result is float32 (cuBLASLt manual, table of supported types).
    DataType biasType() const override {
        const bool narrow = m_product.arithmetic == Arithmetic::Float8 && m_product.output == DataType::Float32;
        return narrow ? DataType::BFloat16 : m_product.output;
    }
    std::string kernel() const override { return m_name; }

private:
    Status layout(cublasLtMatrixLayout_t& made, cudaDataType_t type, std::int64_t rows, std::int64_t columns, std::int64_t stride);
    Status point(const LibraryOperands& operands);
    Status runWith(const cublasLtMatmulAlgo_t& algorithm, const LibraryOperands& operands);
    Result<std::vector<cublasLtMatmulHeuristicResult_t>> candidates();
    Result<double> timeOf(const cublasLtMatmulAlgo_t& algorithm, const LibraryOperands& operands, Stopwatch& watch);
    void nameIt();

    LtLibrary& m_library;
    LibraryProduct m_product;
    cublasLtMatmulDesc_t m_desc = nullptr;
    cublasLtMatrixLayout_t m_w = nullptr, m_x = nullptr, m_y = nullptr;
    cublasLtMatmulAlgo_t m_algorithm{};
    std::string m_name = "cublasLt";
};

class LtLibrary final : public MatrixLibrary {
public:
    LtLibrary(std::shared_ptr<Device> onDevice, Functions functions) : device(std::move(onDevice)), f(functions) {}
    ~LtLibrary() override {
        m_known.clear();
        if (handle) f.destroy(handle);
    }
    LtLibrary(const LtLibrary&) = delete;
    LtLibrary& operator=(const LtLibrary&) = delete;

    Status open() {
        TRIMTAB_REQUIRE(check(f.create(&handle), "opening"));
        TRIMTAB_TRY(workspace, device->allocate(kWorkspaceBytes));
        return {};
    }
    std::string version() const override {
        const std::size_t number = f.getVersion();
        return fmt::format("cuBLASLt {}.{}.{}", number / 10000, number / 100 % 100, number % 100);
    }
    Result<std::shared_ptr<BoundProduct>> prepare(const LibraryProduct& product) override {
        auto& known = m_known[product.text()];
        if (known) return known;
        auto made = std::make_shared<LtProduct>(*this, product);
        TRIMTAB_REQUIRE(made->describe());
        TRIMTAB_REQUIRE(made->choose());
        known = std::move(made);
        return known;
    }

    std::shared_ptr<Device> device;
    Functions f;
    cublasLtHandle_t handle = nullptr;
    DeviceMemory workspace;

private:
    std::map<std::string, std::shared_ptr<BoundProduct>> m_known;
};

LtProduct::~LtProduct() {
    if (m_desc) m_library.f.descDestroy(m_desc);
    for (cublasLtMatrixLayout_t made : {m_w, m_x, m_y})
        if (made) m_library.f.layoutDestroy(made);
}

Status LtProduct::layout(cublasLtMatrixLayout_t& made, cudaDataType_t type, std::int64_t rows, std::int64_t columns, std::int64_t stride) {
    const Functions& f = m_library.f;
    TRIMTAB_REQUIRE(
        check(f.layoutCreate(&made, type, static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(columns), rows), "a layout"));
    if (m_product.batch == 1) return {};
    const auto batch = static_cast<std::int32_t>(m_product.batch);
    TRIMTAB_REQUIRE(check(f.layoutSet(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch, sizeof batch), "a batch"));
    return check(f.layoutSet(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride), "a batch");
}

Status LtProduct::describe() {
    const Functions& f = m_library.f;
    const LibraryProduct& p = m_product;
    const cudaDataType_t scale = p.arithmetic == Arithmetic::Integer ? CUDA_R_32I : CUDA_R_32F;
    TRIMTAB_REQUIRE(check(f.descCreate(&m_desc, computeType(p), scale), "a product"));
    const cublasOperation_t transposed = p.weightIsRows ? CUBLAS_OP_T : CUBLAS_OP_N;
    TRIMTAB_REQUIRE(check(f.descSet(m_desc, CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof transposed), "a transposition"));
    const cublasLtEpilogue_t epilogue = p.bias ? (p.relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS)
                                               : (p.relu ? CUBLASLT_EPILOGUE_RELU : CUBLASLT_EPILOGUE_DEFAULT);
    TRIMTAB_REQUIRE(check(f.descSet(m_desc, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue, sizeof epilogue), "an epilogue"));
    const cudaDataType_t output = cudaType(p.output);
    const cudaDataType_t bias = cudaType(biasType());
    if (p.bias) TRIMTAB_REQUIRE(check(f.descSet(m_desc, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, &bias, sizeof bias), "a bias"));
    const cudaDataType_t input = p.arithmetic == Arithmetic::Float8 ? CUDA_R_8F_E4M3 : cudaType(p.input);
    TRIMTAB_REQUIRE(layout(m_w, input, p.weightIsRows ? p.k : p.n, p.weightIsRows ? p.n : p.k, p.wStride));
    TRIMTAB_REQUIRE(layout(m_x, input, p.k, p.m, p.xStride));
    return layout(m_y, output, p.n, p.m, p.yStride);
}

Status LtProduct::point(const LibraryOperands& o) {
    const Functions& f = m_library.f;
    const auto set = [&](cublasLtMatmulDescAttributes_t attribute, const void* address) {
        return check(f.descSet(m_desc, attribute, &address, sizeof address), "an operand");
    };
    if (m_product.bias) TRIMTAB_REQUIRE(set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, o.bias));
    if (m_product.arithmetic != Arithmetic::Float8) return {};
    TRIMTAB_REQUIRE(set(CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, o.wScale));
    return set(CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, o.xScale);
}

Status LtProduct::runWith(const cublasLtMatmulAlgo_t& algorithm, const LibraryOperands& o) {
    TRIMTAB_REQUIRE(point(o));
    const float alpha = m_product.alpha;
    const float beta = m_product.residual ? 1 : 0;
    const std::int32_t one = 1;
    const std::int32_t none = 0;
    const bool integer = m_product.arithmetic == Arithmetic::Integer;
    const void* c = m_product.residual ? o.residual : o.y;
    return check(
        m_library.f.matmul(m_library.handle, m_desc, integer ? static_cast<const void*>(&one) : &alpha, o.w, m_w, o.x, m_x,
                           integer ? static_cast<const void*>(&none) : &beta, c, m_y, o.y, m_y, &algorithm, m_library.workspace.get(),
                           static_cast<std::size_t>(kWorkspaceBytes), static_cast<cudaStream_t>(m_library.device->stream().handle)),
        "a product");
}

Result<std::vector<cublasLtMatmulHeuristicResult_t>> LtProduct::candidates() {
    const Functions& f = m_library.f;
    cublasLtMatmulPreference_t preference = nullptr;
    TRIMTAB_REQUIRE(check(f.preferenceCreate(&preference), "a preference"));
    const auto bytes = static_cast<std::uint64_t>(kWorkspaceBytes);
    f.preferenceSet(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes, sizeof bytes);
    std::vector<cublasLtMatmulHeuristicResult_t> found(kCandidates);
    int count = 0;
    const auto status = f.heuristic(m_library.handle, m_desc, m_w, m_x, m_y, m_y, preference, kCandidates, found.data(), &count);
    f.preferenceDestroy(preference);
    TRIMTAB_REQUIRE(check(status, "asking for algorithms"));
    found.resize(static_cast<std::size_t>(count));
    std::erase_if(found, [](const auto& result) { return result.state != CUBLAS_STATUS_SUCCESS; });
    if (found.empty()) return fail(ErrorCode::Unsupported, "cuBLASLt has no algorithm for " + m_product.text());
    return found;
}

Result<double> LtProduct::timeOf(const cublasLtMatmulAlgo_t& algorithm, const LibraryOperands& operands, Stopwatch& watch) {
    TRIMTAB_REQUIRE(runWith(algorithm, operands));
    double best = 0;
    for (int i = 0; i < kTimedRuns; ++i) {
        TRIMTAB_REQUIRE(watch.mark(0));
        TRIMTAB_REQUIRE(runWith(algorithm, operands));
        TRIMTAB_REQUIRE(watch.mark(1));
        TRIMTAB_TRY(const double time, watch.nanoseconds(0, 1));
        best = i == 0 ? time : std::min(best, time);
    }
    return best;
}

/// Memory of the product's sizes with random numbers in it: zeros would run faster than what comes later.
Result<DeviceMemory> randomOperand(Device& device, std::int64_t bytes) {
    constexpr std::int64_t kPattern = 1 << 20;
    TRIMTAB_TRY(DeviceMemory made, device.allocate(bytes));
    std::vector<std::uint16_t> pattern(kPattern / 2);
    std::minstd_rand draw(1);
    // As bfloat16 and float16 alike small numbers of either sign, as bytes any.
    for (auto& value : pattern) value = static_cast<std::uint16_t>((draw() & 0x80FFU) | 0x3800U);
    for (std::int64_t at = 0; at < bytes; at += kPattern)
        TRIMTAB_REQUIRE(device.upload(made.get() + at, pattern.data(), std::min(kPattern, bytes - at)));
    TRIMTAB_REQUIRE(device.synchronize());
    return made;
}

Status LtProduct::choose() {
    TRIMTAB_TRY(const auto found, candidates());
    m_algorithm = found.front().algo;
    if (found.size() > 1 && m_product.timed) {
        const LibraryProduct& p = m_product;
        Device& device = *m_library.device;
        const int inputBytes = p.arithmetic == Arithmetic::Float8 ? 1 : elementBytes(p.input);
        const auto span = [&](std::int64_t stride, std::int64_t elements) { return (p.batch - 1) * stride + elements; };
        TRIMTAB_TRY(const auto x, randomOperand(device, span(p.xStride, p.m * p.k) * inputBytes));
        TRIMTAB_TRY(const auto w, randomOperand(device, span(p.wStride, p.n * p.k) * inputBytes));
        TRIMTAB_TRY(const auto y, device.allocate(span(p.yStride, p.m * p.n) * elementBytes(p.output)));
        TRIMTAB_TRY(const auto small, randomOperand(device, p.n * 4));
        TRIMTAB_TRY(const auto watch, device.stopwatch(2));
        const auto* scale = reinterpret_cast<const float*>(small.get());
        const LibraryOperands operands{x.get(), w.get(), small.get(), y.get(), scale, scale, y.get()};
        double best = 0;
        bool any = false;
        for (const auto& candidate : found) {
            const auto time = timeOf(candidate.algo, operands, *watch);
            if (!time || (any && *time >= best)) continue;
            best = *time;
            any = true;
            m_algorithm = candidate.algo;
        }
        if (!any) return fail(ErrorCode::Unsupported, "no algorithm of cuBLASLt runs " + p.text());
    }
    nameIt();
    return {};
}

void LtProduct::nameIt() {
    const auto read = [&](cublasLtMatmulAlgoConfigAttributes_t attribute) {
        std::int32_t value = -1;
        std::size_t written = 0;
        m_library.f.configGet(&m_algorithm, attribute, &value, sizeof value, &written);
        return value;
    };
    m_name = fmt::format("cublasLt {} tile {} split {}", read(CUBLASLT_ALGO_CONFIG_ID), read(CUBLASLT_ALGO_CONFIG_TILE_ID),
                         read(CUBLASLT_ALGO_CONFIG_SPLITK_NUM));
}

}  // namespace

Result<std::unique_ptr<MatrixLibrary>> openCublasLt(std::shared_ptr<Device> device) {
    TRIMTAB_TRY(const Functions functions, resolve());
    auto library = std::make_unique<LtLibrary>(std::move(device), functions);
    TRIMTAB_REQUIRE(library->open());
    return std::unique_ptr<MatrixLibrary>(std::move(library));
}

}  // namespace trimtab::cuda
