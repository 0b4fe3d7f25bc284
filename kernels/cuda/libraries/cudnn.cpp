// cuDNN's convolutions, found at run time. The algorithm is the fastest of those that cuDNN measures on this device; our own kernel takes
// part in the comparison, so a convolution that cuDNN does badly (depthwise, small) runs on ours.
#include <algorithm>
#include <array>
#include <vector>

#include <cudnn.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include "kernels/cuda/libraries/convolution_library.h"
#include "kernels/cuda/libraries/find_library.h"

namespace trimtab::cuda {
namespace {

constexpr int kMajorVersion = 9;
constexpr std::int64_t kWorkspaceLimit = 256 << 20;
constexpr int kTimedRuns = 5;

struct Functions {
    decltype(&cudnnCreate) create = nullptr;
    decltype(&cudnnDestroy) destroy = nullptr;
    decltype(&cudnnSetStream) setStream = nullptr;
    decltype(&cudnnGetVersion) getVersion = nullptr;
    decltype(&cudnnCreateTensorDescriptor) tensorCreate = nullptr;
    decltype(&cudnnDestroyTensorDescriptor) tensorDestroy = nullptr;
    decltype(&cudnnSetTensor4dDescriptor) tensorSet = nullptr;
    decltype(&cudnnCreateFilterDescriptor) filterCreate = nullptr;
    decltype(&cudnnDestroyFilterDescriptor) filterDestroy = nullptr;
    decltype(&cudnnSetFilter4dDescriptor) filterSet = nullptr;
    decltype(&cudnnCreateConvolutionDescriptor) convolutionCreate = nullptr;
    decltype(&cudnnDestroyConvolutionDescriptor) convolutionDestroy = nullptr;
    decltype(&cudnnSetConvolution2dDescriptor) convolutionSet = nullptr;
    decltype(&cudnnSetConvolutionGroupCount) setGroups = nullptr;
    decltype(&cudnnSetConvolutionMathType) setMath = nullptr;
    decltype(&cudnnGetConvolution2dForwardOutputDim) outputDim = nullptr;
    decltype(&cudnnFindConvolutionForwardAlgorithmEx) findAlgorithm = nullptr;
    decltype(&cudnnConvolutionForward) forward = nullptr;
};

Result<Functions> resolve() {
    TRIMTAB_TRY(void* library, openToolkitLibrary("cudnn", kMajorVersion));
    Functions f;
    std::string missing;
    const auto find = [&](const char* name, auto& function) {
        function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
        if (!function) missing = name;
    };
    find("cudnnCreate", f.create);
    find("cudnnDestroy", f.destroy);
    find("cudnnSetStream", f.setStream);
    find("cudnnGetVersion", f.getVersion);
    find("cudnnCreateTensorDescriptor", f.tensorCreate);
    find("cudnnDestroyTensorDescriptor", f.tensorDestroy);
    find("cudnnSetTensor4dDescriptor", f.tensorSet);
    find("cudnnCreateFilterDescriptor", f.filterCreate);
    find("cudnnDestroyFilterDescriptor", f.filterDestroy);
    find("cudnnSetFilter4dDescriptor", f.filterSet);
    find("cudnnCreateConvolutionDescriptor", f.convolutionCreate);
    find("cudnnDestroyConvolutionDescriptor", f.convolutionDestroy);
    find("cudnnSetConvolution2dDescriptor", f.convolutionSet);
    find("cudnnSetConvolutionGroupCount", f.setGroups);
    find("cudnnSetConvolutionMathType", f.setMath);
    find("cudnnGetConvolution2dForwardOutputDim", f.outputDim);
    find("cudnnFindConvolutionForwardAlgorithmEx", f.findAlgorithm);
    find("cudnnConvolutionForward", f.forward);
    if (!missing.empty()) return fail(ErrorCode::Unsupported, "cuDNN has no function " + missing);
    return f;
}

Status check(cudnnStatus_t status, const char* what) {
    if (status == CUDNN_STATUS_SUCCESS) return {};
    return fail(ErrorCode::Unsupported, fmt::format("cuDNN: {} gave status {}", what, static_cast<int>(status)));
}

cudnnDataType_t cudnnType(DataType type) {
    if (type == DataType::Float16) return CUDNN_DATA_HALF;
    return type == DataType::BFloat16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

std::int64_t elementBytes(DataType type) { return type == DataType::Float32 ? 4 : 2; }

struct Handle {
    std::shared_ptr<Device> device;
    Functions f;
    cudnnHandle_t cudnn = nullptr;
    ~Handle() {
        if (cudnn) f.destroy(cudnn);
    }
};

class CudnnConvolution final : public BoundConvolution {
public:
    CudnnConvolution(std::shared_ptr<Handle> handle, const Convolution& convolution)
        : m_handle(std::move(handle)), m_convolution(convolution) {}
    ~CudnnConvolution() override {
        const Functions& f = m_handle->f;
        if (m_x) f.tensorDestroy(m_x);
        if (m_y) f.tensorDestroy(m_y);
        if (m_w) f.filterDestroy(m_w);
        if (m_desc) f.convolutionDestroy(m_desc);
    }
    CudnnConvolution(const CudnnConvolution&) = delete;
    CudnnConvolution& operator=(const CudnnConvolution&) = delete;

    Status describe(bool tf32);
    Status choose();

    Status run(const void* x, const void* w, const float* bias, const void* residual, void* y) override {
        const Stream stream = m_handle->device->stream();
        if (m_ownIsFaster) return launchConvolution(stream, m_convolution, x, w, bias, residual, y);
        TRIMTAB_REQUIRE(forward(x, w, y));
        const Convolution& c = m_convolution;
        if (!bias && !residual && c.activation == Activation::None) return {};
        return launchChannelEpilogue(stream, c.type, c.batch, c.outChannels, c.outHeight * c.outWidth, bias, residual, c.activation, c.low,
                                     c.high, y);
    }
    std::string kernel() const override {
        return m_ownIsFaster ? "own convolution" : fmt::format("cudnn conv {}", static_cast<int>(m_algorithm));
    }

private:
    Status forward(const void* x, const void* w, void* y) {
        const float one = 1;
        const float zero = 0;
        return check(m_handle->f.forward(m_handle->cudnn, &one, m_x, x, m_w, w, m_desc, m_algorithm, m_workspace.get(), m_workspaceBytes,
                                         &zero, m_y, y),
                     "a convolution");
    }
    template <class Run>
    Result<double> timeOf(Stopwatch& watch, const Run& run) {
        TRIMTAB_REQUIRE(run());
        double best = 0;
        for (int i = 0; i < kTimedRuns; ++i) {
            TRIMTAB_REQUIRE(watch.mark(0));
            TRIMTAB_REQUIRE(run());
            TRIMTAB_REQUIRE(watch.mark(1));
            TRIMTAB_TRY(const double time, watch.nanoseconds(0, 1));
            best = i == 0 ? time : std::min(best, time);
        }
        return best;
    }

    std::shared_ptr<Handle> m_handle;
    Convolution m_convolution;
    cudnnTensorDescriptor_t m_x = nullptr, m_y = nullptr;
    cudnnFilterDescriptor_t m_w = nullptr;
    cudnnConvolutionDescriptor_t m_desc = nullptr;
    cudnnConvolutionFwdAlgo_t m_algorithm = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM;
    DeviceMemory m_workspace;
    std::size_t m_workspaceBytes = 0;
    bool m_ownIsFaster = false;
};

Status CudnnConvolution::describe(bool tf32) {
    const Functions& f = m_handle->f;
    const Convolution& c = m_convolution;
    const Window& window = c.window;
    const auto type = cudnnType(c.type);
    const auto number = [](std::int64_t value) { return static_cast<int>(value); };
    TRIMTAB_REQUIRE(check(f.tensorCreate(&m_x), "a tensor"));
    TRIMTAB_REQUIRE(check(f.tensorCreate(&m_y), "a tensor"));
    TRIMTAB_REQUIRE(check(f.filterCreate(&m_w), "a filter"));
    TRIMTAB_REQUIRE(check(f.convolutionCreate(&m_desc), "a convolution"));
    TRIMTAB_REQUIRE(check(f.tensorSet(m_x, CUDNN_TENSOR_NCHW, type, number(c.batch), number(c.channels), number(c.height), number(c.width)),
                          "a tensor"));
    TRIMTAB_REQUIRE(
        check(f.tensorSet(m_y, CUDNN_TENSOR_NCHW, type, number(c.batch), number(c.outChannels), number(c.outHeight), number(c.outWidth)),
              "a tensor"));
    TRIMTAB_REQUIRE(check(
        f.filterSet(m_w, type, CUDNN_TENSOR_NCHW, number(c.outChannels), number(c.channels / c.groups), window.kernelH, window.kernelW),
        "a filter"));
    TRIMTAB_REQUIRE(check(f.convolutionSet(m_desc, window.padTop, window.padLeft, window.strideH, window.strideW, window.dilationH,
                                           window.dilationW, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
                          "a convolution"));
    TRIMTAB_REQUIRE(check(f.setGroups(m_desc, number(c.groups)), "groups"));
    const bool exact = c.type == DataType::Float32 && !tf32;
    TRIMTAB_REQUIRE(check(f.setMath(m_desc, exact ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH), "the arithmetic"));
    std::array<int, 4> result{};
    TRIMTAB_REQUIRE(check(f.outputDim(m_desc, m_x, m_w, result.data(), &result[1], &result[2], &result[3]), "the result's extents"));
    if (result[2] != number(c.outHeight) || result[3] != number(c.outWidth))
        return fail(ErrorCode::Unsupported, "cuDNN pads both sides alike, and this convolution does not");
    return {};
}

Status CudnnConvolution::choose() {
    Device& device = *m_handle->device;
    const Convolution& c = m_convolution;
    const std::int64_t width = elementBytes(c.type);
    TRIMTAB_TRY(const auto x, device.allocate(c.batch * c.channels * c.height * c.width * width));
    TRIMTAB_TRY(const auto w, device.allocate(c.outChannels * (c.channels / c.groups) * c.window.kernelH * c.window.kernelW * width));
    TRIMTAB_TRY(const auto y, device.allocate(c.batch * c.outChannels * c.outHeight * c.outWidth * width));
    TRIMTAB_REQUIRE(device.clear(x.get(), c.batch * c.channels * c.height * c.width * width));
    TRIMTAB_REQUIRE(device.clear(w.get(), c.outChannels * (c.channels / c.groups) * c.window.kernelH * c.window.kernelW * width));
    TRIMTAB_TRY(m_workspace, device.allocate(kWorkspaceLimit));
    std::array<cudnnConvolutionFwdAlgoPerf_t, CUDNN_CONVOLUTION_FWD_ALGO_COUNT> found{};
    int count = 0;
    TRIMTAB_REQUIRE(
        check(m_handle->f.findAlgorithm(m_handle->cudnn, m_x, x.get(), m_w, w.get(), m_desc, m_y, y.get(), static_cast<int>(found.size()),
                                        &count, found.data(), m_workspace.get(), static_cast<std::size_t>(kWorkspaceLimit)),
              "measuring algorithms"));
    const bool exact = c.type == DataType::Float32;
    const auto usable = std::find_if(found.begin(), found.begin() + count, [&](const auto& result) {
        return result.status == CUDNN_STATUS_SUCCESS && result.memory <= static_cast<std::size_t>(kWorkspaceLimit) &&
               (!exact || result.mathType != CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION);
    });
    if (usable == found.begin() + count) return fail(ErrorCode::Unsupported, "cuDNN has no algorithm for it");
    m_algorithm = usable->algo;
    m_workspaceBytes = usable->memory;
    TRIMTAB_TRY(m_workspace, device.allocate(static_cast<std::int64_t>(m_workspaceBytes)));
    TRIMTAB_TRY(const auto watch, device.stopwatch(2));
    TRIMTAB_TRY(const double theirs, timeOf(*watch, [&] { return run(x.get(), w.get(), nullptr, nullptr, y.get()); }));
    const auto ours =
        timeOf(*watch, [&] { return launchConvolution(device.stream(), m_convolution, x.get(), w.get(), nullptr, nullptr, y.get()); });
    m_ownIsFaster = ours && *ours < theirs;
    return {};
}

class CudnnLibrary final : public ConvolutionLibrary {
public:
    explicit CudnnLibrary(std::shared_ptr<Handle> handle) : m_handle(std::move(handle)) {}
    std::string version() const override {
        const std::size_t number = m_handle->f.getVersion();
        return fmt::format("cuDNN {}.{}.{}", number / 10000, number / 100 % 100, number % 100);
    }
    Result<std::shared_ptr<BoundConvolution>> prepare(const Convolution& convolution, bool tf32) override {
        auto made = std::make_shared<CudnnConvolution>(m_handle, convolution);
        TRIMTAB_REQUIRE(made->describe(tf32));
        TRIMTAB_REQUIRE(made->choose());
        return std::shared_ptr<BoundConvolution>(std::move(made));
    }

private:
    std::shared_ptr<Handle> m_handle;
};

}  // namespace

Result<std::unique_ptr<ConvolutionLibrary>> openCudnn(std::shared_ptr<Device> device) {
    auto handle = std::make_shared<Handle>();
    TRIMTAB_TRY(handle->f, resolve());
    TRIMTAB_REQUIRE(check(handle->f.create(&handle->cudnn), "opening"));
    TRIMTAB_REQUIRE(check(handle->f.setStream(handle->cudnn, static_cast<cudaStream_t>(device->stream().handle)), "choosing the stream"));
    handle->device = std::move(device);
    return std::unique_ptr<ConvolutionLibrary>(std::make_unique<CudnnLibrary>(std::move(handle)));
}

}  // namespace trimtab::cuda
