// What decoders that go on from caches take beside tokens, when nothing was read before.
#include "core/dataset/parts.h"
#include "core/tensor/data_type.h"

namespace trimtab::dataset {
namespace {

class BeginningField final : public Field {
public:
    BeginningField(graph::ValueType type, bool isCache, std::int64_t samples)
        : m_type(std::move(type)), m_isCache(isCache), m_samples(samples) {}

    std::int64_t size() const override { return m_samples; }
    bool isFloating() const override { return tensor::isFloatingPoint(m_type.type); }
    Result<Tensor> rows(std::int64_t, std::int64_t count) const override {
        std::vector<std::int64_t> shape;
        for (const graph::Dim& dim : *m_type.dims) shape.push_back(dim.isKnown() ? dim.extent : 0);
        if (m_isCache) shape[0] = count;
        return Tensor::zeros(m_type.type, Shape(shape));
    }

private:
    graph::ValueType m_type;
    bool m_isCache;
    std::int64_t m_samples;
};

/// [batch, heads, rows, values] or with the last two the other way round, rows open.
bool isCache(const graph::Value& input) {
    const auto& dims = input.type.dims;
    return input.name.starts_with("past") && tensor::isFloatingPoint(input.type.type) && dims && dims->size() == 4 &&
           (*dims)[1].isKnown() && (*dims)[2].isKnown() != (*dims)[3].isKnown();
}

bool isBranch(const graph::Value& input) {
    const auto& dims = input.type.dims;
    return input.name == "use_cache_branch" && input.type.type == DataType::Bool && dims && dims->size() == 1 && (*dims)[0].isKnown();
}

}  // namespace

std::unique_ptr<Field> makeBeginningField(const graph::Value& input, std::int64_t samples) {
    if (!isCache(input) && !isBranch(input)) return nullptr;
    return std::make_unique<BeginningField>(input.type, isCache(input), samples);
}

}  // namespace trimtab::dataset
