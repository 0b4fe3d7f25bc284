#include "tests/core/formats/huggingface/small_decoder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include "core/base/random.h"
#include "tests/core/formats/safetensors/composed.h"

namespace trimtab::formats::huggingface {
namespace {

/// Pairs are channels i and i + half of a head.
void rotate(std::vector<double>& x, int heads, int headSize, double theta) {
    const int half = headSize / 2, width = heads * headSize, tokens = static_cast<int>(x.size()) / width;
    for (int t = 0; t < tokens; ++t)
        for (int h = 0; h < heads; ++h)
            for (int i = 0; i < half; ++i) {
                const double angle = t * std::pow(theta, -2.0 * i / headSize);
                double& a = x[static_cast<std::size_t>(t * width + h * headSize + i)];
                double& b = x[static_cast<std::size_t>(t * width + h * headSize + i + half)];
                const double turned = a * std::cos(angle) - b * std::sin(angle);
                b = b * std::cos(angle) + a * std::sin(angle);
                a = turned;
            }
}

double dot(const double* a, const double* b, int count) { return std::inner_product(a, a + count, b, 0.0); }

}  // namespace

void SmallDecoder::add(const std::string& name, std::vector<int> shape, double spread, double middle, std::uint64_t seed) {
    base::Random random(seed + std::hash<std::string>{}(name) % 1000);
    const int count = std::accumulate(shape.begin(), shape.end(), 1, std::multiplies<>());
    auto& values = tensors[name];
    for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(middle + random.uniform(-spread, spread)));
    shapes[name] = std::move(shape);
}

void SmallDecoder::draw(std::uint64_t seed) {
    const auto matrix = [&](const std::string& module, int outputs, int inputs, bool biased) {
        add(module + ".weight", {outputs, inputs}, 1.7 / std::sqrt(inputs), 0, seed);
        if (biased) add(module + ".bias", {outputs}, 0.3, 0, seed);
    };
    add("model.embed_tokens.weight", {vocabulary, hidden}, 1, 0, seed);
    for (int i = 0; i < layers; ++i) {
        const std::string at = fmt::format("model.layers.{}", i);
        add(at + ".input_layernorm.weight", {hidden}, 0.2, 1, seed);
        add(at + ".post_attention_layernorm.weight", {hidden}, 0.2, 1, seed);
        matrix(at + ".self_attn.q_proj", heads * headSize, hidden, inputBias);
        matrix(at + ".self_attn.k_proj", kvHeads * headSize, hidden, inputBias);
        matrix(at + ".self_attn.v_proj", kvHeads * headSize, hidden, inputBias);
        matrix(at + ".self_attn.o_proj", hidden, heads * headSize, outputBias);
        matrix(at + ".mlp.gate_proj", intermediate, hidden, gateBias);
        matrix(at + ".mlp.up_proj", intermediate, hidden, gateBias);
        matrix(at + ".mlp.down_proj", hidden, intermediate, gateBias);
    }
    add("model.norm.weight", {hidden}, 0.2, 1, seed);
    if (!tied) matrix("lm_head", vocabulary, hidden, false);
}

std::string SmallDecoder::config() const {
    return fmt::format(
        R"({{"architectures": ["{}"], "hidden_size": {}, "num_hidden_layers": {}, "num_attention_heads": {}, "num_key_value_heads": {},
 "head_dim": {}, "intermediate_size": {}, "vocab_size": {}, "rope_theta": {}, "rms_norm_eps": {}, "tie_word_embeddings": {},
 "hidden_act": "silu", "max_position_embeddings": 64{}}})",
        architecture, hidden, layers, heads, kvHeads, headSize, intermediate, vocabulary, theta, epsilon, tied, moreConfig);
}

void SmallDecoder::write(const std::filesystem::path& folder) const {
    std::string header = "{", buffer;
    for (const auto& [name, values] : tensors) {
        if (header.size() > 1) header += ',';
        const std::size_t begin = buffer.size();
        buffer.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
        header += fmt::format(R"("{}":{{"dtype":"F32","shape":[{}],"data_offsets":[{},{}]}})", name, fmt::join(shapes.at(name), ","), begin,
                              buffer.size());
    }
    safetensors::write(folder / "model.safetensors", safetensors::composed(header + "}", buffer));
    std::ofstream(folder / "config.json") << config();
}

