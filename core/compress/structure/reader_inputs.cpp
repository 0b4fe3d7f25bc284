#include "core/compress/structure/reader_inputs.h"

#include <algorithm>

#include "core/compress/calibrate/input_rows.h"

namespace trimtab::compress {
namespace {

using graph::Node;

/// A bias that is added to the product as it is, one number for each output.
bool addsBias(const Graph& graph, const Node& node, std::int64_t outputs) {
    const Tensor* bias = graph.constantOf(node.input(2));
    if (!bias || !tensor::isFloatingPoint(bias->type()) || bias->elementCount() != outputs) return false;
    if (bias->shape().rank() < 1 || bias->shape()[bias->shape().rank() - 1] != outputs) return false;
    return node.is("Conv") || (node.number("alpha", 1) == 1 && node.number("beta", 1) == 1);
}

}  // namespace

Result<ReaderInputs> readerInputs(const Graph& graph, const UnitReader& reader, const Tools& tools) {
    const Node& node = graph.nodes[static_cast<std::size_t>(reader.node)];
    const Tensor& weight = *graph.constantOf(node.input(1));
    const std::int64_t outputs = weight.shape()[reader.outputsFirst() ? 0 : 1];
    const std::int64_t columns = weight.elementCount() / outputs;
    ReaderInputs inputs;
    inputs.biased = addsBias(graph, node, outputs);
    const std::int64_t size = columns + (inputs.biased ? 1 : 0);
    TRIMTAB_TRY(HessianSum sum, HessianSum::begin(size));
    std::int64_t count = 0;
    const auto take = [&](std::size_t, const Tensor& value) -> Status {
        TRIMTAB_TRY(const InputRows rows, inputRows(node, weight.shape(), value, 0));
        count += rows.rows;
        if (!inputs.biased) return sum.add(*tools.math, rows.values.data(), rows.rows, size);
        std::vector<float> longer(static_cast<std::size_t>(rows.rows * size), 1.0F);
        for (std::int64_t r = 0; r < rows.rows; ++r) std::copy_n(rows.values.begin() + r * columns, columns, longer.begin() + r * size);
        return sum.add(*tools.math, longer.data(), rows.rows, size);
    };
    const graph::ValueId input = node.input(0);
    TRIMTAB_REQUIRE(tools.activations->forEach(graph, std::span(&input, 1), take));
    if (count == 0) return fail(ErrorCode::Refused, "no calibration data reach this layer");
    TRIMTAB_TRY(inputs.products, std::move(sum).finish());
    return inputs;
}

}  // namespace trimtab::compress
