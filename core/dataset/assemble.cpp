#include <algorithm>
#include <climits>

#include <fmt/format.h>

#include "core/dataset/dataset.h"
#include "core/dataset/parts.h"
#include "core/tensor/convert.h"

namespace trimtab::dataset {
namespace {

struct Binding {
    std::string input;  // the model's name where a model is given
    std::unique_ptr<Field> field;
    DataType type = DataType::Undefined;  // what the model takes; Undefined: as stored
    std::optional<std::vector<graph::Dim>> dims;
    bool isShifted = false;
};

class AssembledDataset final : public Dataset {
public:
    AssembledDataset(Parts parts, std::vector<Binding> bindings, std::int64_t size)
        : m_parts(std::move(parts)), m_bindings(std::move(bindings)), m_size(size) {}

    const std::string& name() const override { return m_parts.name; }
    const std::string& task() const override { return m_parts.task; }
    const std::string& metric() const override { return m_parts.metric; }
    const std::string& hash() const override { return m_parts.hash; }
    std::int64_t size() const override { return m_size; }
    TokenRules tokenRules() const override { return m_parts.rules; }
    std::span<const Choice> choices() const override { return m_parts.choices; }
    std::span<const Prompt> prompts() const override { return m_parts.prompts; }
    GenerationRules generationRules() const override { return m_parts.generation; }
    std::optional<base::TextWindows> textWindows() const override { return m_parts.windows; }
    std::vector<std::string> inputNames() const override {
        std::vector<std::string> names;
        for (const Binding& binding : m_bindings) names.push_back(binding.input);
        return names;
    }

    Result<Batch> batch(std::int64_t first, std::int64_t count) const override {
        assert(first >= 0 && count >= 1 && first <= m_size - count);
        Batch batch;
        if (m_parts.targetField) { TRIMTAB_TRY(batch.target, m_parts.targetField->rows(first, count)); }
        if (m_parts.target.defined()) { TRIMTAB_TRY(batch.target, sliceRows(m_parts.target, first, count)); }
        if (m_parts.group.defined()) { TRIMTAB_TRY(batch.group, sliceRows(m_parts.group, first, count)); }
        for (const Binding& binding : m_bindings) {
            TRIMTAB_TRY(Tensor rows, binding.field->rows(first, count));
            if (binding.isShifted) {
                TRIMTAB_TRY(batch.target, columns(rows, 1, rows.shape()[1]));
                TRIMTAB_TRY(batch.target, tensor::convert(batch.target, DataType::Int64));
                TRIMTAB_TRY(rows, columns(rows, 0, rows.shape()[1] - 1));
            }
            TRIMTAB_TRY(rows, fitted(std::move(rows), binding));
            batch.inputs.push_back({binding.input, std::move(rows)});
        }
        return batch;
    }

    /// What a sample looks like to the model, checked once when the dataset is opened.
    Status checkFirstSample() const {
        TRIMTAB_TRY(const Batch first, batch(0, 1));
        return {};
    }

private:
    static Result<Tensor> columns(const Tensor& rows, std::int64_t first, std::int64_t last) {
        const std::int64_t count = rows.shape()[0], length = rows.shape()[1];
        const auto width = static_cast<std::size_t>(tensor::bitWidth(rows.type()) / 8);
        TRIMTAB_TRY(Tensor part, Tensor::allocate(rows.type(), {count, last - first}));
        for (std::int64_t i = 0; i < count; ++i)
            std::memcpy(part.mutableBytes().data() + static_cast<std::size_t>(i * (last - first)) * width,
                        rows.bytes().data() + static_cast<std::size_t>(i * length + first) * width,
                        static_cast<std::size_t>(last - first) * width);
        return part;
    }

    /// Grey images and clips may come without their channel axis, and columns of numbers without their second axis.
    static Tensor withMissingAxis(Tensor rows, const std::vector<graph::Dim>& dims) {
        if (static_cast<std::size_t>(rows.shape().rank()) + 1 != dims.size()) return rows;
        std::vector<std::int64_t> shape = rows.shape().dims();
        const std::size_t last = dims.size() - 1;
        if (last < 1 || last > 3) return rows;
        const std::size_t axis = last > 1 && dims[1].extent != 1 && dims[last].extent == 1 ? last : 1;
        if (dims[axis].isKnown() && dims[axis].extent != 1) return rows;
        if (last == 2 && !dims[axis].isKnown()) return rows;  // [n, width] for [n, ?, width] may be anything
        shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), 1);
        return rows.reshaped(Shape(shape));
    }

    static Result<Tensor> fitted(Tensor rows, const Binding& binding) {
        if (binding.dims) {
            rows = withMissingAxis(std::move(rows), *binding.dims);
            bool agrees = static_cast<std::size_t>(rows.shape().rank()) == binding.dims->size();
            for (std::size_t axis = 1; agrees && axis < binding.dims->size(); ++axis)
                agrees = !(*binding.dims)[axis].isKnown() || (*binding.dims)[axis].extent == rows.shape()[static_cast<int>(axis)];
            if (!agrees) {
                const graph::ValueType wanted{binding.type, binding.dims};
                return fail(ErrorCode::Refused, fmt::format("the model's input '{:.80}' is {}, but the dataset gives samples {}",
                                                            binding.input, wanted.text(), rows.shape().text()));
            }
        }
        return binding.type == DataType::Undefined || binding.type == rows.type() ? Result<Tensor>(std::move(rows))
                                                                                  : tensor::convert(rows, binding.type);
    }

