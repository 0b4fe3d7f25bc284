// Datasets that are arrays: .npz, .npy of token ids, .csv.
#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/dataset/csv.h"
#include "core/dataset/manifest.h"
#include "core/dataset/parts.h"
#include "core/formats/numpy/npy.h"

namespace trimtab::dataset {
namespace {

Result<Tensor> columnTensor(const std::vector<double>& values) {
    const bool whole = std::all_of(values.begin(), values.end(), [](double v) { return std::nearbyint(v) == v && std::abs(v) < 0x1p53; });
    TRIMTAB_TRY(Tensor tensor, Tensor::allocate(whole ? DataType::Int64 : DataType::Float32, {static_cast<std::int64_t>(values.size())}));
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (whole) tensor.mutableData<std::int64_t>()[i] = static_cast<std::int64_t>(values[i]);
        else tensor.mutableData<float>()[i] = static_cast<float>(values[i]);
    }
    return tensor;
}

/// All columns but the target side by side: [rows, columns].
Result<Tensor> featureTensor(const Table& table) {
    std::vector<std::size_t> features;
    for (std::size_t c = 0; c < table.columns.size(); ++c)
        if (table.columns[c] != "target") features.push_back(c);
    const auto width = static_cast<std::int64_t>(features.size());
    TRIMTAB_TRY(Tensor tensor, Tensor::allocate(DataType::Float32, {table.rows(), width}));
    for (std::int64_t row = 0; row < table.rows(); ++row)
        for (std::size_t f = 0; f < features.size(); ++f)
            tensor.mutableData<float>()[static_cast<std::size_t>(row * width) + f] =
                static_cast<float>(table.values[features[f]][static_cast<std::size_t>(row)]);
    return tensor;
}

}  // namespace

std::string taskOfTarget(const Tensor& target) {
    if (!target.defined() || tensor::isFloatingPoint(target.type())) return "regression";
    return target.shape().rank() >= 2 && target.shape()[1] > 1 ? "language-model" : "classification";
}

Result<Parts> openNpz(const std::filesystem::path& path) {
    TRIMTAB_TRY(auto arrays, formats::numpy::readNpz(path));
    Parts parts;
    parts.name = path.stem().string();
    parts.mayHoldMore = true;
    TRIMTAB_TRY(parts.hash, base::sha256File(path));
    for (auto& [name, array] : arrays) {
        if (array.shape().rank() < 1) continue;
        if (name == "target") parts.target = std::move(array);
        else parts.inputs.emplace(name, makeArrayField(std::move(array), {}));
    }
    if (parts.inputs.empty()) return fail(ErrorCode::Refused, "holds no array with samples", path.string());
    parts.task = taskOfTarget(parts.target);
    parts.metric = defaultMetric(parts.task);
    return parts;
}

Result<Tensor> windowTokens(const Tensor& tokens, std::int64_t window, const std::string& what) {
    if (!tensor::isInteger(tokens.type()))
        return fail(ErrorCode::Refused, fmt::format("holds {}, but token ids are integers", tensor::name(tokens.type())), what);
    const Shape& shape = tokens.shape();
    if (shape.rank() == 2 && shape[0] >= 1 && shape[1] >= 2) return tokens;
    if (shape.rank() != 1 || shape[0] < 2)
        return fail(
            ErrorCode::Refused,
            fmt::format("has the shape {}; token ids come as [tokens] or [samples, tokens], at least two to a sample", shape.text()), what);
    const std::int64_t length = std::min(window, shape[0]);
    const std::int64_t count = shape[0] / length;
    TRIMTAB_TRY(const Tensor used, sliceRows(tokens, 0, count * length));
    return used.reshaped({count, length});
}

base::TextWindows windowsOfRows(const Tensor& rows) { return {rows.shape()[1] - 1, rows.shape()[1]}; }

graph::ValueId inputFor(const Graph* graph, const std::string& name) {
    if (!graph) return graph::kNoValue;
    for (const graph::ValueId id : graph->inputs)
        if (graph->value(id).name == name || graph->inputs.size() == 1) return id;
    return graph::kNoValue;
}

bool takesInput(const Graph* graph, const char* name) { return graph && graph->inputs.size() > 1 && graph->find(name) != graph::kNoValue; }

std::optional<std::int64_t> fixedLength(const Graph* graph, const std::string& input) {
    const graph::ValueId id = inputFor(graph, input);
    if (id == graph::kNoValue) return std::nullopt;
    const auto& dims = graph->value(id).type.dims;
    const bool isFixed = dims && dims->size() == 2 && (*dims)[1].isKnown() && (*dims)[1].extent >= 1;
    return isFixed ? std::optional((*dims)[1].extent) : std::nullopt;
}

std::int64_t windowFor(const Graph* graph, const std::string& input) {
    const auto length = fixedLength(graph, input);
    return length ? *length + 1 : kDefaultWindow;
}

Result<Parts> openTokens(const std::filesystem::path& path, const Graph* graph) {
    TRIMTAB_TRY(const Tensor tokens, formats::numpy::readNpy(path));
    Parts parts;
    parts.name = path.stem().string();
    parts.task = "language-model";
    parts.metric = defaultMetric(parts.task);
    parts.shiftOf = "input_ids";
    const std::int64_t window = windowFor(graph, parts.shiftOf);
    TRIMTAB_TRY(Tensor rows, windowTokens(tokens, window, path.string()));
    parts.windows = windowsOfRows(rows);
    TRIMTAB_TRY(const std::string content, base::sha256File(path));
    parts.hash = base::sha256(fmt::format("tokens {} {}", content, rows.shape().text()));
    parts.inputs.emplace(parts.shiftOf, makeArrayField(std::move(rows), {}));
    return parts;
}

Result<Parts> openCsv(const std::filesystem::path& path, const Graph* graph) {
    TRIMTAB_TRY(const auto file, base::MappedFile::open(path));
    TRIMTAB_TRY(const Table table, parseCsv(file->bytes(), path.string()));
    if (table.rows() == 0) return fail(ErrorCode::Refused, "has a header but no rows", path.string());
    Parts parts;
    parts.name = path.stem().string();
    TRIMTAB_TRY(parts.hash, base::sha256File(path));
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        TRIMTAB_TRY(Tensor column, columnTensor(table.values[c]));
        if (table.columns[c] == "target") parts.target = std::move(column);
        else parts.inputs.emplace(table.columns[c], makeArrayField(std::move(column), {}));
    }
    if (parts.inputs.empty()) return fail(ErrorCode::Refused, "has no column beside the target", path.string());
    // A model with one input of rank 2 takes all columns as the features of a row.
    if (graph && graph->inputs.size() == 1 && (parts.inputs.size() > 1 || !parts.inputs.contains(graph->value(graph->inputs[0]).name))) {
        const graph::Value& input = graph->value(graph->inputs[0]);
        if (input.type.dims && input.type.dims->size() == 2) {
            TRIMTAB_TRY(Tensor features, featureTensor(table));
            parts.inputs.clear();
            parts.inputs.emplace(input.name, makeArrayField(std::move(features), {}));
        }
    }
    parts.task = taskOfTarget(parts.target);
    parts.metric = defaultMetric(parts.task);
    return parts;
}

}  // namespace trimtab::dataset
