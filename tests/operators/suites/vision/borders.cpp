// Operators that lay elements out anew: Pad, DepthToSpace, SpaceToDepth.
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

using Ints = std::vector<std::int64_t>;

DataType anyType(Draw& draw) {
    return draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64, DataType::UInt32, DataType::UInt64,
                      DataType::Int8, DataType::UInt8, DataType::Bool});
}

/// Pads of the chosen axes; those that repeat elements stay below the extent, and only constant ones are negative or meet an empty axis.
Case padOf(Draw& draw, int index, std::initializer_list<std::string> modes) {
    Case made;
    const std::string mode = draw.pick(modes);
    const bool isConstant = mode == "constant";
    const int rank = static_cast<int>(draw.integer(1, 4));
    const DataType type = anyType(draw);
    Shape shape = draw.shape(rank, isConstant ? 1 : 2, 5);
    if (index == 0 && isConstant) shape[0] = 0;
    Ints axes, begins, ends;
    const bool named = draw.coin(0.6);
    for (int d = 0; d < rank; ++d) {
        if (named && draw.coin(0.3)) continue;
        axes.push_back(draw.coin(0.4) ? d - rank : d);
        const std::int64_t most = isConstant ? 3 : shape[d] - 1, least = isConstant && shape[d] > 2 ? -1 : 0;
        begins.push_back(draw.integer(least, most));
        ends.push_back(draw.integer(least, most));
    }
    if (axes.empty()) axes = {0}, begins = {1}, ends = {0};
    const bool nameAxes = named || axes.size() != static_cast<std::size_t>(rank);
    begins.insert(begins.end(), ends.begin(), ends.end());
    made.attributes["mode"] = mode;
    made.inputs = {draw.tensor(type, shape, 1, 100), Tensor::fromInt64s(Shape{static_cast<std::int64_t>(begins.size())}, begins)};
    made.inputs.push_back(isConstant && draw.coin() ? draw.tensor(type, Shape{}, 1, 100) : Tensor());
    if (nameAxes) {
        made.inputs.push_back(Tensor::fromInt64s(Shape{static_cast<std::int64_t>(axes.size())}, axes));
    } else if (!made.inputs.back().defined()) {
        made.inputs.pop_back();
    }
    if (draw.coin()) made.initializers = {1};
    return made;
}

Case pad18(Draw& draw, int index) { return padOf(draw, index, {"constant", "reflect", "edge"}); }
Case pad19(Draw& draw, int index) { return padOf(draw, index, {"constant", "reflect", "edge", "wrap"}); }

DataType blockType(Draw& draw) { return draw.pick({DataType::Float32, DataType::Float64}); }

Case depthToSpace(Draw& draw, int index) {
    Case made;
    const std::int64_t block = index == 1 ? 1 : draw.integer(1, 3);
    made.attributes["blocksize"] = block;
    if (draw.coin(0.7)) made.attributes["mode"] = draw.pick<std::string>({"DCR", "CRD"});
    made.inputs = {draw.tensor(blockType(draw),
                               Shape{draw.integer(1, 2), draw.integer(1, 3) * block * block, draw.integer(1, 4), draw.integer(1, 4)})};
    return made;
}

Case spaceToDepth(Draw& draw, int index) {
    Case made;
    const std::int64_t block = index == 1 ? 1 : draw.integer(1, 3);
    made.attributes["blocksize"] = block;
    made.inputs = {draw.tensor(blockType(draw),
                               Shape{draw.integer(1, 2), draw.integer(1, 3), draw.integer(1, 3) * block, draw.integer(1, 3) * block})};
    return made;
}

}  // namespace

std::vector<Suite> visionBorderSuites() {
    return {
        {.op = "Pad", .version = 18, .draw = pad18, .cases = 60},    {.op = "Pad", .version = 19, .draw = pad19, .cases = 60},
        {.op = "Pad", .version = 21, .draw = pad19, .cases = 60},    {.op = "Pad", .version = 24, .draw = pad19, .cases = 60},
        {.op = "DepthToSpace", .version = 13, .draw = depthToSpace}, {.op = "SpaceToDepth", .version = 13, .draw = spaceToDepth},
    };
}

}  // namespace trimtab::operators
