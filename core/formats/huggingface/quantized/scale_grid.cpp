#include "core/formats/huggingface/quantized/scale_grid.h"

#include <fmt/format.h>

#include "core/formats/huggingface/config_fields.h"

namespace trimtab::formats::huggingface {
namespace {

std::int64_t blocksOf(std::int64_t extent, std::int64_t block) { return block == 0 ? 1 : (extent + block - 1) / block; }

Shape withoutOnes(const Shape& shape) {
    std::vector<std::int64_t> dims;
    for (const std::int64_t dim : shape)
        if (dim != 1) dims.push_back(dim);
    return Shape(std::move(dims));
}

}  // namespace

Shape ScaleGrid::shapeFor(const Shape& weight) const { return {blocksOf(weight[0], outputs), blocksOf(weight[1], inputs)}; }

std::size_t ScaleGrid::at(const Shape& weight, std::int64_t n, std::int64_t g) const {
    return static_cast<std::size_t>((outputs == 0 ? 0 : n / outputs) * blocksOf(weight[1], inputs) + g);
}

Result<ScaleGrid> blockGridIn(const Json& block, std::string_view key) {
    const auto extentIn = [](const Json& json) { return json.is_number_unsigned() ? json.get<std::uint64_t>() : 0; };
    const bool isPair = block.is_array() && block.size() == 2;
    const std::uint64_t rows = isPair ? extentIn(block[0]) : 0, columns = isPair ? extentIn(block[1]) : 0;
    if (rows < 1 || columns < 1 || rows > kLargestExtent || columns > kLargestExtent)
        return fail(ErrorCode::Refused, fmt::format("{} is {:.60}, which are no rows and columns", key, base::dumpJson(block)));
    return ScaleGrid{.outputs = static_cast<std::int64_t>(rows), .inputs = static_cast<std::int64_t>(columns)};
}

bool fits(const Tensor& tensor, const ScaleGrid& grid, const Shape& weight) {
    return withoutOnes(tensor.shape()) == withoutOnes(grid.shapeFor(weight));
}

Result<std::vector<float>> scalesIn(const ModuleTensors& module, std::string_view part, const ScaleGrid& grid, const Shape& weight) {
    TRIMTAB_TRY(const Tensor* tensor, module.get(part));
    if (!fits(*tensor, grid, weight))
        return fail(ErrorCode::Refused, fmt::format("{} is {}, and the config asks for {}", module.nameOf(part), tensor->shape().text(),
                                                    grid.shapeFor(weight).text()));
    return module.numbers(part);
}

}  // namespace trimtab::formats::huggingface
