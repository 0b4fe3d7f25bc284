#include "core/runtime/inputs.h"

#include <algorithm>
#include <limits>

#include "core/base/checked.h"
#include "core/base/memory_budget.h"
#include "core/base/random.h"
#include "core/tensor/convert.h"

namespace trimtab::runtime {
namespace {

using Symbols = std::map<std::string, std::int64_t>;

/// The name under which an open dim is bound: its symbol, or "input:axis" where the model gives none.
std::string symbolOf(const graph::Value& input, std::size_t axis) {
    const graph::Dim& dim = (*input.type.dims)[axis];
    return dim.symbol.empty() ? input.name + ":" + std::to_string(axis) : dim.symbol;
}

const graph::Value* findInput(const Graph& graph, const std::string& name) {
    for (const graph::ValueId id : graph.inputs)
        if (graph.value(id).name == name) return &graph.value(id);
    return nullptr;
}

std::string inputNames(const Graph& graph) {
    std::string names;
    for (const graph::ValueId id : graph.inputs) names += (names.empty() ? "" : ", ") + graph.value(id).name;
    return names.empty() ? "none" : names;
}

/// Checks a shape given in full against the declared type and notes the extents of its symbols.
Status bind(const graph::Value& input, const Shape& shape, Symbols& symbols) {
    if (!shape.checkedElementCount())
        return fail(ErrorCode::Refused, "the shape " + shape.text() + " is not possible", "input " + input.name);
    if (!input.type.dims) return {};
    const auto& dims = *input.type.dims;
    const auto contradiction = [&] {
        return fail(ErrorCode::Refused, "the shape " + shape.text() + " contradicts the declared " + input.type.text(),
                    "input " + input.name);
    };
    if (static_cast<std::size_t>(shape.rank()) != dims.size()) return contradiction();
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
        const std::int64_t extent = shape[static_cast<int>(axis)];
        if (dims[axis].isKnown()) {
            if (dims[axis].extent != extent) return contradiction();
            continue;
        }
        const auto [entry, fresh] = symbols.emplace(symbolOf(input, axis), extent);
        if (!fresh && entry->second != extent)
            return fail(
                ErrorCode::Refused,
                "\"" + entry->first + "\" is " + std::to_string(entry->second) + " elsewhere and " + std::to_string(extent) + " here",
                "input " + input.name);
    }
    return {};
}

Status bindGivenShapes(const Graph& graph, const recipe::RunSetting& setting, Symbols& symbols) {
    for (const auto& [name, shape] : setting.shapes) {
        const graph::Value* input = findInput(graph, name);
        if (!input) return fail(ErrorCode::Refused, "the model has no input \"" + name + "\"; its inputs are: " + inputNames(graph));
        TRIMTAB_REQUIRE(bind(*input, shape, symbols));
    }
    for (const auto& [name, extent] : setting.symbols) {
        if (extent < 0) return fail(ErrorCode::Refused, "\"" + name + "\" must not be negative");
        const auto [entry, fresh] = symbols.emplace(name, extent);
        if (!fresh && entry->second != extent)
            return fail(ErrorCode::Refused,
                        "\"" + name + "\" is set to " + std::to_string(extent) + " but a shape makes it " + std::to_string(entry->second));
    }
    return {};
}

/// The batch goes to the first open dim of each input that nothing has bound yet.
Status bindBatch(const Graph& graph, const recipe::RunSetting& setting, Symbols& symbols) {
    if (setting.batch <= 0) return {};
    bool agrees = graph.inputs.empty();
    for (const graph::ValueId id : graph.inputs) {
        const graph::Value& input = graph.value(id);
        if (const auto given = setting.shapes.find(input.name); given != setting.shapes.end()) {
            agrees |= given->second.rank() > 0 && given->second[0] == setting.batch;
            continue;
        }
        if (!input.type.dims) continue;
        const auto& dims = *input.type.dims;
        const auto open = std::find_if(dims.begin(), dims.end(), [](const graph::Dim& dim) { return !dim.isKnown(); });
        if (open == dims.end()) {
            agrees |= !dims.empty() && dims[0].extent == setting.batch;
            continue;
        }
        const std::string symbol = symbolOf(input, static_cast<std::size_t>(open - dims.begin()));
        const std::int64_t bound = symbols.emplace(symbol, setting.batch).first->second;
        agrees |= bound == setting.batch;
    }
    if (agrees) return {};
    return fail(ErrorCode::Refused,
                "no input of this model can take a batch of " + std::to_string(setting.batch) + ": the shapes are fixed otherwise");
}

Result<Shape> shapeOf(const graph::Value& input, const recipe::RunSetting& setting, const Symbols& symbols) {
    if (const auto given = setting.shapes.find(input.name); given != setting.shapes.end()) return given->second;
    if (!input.type.dims) return fail(ErrorCode::Refused, "the model does not say its rank: give its shape in full", "input " + input.name);
    std::vector<std::int64_t> dims;
    for (std::size_t axis = 0; axis < input.type.dims->size(); ++axis) {
        const graph::Dim& dim = (*input.type.dims)[axis];
        if (dim.isKnown()) {
            dims.push_back(dim.extent);
            continue;
        }
        const auto bound = symbols.find(symbolOf(input, axis));
        dims.push_back(bound == symbols.end() ? 1 : bound->second);
    }
    return Shape(std::move(dims));
}

Status checkBudget(const Graph& graph, const std::map<std::string, Shape>& shapes) {
    const std::int64_t limit = base::MemoryBudget::process().limit();
    std::int64_t total = 0;
    for (const graph::ValueId id : graph.inputs) {
        const graph::Value& input = graph.value(id);
        const Shape& shape = shapes.at(input.name);
        const auto count = shape.checkedElementCount();
        const auto bytes = count ? tensor::byteSize(input.type.type, *count) : std::nullopt;
        const auto sum = bytes ? base::checkedAdd(total, *bytes) : std::nullopt;
        if (!sum)
            return fail(ErrorCode::Refused, "a tensor of " + input.type.text() + " with the shape " + shape.text() + " cannot be made",
                        "input " + input.name);
        total = *sum;
        if (limit > 0 && total > limit)
            return fail(
                ErrorCode::Refused,
                "the inputs would take " + std::to_string(total) + " bytes, above the memory limit of " + std::to_string(limit) + " bytes",
                "input " + input.name);
    }
    return {};
}

bool passesIndicesOn(const graph::Node& node) {
    return node.is("Cast") || node.is("Identity") || node.is("Reshape") || node.is("Unsqueeze") || node.is("Squeeze") || node.is("Flatten");
}

/// One more than the largest index that every table indexed by this value (directly, or through casts and reshapes) allows; 2 when there is
/// none.
std::int64_t indexBound(const Graph& graph, graph::ValueId input) {
    std::int64_t bound = std::numeric_limits<std::int64_t>::max();
    std::vector<graph::ValueId> carriers{input};
    for (const graph::Node& node : graph.nodes) {
        const auto carries = [&](graph::ValueId id) { return std::find(carriers.begin(), carriers.end(), id) != carriers.end(); };
        if (passesIndicesOn(node) && carries(node.input(0)) && node.output(0) != graph::kNoValue) carriers.push_back(node.output(0));
        if (!node.is("Gather") || node.integer("axis", 0) != 0 || !carries(node.input(1)) || node.input(0) == graph::kNoValue) continue;
        const graph::Value& table = graph.value(node.input(0));
        if (!table.isConstant() || !table.type.dims || table.type.dims->empty() || !table.type.dims->front().isKnown()) continue;
        bound = std::min(bound, table.type.dims->front().extent);
    }
    return bound == std::numeric_limits<std::int64_t>::max() || bound < 1 ? 2 : bound;
}

std::int64_t largestOf(DataType type) {
    const int bits = tensor::bitWidth(type);
    const bool isUnsigned = tensor::name(type).front() == 'u';
    return bits >= 63 ? std::numeric_limits<std::int64_t>::max() : (std::int64_t{1} << (isUnsigned ? bits : bits - 1)) - 1;
}

/// Each input draws from a stream of its own, so that giving one of them does not change the others.
std::uint64_t seedFor(std::uint64_t seed, const std::string& name) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const unsigned char c : name) hash = (hash ^ c) * 0x100000001b3ULL;
    return base::Random(seed ^ hash).next();
}