std::vector<double> SmallDecoder::product(const std::string& module, const std::vector<double>& x, int outputs, bool biased) const {
    const auto& weight = tensors.at(module + ".weight");
    const int inputs = static_cast<int>(weight.size()) / outputs, rows = static_cast<int>(x.size()) / inputs;
    std::vector<double> y;
    for (int r = 0; r < rows; ++r)
        for (int o = 0; o < outputs; ++o) {
            double sum = biased ? tensors.at(module + ".bias")[static_cast<std::size_t>(o)] : 0.0;
            for (int i = 0; i < inputs; ++i)
                sum += x[static_cast<std::size_t>(r * inputs + i)] * weight[static_cast<std::size_t>(o * inputs + i)];
            y.push_back(sum);
        }
    return y;
}

std::vector<double> SmallDecoder::normalized(const std::string& module, const std::vector<double>& x) const {
    const auto& gamma = tensors.at(module + ".weight");
    std::vector<double> y(x.size());
    for (std::size_t row = 0; row < x.size(); row += gamma.size()) {
        const double mean = dot(&x[row], &x[row], hidden) / hidden;
        for (std::size_t i = 0; i < gamma.size(); ++i) y[row + i] = x[row + i] / std::sqrt(mean + epsilon) * gamma[i];
    }
    return y;
}

std::vector<double> SmallDecoder::attended(const std::string& at, const std::vector<double>& x) const {
    auto q = product(at + ".q_proj", x, heads * headSize, inputBias);
    auto k = product(at + ".k_proj", x, kvHeads * headSize, inputBias);
    const auto v = product(at + ".v_proj", x, kvHeads * headSize, inputBias);
    rotate(q, heads, headSize, theta);
    rotate(k, kvHeads, headSize, theta);
    const int tokens = static_cast<int>(x.size()) / hidden;
    std::vector<double> y(q.size());
    for (int t = 0; t < tokens; ++t)
        for (int h = 0; h < heads; ++h) {
            const int shared = h / (heads / kvHeads), first = window ? std::max(0, t - *window + 1) : 0;
            const auto row = [&](int token) { return static_cast<std::size_t>((token * kvHeads + shared) * headSize); };
            const auto query = static_cast<std::size_t>((t * heads + h) * headSize);
            std::vector<double> weights;
            for (int s = first; s <= t; ++s) weights.push_back(std::exp(dot(&q[query], &k[row(s)], headSize) / std::sqrt(headSize)));
            const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
            for (int s = first; s <= t; ++s)
                for (std::size_t i = 0; i < static_cast<std::size_t>(headSize); ++i)
                    y[query + i] += weights[static_cast<std::size_t>(s - first)] / total * v[row(s) + i];
        }
    return product(at + ".o_proj", y, hidden, outputBias);
}

std::vector<double> SmallDecoder::gated(const std::string& at, const std::vector<double>& x) const {
    auto gate = product(at + ".gate_proj", x, intermediate, gateBias);
    const auto up = product(at + ".up_proj", x, intermediate, gateBias);
    for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
    return product(at + ".down_proj", gate, hidden, gateBias);
}

std::vector<double> SmallDecoder::logits(const std::vector<std::int64_t>& ids) const {
    const auto& embedding = tensors.at("model.embed_tokens.weight");
    std::vector<double> x;
    for (const std::int64_t id : ids)
        for (int i = 0; i < hidden; ++i) x.push_back(embedding[static_cast<std::size_t>(id * hidden + i)]);
    const auto add = [&x](const std::vector<double>& y) { std::ranges::transform(x, y, x.begin(), std::plus<>()); };
    for (int i = 0; i < layers; ++i) {
        const std::string at = fmt::format("model.layers.{}", i);
        add(attended(at + ".self_attn", normalized(at + ".input_layernorm", x)));
        add(gated(at + ".mlp", normalized(at + ".post_attention_layernorm", x)));
    }
    return product(tied ? "model.embed_tokens" : "lm_head", normalized("model.norm", x), vocabulary, false);
}

}  // namespace trimtab::formats::huggingface