    Parts m_parts;
    std::vector<Binding> m_bindings;
    std::int64_t m_size;
};

Result<std::vector<Binding>> bindAll(Parts& parts, const Graph* graph) {
    std::vector<Binding> bindings;
    if (!graph) {
        for (auto& [name, field] : parts.inputs)
            bindings.push_back({name, std::move(field), DataType::Undefined, std::nullopt, name == parts.shiftOf});
        return bindings;
    }
    const bool onlyOne = parts.inputs.size() == 1 && graph->inputs.size() == 1;
    const auto tokens = parts.inputs.find("input_ids");
    const std::int64_t texts = tokens != parts.inputs.end() ? tokens->second->size() : 0;
    for (const graph::ValueId id : graph->inputs) {
        const graph::Value& value = graph->value(id);
        const auto found = onlyOne ? parts.inputs.begin() : parts.inputs.find(value.name);
        if (found == parts.inputs.end() && texts > 0) {
            if (auto beginning = makeBeginningField(value, texts)) {
                bindings.push_back({value.name, std::move(beginning), value.type.type, value.type.dims, false});
                continue;
            }
        }
        if (found == parts.inputs.end()) {
            std::string names;
            for (const auto& [name, field] : parts.inputs) names += (names.empty() ? "'" : ", '") + name.substr(0, 80) + "'";
            return fail(ErrorCode::Refused,
                        fmt::format("the model's input '{:.80}' has no field in the dataset, which has {:.400}", value.name, names));
        }
        if (found->second->isFloating() && !tensor::isFloatingPoint(value.type.type) && value.type.type != DataType::Undefined)
            return fail(ErrorCode::Refused, fmt::format("the model's input '{:.80}' takes {}, but the dataset gives floats", value.name,
                                                        tensor::name(value.type.type)));
        bindings.push_back({value.name, std::move(found->second), value.type.type, value.type.dims, found->first == parts.shiftOf});
        parts.inputs.erase(found);
    }
    if (!parts.inputs.empty() && !parts.mayHoldMore)
        return fail(ErrorCode::Refused,
                    fmt::format("the dataset has a field '{:.80}', which is no input of the model", parts.inputs.begin()->first));
    return bindings;
}

/// What the targets of a task look like.
struct TargetForm {
    int least = 1, most = 1;  // rank
    const char* words = "[samples]";
};

TargetForm targetForm(const std::string& task) {
    if (task == "language-model" || task == "transcription") return {2, 2, "[samples, length]"};
    if (task == "frame-classification") return {2, 2, "[samples, frames]"};
    if (task == "multi-label") return {2, 2, "[samples, classes]"};
    if (task == "segmentation") return {2, INT_MAX, "[samples, …]"};
    return {};
}

Status normalizeTarget(Parts& parts, std::int64_t size) {
    if (!parts.target.defined()) return {};
    Tensor& target = parts.target;
    if (target.shape().rank() < 1 || target.shape()[0] != size)
        return fail(ErrorCode::Refused, fmt::format("the target has the shape {}, but there are {} samples", target.shape().text(), size));
    if (parts.task == "regression") { TRIMTAB_TRY(target, tensor::convert(target, DataType::Float32)); return {}; }
    if (!tensor::isInteger(target.type()) && target.type() != DataType::Bool)
        return fail(ErrorCode::Refused, fmt::format("the target holds {}, but {} wants integers", tensor::name(target.type()), parts.task));
    TRIMTAB_TRY(target, tensor::convert(target, DataType::Int64));
    const Shape& shape = target.shape();
    const TargetForm form = targetForm(parts.task);
    if (form.most == 1 && shape.rank() == 2 && shape[1] == 1) target = target.reshaped({size});
    if (target.shape().rank() < form.least || target.shape().rank() > form.most)
        return fail(ErrorCode::Refused, fmt::format("the target has the shape {}, but {} wants {}", shape.text(), parts.task, form.words));
    return {};
}

Status normalizeGroup(Tensor& group, std::int64_t size) {
    if (!group.defined()) return {};
    if (!tensor::isInteger(group.type()))
        return fail(ErrorCode::Refused, fmt::format("the group holds {}, but groups are numbered by integers", tensor::name(group.type())));
    if (group.shape().rank() < 1 || group.shape()[0] != size || group.elementCount() != size)
        return fail(ErrorCode::Refused, fmt::format("the group has the shape {}, but there are {} samples", group.shape().text(), size));
    TRIMTAB_TRY(group, tensor::convert(group, DataType::Int64));
    group = group.reshaped({size});
    return {};
}

}  // namespace

Result<std::shared_ptr<const Dataset>> assemble(Parts parts, const Graph* graph) {
    TRIMTAB_TRY(auto bindings, bindAll(parts, graph));
    const std::int64_t size = bindings.empty() ? 0 : bindings[0].field->size();
    for (const Binding& binding : bindings)
        if (binding.field->size() != size)
            return fail(ErrorCode::Refused,
                        fmt::format("the field for '{:.80}' has {} samples, another has {}", binding.input, binding.field->size(), size));
    if (size < 1) return fail(ErrorCode::Refused, "the dataset holds no samples");
    TRIMTAB_REQUIRE(normalizeTarget(parts, size));
    TRIMTAB_REQUIRE(normalizeGroup(parts.group, size));
    const auto dataset = std::make_shared<const AssembledDataset>(std::move(parts), std::move(bindings), size);
    TRIMTAB_REQUIRE(dataset->checkFirstSample());
    return std::shared_ptr<const Dataset>(dataset);
}

}  // namespace trimtab::dataset
