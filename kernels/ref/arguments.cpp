#include "kernels/ref/arguments.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/tensor/convert.h"

namespace trimtab::ref {
namespace {
constexpr std::int64_t kLongestList = 1 << 20;
constexpr std::int64_t kLargestWindow = std::int64_t{1} << 31;

std::string sentence(const graph::Node& node, const std::string& why) { return fmt::format("{} node '{}': {}", node.op, node.name, why); }
}  // namespace

tl::unexpected<Error> refuse(const graph::Node& node, const std::string& why) { return fail(ErrorCode::Refused, sentence(node, why)); }
tl::unexpected<Error> refuse(const Call& call, const std::string& why) { return refuse(call.node, why); }
tl::unexpected<Error> unsupported(const Call& call, const std::string& why) {
    return fail(ErrorCode::Unsupported, sentence(call.node, why));
}

int opset(const Call& call) { return call.node.version > 0 ? call.node.version : 17; }

Result<int> axis(const Call& call, std::int64_t value, int rank) {
    const auto normal = tensor::normalizeAxis(value, rank);
    if (!normal) return refuse(call, fmt::format("axis {} lies outside a tensor of rank {}", value, rank));
    return *normal;
}

Result<int> axisAttribute(const Call& call, const std::string& key, std::int64_t fallback, int rank) {
    return axis(call, call.node.integer(key, fallback), rank);
}

Result<std::vector<int>> axes(const Call& call, const Ints& values, int rank) {
    std::vector<int> result;
    std::vector<bool> seen(static_cast<std::size_t>(rank), false);
    for (const std::int64_t value : values) {
        TRIMTAB_TRY(const int normal, axis(call, value, rank));
        if (seen[static_cast<std::size_t>(normal)]) return refuse(call, fmt::format("axis {} is named twice", normal));
        seen[static_cast<std::size_t>(normal)] = true;
        result.push_back(normal);
    }
    return result;
}

Result<Ints> integers(const Call& call, std::size_t i) {
    const Tensor& input = call.tensor(i);
    if (!isInteger(input.type()) || input.shape().rank() > 1 || input.elementCount() > kLongestList)
        return refuse(call,
                      fmt::format("input {} must be a short list of integers, not {}{}", i, name(input.type()), input.shape().text()));
    return tensor::toInt64s(input);
}

Result<std::int64_t> integer(const Call& call, std::size_t i) {
    const Tensor& input = call.tensor(i);
    if (!isInteger(input.type()) || input.elementCount() != 1)
        return refuse(call, fmt::format("input {} must be one integer, not {}{}", i, name(input.type()), input.shape().text()));
    return tensor::elementAsInt64(input, 0);
}

Result<double> number(const Call& call, std::size_t i) {
    const Tensor& input = call.tensor(i);
    if ((!isInteger(input.type()) && !isFloatingPoint(input.type())) || input.elementCount() != 1)
        return refuse(call, fmt::format("input {} must be one number, not {}{}", i, name(input.type()), input.shape().text()));
    return tensor::elementAsDouble(input, 0);
}

Result<std::optional<Ints>> integersOrAttribute(const Call& call, std::size_t i, const std::string& key) {
    if (call.has(i)) {
        TRIMTAB_TRY(Ints values, integers(call, i));
        return std::optional<Ints>(std::move(values));
    }
    if (call.node.has(key)) return std::optional<Ints>(call.node.integers(key));
    return std::optional<Ints>();
}

Result<Ints> window(const Call& call, const std::string& key, std::size_t count, std::int64_t low, std::int64_t fallback) {
    if (!call.node.has(key)) return Ints(count, fallback);
    const Ints values = call.node.integers(key);
    if (values.size() != count)
        return refuse(call, fmt::format("attribute {} has {} values where {} are needed", key, values.size(), count));
    for (const std::int64_t value : values)
        if (value < low || value > kLargestWindow)
            return refuse(call, fmt::format("attribute {} holds {}, which makes no sense", key, value));
    return values;
}

Status sameType(const Call& call, const Tensor& a, const Tensor& b) {
    if (a.type() == b.type()) return {};
    return refuse(call, fmt::format("inputs of types {} and {} don't go together", name(a.type()), name(b.type())));
}

std::int64_t extent(const Shape& shape, int from, int to) {
    std::int64_t product = 1;
    for (int i = from; i < to; ++i) product *= shape[i];
    return product;
}

Shape spliced(const Shape& shape, int from, int to, const Ints& replacement) {
    Ints dims(shape.begin(), shape.begin() + from);
    dims.insert(dims.end(), replacement.begin(), replacement.end());
    dims.insert(dims.end(), shape.begin() + to, shape.end());
    return Shape(std::move(dims));
}

Kernel viaFloat32(Kernel inner) {
    return [inner = std::move(inner)](const Call& call) -> Result<Values> {
        DataType narrow = DataType::Undefined;
        std::vector<RunValue> widened(call.inputs.begin(), call.inputs.end());
        for (RunValue& value : widened) {
            auto* tensor = std::get_if<Tensor>(&value);
            if (!tensor || (tensor->type() != DataType::Float16 && tensor->type() != DataType::BFloat16)) continue;
            if (narrow == DataType::Undefined) narrow = tensor->type();
            TRIMTAB_TRY(*tensor, tensor::convert(*tensor, DataType::Float32));
        }
        if (narrow == DataType::Undefined) return inner(call);
        TRIMTAB_TRY(Values results, inner(Call{call.node, widened}));
        for (RunValue& value : results) {
            auto* tensor = std::get_if<Tensor>(&value);
            if (!tensor || tensor->type() != DataType::Float32) continue;
            TRIMTAB_TRY(*tensor, tensor::convert(*tensor, narrow));
        }
        return results;
    };
}

}  // namespace trimtab::ref
