#include "tests/bench/advice/cases.h"

#include <cmath>

#include "core/base/random.h"
#include "tests/support/model_builder.h"

namespace trimtab::bench {
namespace {

using explain::Cause;
using support::ModelBuilder;

Tensor drawn(base::Random& random, std::int64_t rows, std::int64_t columns) {
    std::vector<float> values(static_cast<std::size_t>(rows * columns));
    const double scale = 1 / std::sqrt(static_cast<double>(rows));
    for (float& value : values) value = static_cast<float>(random.uniform(-scale, scale));
    return Tensor::fromFloats({rows, columns}, values);
}

std::int64_t around(base::Random& random, std::int64_t middle, std::int64_t multiple) {
    const double factor = random.uniform(0.7, 1.3);
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(middle) * factor / static_cast<double>(multiple))) * multiple;
}

/// One row meets far more weights than a cache holds.
ModelBuilder streaming(base::Random& random) {
    const std::int64_t width = around(random, 3072, 64);
    ModelBuilder model;
    model.input("x", DataType::Float32, {"n", width});
    std::string last = "x";
    for (int layer = 0; layer < 4; ++layer) {
        const std::string name = std::to_string(layer);
        model.constant("w" + name, drawn(random, width, width)).node("MatMul", {last, "w" + name}, {"h" + name});
        last = "h" + name;
    }
    model.output(last);
    return model;
}

/// Many rows meet each weight.
ModelBuilder product(base::Random& random) {
    const std::int64_t width = around(random, 768, 64), rows = around(random, 512, 32);
    ModelBuilder model;
    model.input("x", DataType::Float32, {rows, width});
    model.constant("w", drawn(random, width, width)).constant("v", drawn(random, width, width));
    model.node("MatMul", {"x", "w"}, {"h"}).node("MatMul", {"h", "v"}, {"y"}).output("y");
    return model;
}

/// Ten thousand nodes with next to nothing to do.
ModelBuilder tinyNodes(base::Random& random) {
    static constexpr const char* kOps[] = {"Neg", "Abs", "Sigmoid", "Tanh"};
    const std::int64_t width = around(random, 16, 4);
    ModelBuilder model;
    model.input("x", DataType::Float32, {"n", width});
    std::string last = "x";
    for (int node = 0; node < 10'000; ++node) {
        const std::string name = "h" + std::to_string(node);
        model.node(kOps[random.below(4)], {last}, {name});
        last = name;
    }
    model.output(last);
    return model;
}

/// A recurrence of one sample, unrolled: small products that wait for one another.
ModelBuilder recurrence(base::Random& random) {
    const std::int64_t width = around(random, 96, 16);
    ModelBuilder model;
    model.input("x", DataType::Float32, {"n", width});
    model.constant("w", drawn(random, width, width)).constant("u", drawn(random, width, width));
    std::string state = "x";
    for (int step = 0; step < 100; ++step) {
        const std::string s = std::to_string(step);
        model.node("MatMul", {state, "w"}, {"a" + s}).node("Sigmoid", {"a" + s}, {"g" + s});
        model.node("MatMul", {state, "u"}, {"b" + s}).node("Tanh", {"b" + s}, {"c" + s}).node("Mul", {"g" + s, "c" + s}, {"h" + s});
        state = "h" + s;
    }
    model.output(state);
    return model;
}

/// Values change their order in memory again and again, and little is computed.
ModelBuilder reformatting(base::Random& random) {
    const std::int64_t rows = around(random, 1536, 64), columns = around(random, 2048, 64);
    ModelBuilder model;
    model.input("x", DataType::Float32, {rows, columns});
    std::string last = "x";
    for (int i = 0; i < 8; ++i) {
        const std::string name = std::to_string(i);
        model.node("Transpose", {last}, {"t" + name}, {{"perm", {1, 0}}}).node("Relu", {"t" + name}, {"r" + name});
        last = "r" + name;
    }
    model.output(last);
    return model;
}

/// One attention whose scores are far wider than what comes in: their number grows with the square of the length.
ModelBuilder attention(base::Random& random) {
    const std::int64_t width = around(random, 64, 8);
    ModelBuilder model;
    model.input("x", DataType::Float32, {1, "sequence", width});
    for (const char* name : {"q", "k", "v"})
        model.constant(std::string("w") + name, drawn(random, width, width)).node("MatMul", {"x", std::string("w") + name}, {name});
    model.node("Transpose", {"k"}, {"kt"}, {{"perm", {0, 2, 1}}}).node("MatMul", {"q", "kt"}, {"scores"});
    model.node("Softmax", {"scores"}, {"shares"}).node("MatMul", {"shares", "v"}, {"y"}).output("y");
    return model;
}

}  // namespace

std::vector<Case> adviceCases() {
    return {{"streaming", {Cause::Memory}, 1},
            {"product", {Cause::Arithmetic}, 0},
            {"tiny nodes", {Cause::Launch}, 1},
            {"recurrence", {Cause::Launch, Cause::SmallShapes}, 1},
            {"reformatting", {Cause::Reformat}, 0},
            {"memory limit", {Cause::Capacity}, 1, Question::Capacity},
            {"wide attention", {}, 0, Question::Scale}};
}

std::vector<std::int64_t> lengths() { return {128, 256, 512, 1024, 2048}; }

void writeVariant(const std::string& name, std::uint64_t variant, const std::filesystem::path& path) {
    base::Random random(1000 + variant);
    const auto made = name == "product"          ? product(random)
                      : name == "tiny nodes"     ? tinyNodes(random)
                      : name == "recurrence"     ? recurrence(random)
                      : name == "reformatting"   ? reformatting(random)
                      : name == "wide attention" ? attention(random)
                                                 : streaming(random);
    made.save(path);
}

}  // namespace trimtab::bench