Status checkGiven(const graph::Value& input, const Tensor& tensor) {
    if (tensor.type() != input.type.type)
        return fail(ErrorCode::Refused,
                    "the values are " + std::string(tensor::name(tensor.type())) + " but the model wants " +
                        std::string(tensor::name(input.type.type)),
                    "input " + input.name);
    return {};
}

}  // namespace

Result<std::map<std::string, Shape>> inputShapes(const Graph& graph, const recipe::RunSetting& setting) {
    Symbols symbols;
    TRIMTAB_REQUIRE(bindGivenShapes(graph, setting, symbols));
    TRIMTAB_REQUIRE(bindBatch(graph, setting, symbols));
    std::map<std::string, Shape> shapes;
    for (const graph::ValueId id : graph.inputs) {
        const graph::Value& input = graph.value(id);
        TRIMTAB_TRY(shapes[input.name], shapeOf(input, setting, symbols));
    }
    TRIMTAB_REQUIRE(checkBudget(graph, shapes));
    return shapes;
}

Result<std::vector<NamedTensor>> makeInputs(const Graph& graph, const recipe::RunSetting& setting,
                                            const std::map<std::string, Tensor>& given) {
    recipe::RunSetting bound = setting;
    for (const auto& [name, tensor] : given) {
        const graph::Value* input = findInput(graph, name);
        if (!input) return fail(ErrorCode::Refused, "the model has no input \"" + name + "\"; its inputs are: " + inputNames(graph));
        TRIMTAB_REQUIRE(checkGiven(*input, tensor));
        const auto [entry, fresh] = bound.shapes.emplace(name, tensor.shape());
        if (!fresh && entry->second != tensor.shape())
            return fail(ErrorCode::Refused, "the values have the shape " + tensor.shape().text() + ", not " + entry->second.text(),
                        "input " + name);
    }
    TRIMTAB_TRY(const auto shapes, inputShapes(graph, bound));
    std::vector<NamedTensor> inputs;
    for (const graph::ValueId id : graph.inputs) {
        const graph::Value& input = graph.value(id);
        if (const auto values = given.find(input.name); values != given.end()) {
            inputs.push_back({input.name, values->second});
            continue;
        }
        if (input.type.isSequence)
            return fail(ErrorCode::Unsupported, "a sequence of tensors cannot be drawn from a seed", "input " + input.name);
        std::int64_t high = 2;
        if (tensor::isInteger(input.type.type)) high = std::min(indexBound(graph, id), largestOf(input.type.type));
        auto drawn = tensor::randomTensor(input.type.type, shapes.at(input.name), seedFor(setting.seed, input.name), 0, high);
        if (!drawn) {
            base::Error error = drawn.error();
            if (error.context.empty()) error.context = "input " + input.name;
            return fail(std::move(error));
        }
        inputs.push_back({input.name, std::move(*drawn)});
    }
    return inputs;
}

}  // namespace trimtab::runtime
