#pragma once
// Networks with seeded random weights, written as ONNX files for the comparison of engines. Weights are scaled so that activations stay
// near one through any depth.
#include <string>
#include <vector>

#include "core/base/random.h"
#include "tests/support/model_builder.h"

namespace trimtab::engines {

class Network {
public:
    explicit Network(std::uint64_t seed, int opset = 17);

    std::string input(const std::string& name, const std::vector<support::DimSpec>& dims, DataType type = DataType::Float32);
    /// One node of one output; returns the output's name.
    std::string add(const std::string& op, const std::vector<std::string>& inputs, const std::vector<support::Attr>& attributes = {});
    std::string constant(const Tensor& tensor);
    std::string ints(const std::vector<std::int64_t>& values);
    /// Normal numbers of this standard deviation.
    std::string weights(const Shape& shape, double deviation, double mean = 0);

    /// Convolution with bias and same padding; `groups` 0: depthwise.
    std::string conv(const std::string& x, std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                     std::int64_t groups = 1, double gain = 1);
    /// x · W + b over the last axis.
    std::string linear(const std::string& x, std::int64_t in, std::int64_t out);
    std::string layerNorm(const std::string& x, std::int64_t width);
    /// Heads split, softmax(q · kᵀ / √size) · v, heads joined, as exporters write it. x: [batch, tokens, width].
    std::string attention(const std::string& x, std::int64_t width, std::int64_t heads);
    /// x · ½ · (1 + erf(x / √2)), as exporters write it.
    std::string gelu(const std::string& x);

    void output(const std::string& name);
    void save(const std::filesystem::path& path) const { m_model.save(path); }

private:
    support::ModelBuilder m_model;
    base::Random m_random;
    int m_count = 0;
};

// 25.6 M parameters, 3 × 224 × 224 (He et al. 2016, table 1, 50 layers; BatchNormalization folded as exporters do).
void writeResNet50(const std::filesystem::path& path);
// 3.5 M parameters, 3 × 224 × 224 (Sandler et al. 2018, table 2, width 1.0).
void writeMobileNetV2(const std::filesystem::path& path);
// 12 layers of width 768, 128 tokens (Devlin et al. 2019, base).
void writeBertBase(const std::filesystem::path& path);
// 12 layers of width 768, 16 × 16 patches of 224 × 224 (Dosovitskiy et al. 2021, B/16).
void writeVitBase(const std::filesystem::path& path);

}  // namespace trimtab::engines
