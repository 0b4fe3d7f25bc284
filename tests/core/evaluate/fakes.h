#pragma once
// A dataset and a model that need no files and no kernels.
#include <functional>

#include "core/dataset/dataset.h"
#include "core/runtime/engine.h"
#include "core/tensor/convert.h"

namespace trimtab::evaluate {

/// n samples [n, 2] counting up from 0, labels i mod 2.
class CountingData : public dataset::Dataset {
public:
    explicit CountingData(std::int64_t samples) : m_samples(samples) {}
    const std::string& name() const override { return m_text; }
    const std::string& task() const override { return m_text; }
    const std::string& metric() const override { return m_metric; }
    std::int64_t size() const override { return m_samples; }
    const std::string& hash() const override { return m_text; }
    std::vector<std::string> inputNames() const override { return {"x"}; }
    Result<dataset::Batch> batch(std::int64_t first, std::int64_t count) const override {
        std::vector<float> values;
        std::vector<std::int64_t> labels;
        for (std::int64_t i = first; i < first + count; ++i) {
            values.insert(values.end(), {static_cast<float>(i), 0});
            labels.push_back(i % 2);
        }
        return dataset::Batch{{{"x", Tensor::fromFloats({count, 2}, values)}}, Tensor::fromInt64s({count}, labels)};
    }

private:
    std::int64_t m_samples;
    std::string m_text = "counting";
    std::string m_metric = "top1";
};

/// Applies a function to the first input.
class FunctionModel final : public runtime::CompiledModel {
public:
    using Function = std::function<Result<Tensor>(const Tensor&)>;
    explicit FunctionModel(Function function) : m_function(std::move(function)) {}

    Result<std::vector<NamedTensor>> run(std::span<const NamedTensor> inputs, trace::NodeListener*) override {
        ++runs;
        TRIMTAB_TRY(m_last, m_function(inputs.front().tensor));
        return std::vector<NamedTensor>{{"y", m_last}};
    }
    Status prepare(std::span<const NamedTensor>) override { return {}; }
    const std::vector<trace::LayerRecord>& layers() const override { return m_layers; }
    std::int64_t weightBytes() const override { return 0; }
    std::int64_t arenaBytes() const override { return 0; }

    int runs = 0;

private:
    Function m_function;
    Tensor m_last;
    std::vector<trace::LayerRecord> m_layers;
};

/// Says class 1 for odd samples up to `rightUpTo`, class 0 elsewhere: right for every even sample and for the odd ones below.
inline FunctionModel::Function parity(float rightUpTo) {
    return [rightUpTo](const Tensor& x) -> Result<Tensor> {
        std::vector<float> values = tensor::toFloats(x);
        for (std::size_t i = 0; i < values.size(); i += 2) {
            const bool odd = values[i] < rightUpTo && static_cast<int>(values[i]) % 2 == 1;
            values[i] = odd ? 0 : 1;
            values[i + 1] = odd ? 1 : 0;
        }
        return Tensor::fromFloats(x.shape(), values);
    };
}

}  // namespace trimtab::evaluate
