// Writes a wide multilayer perceptron with seeded weights, larger than any cache: make_wide_model OUT.onnx [WIDTH] [LAYERS].
// WIDTH 4096 and LAYERS 5 (the defaults) give 320 MB of fp32 weights.
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "core/base/random.h"
#include "tests/support/model_builder.h"

int main(int argc, char** argv) {
    using namespace trimtab;
    if (argc < 2) {
        std::cerr << "usage: make_wide_model OUT.onnx [WIDTH] [LAYERS]\n";
        return 2;
    }
    const std::int64_t width = argc > 2 ? std::atoll(argv[2]) : 4096;
    const int layers = argc > 3 ? std::atoi(argv[3]) : 5;
    support::ModelBuilder model;
    model.graphName("wide").input("x", DataType::Float32, {"batch", width});
    base::Random random(1);
    std::string value = "x";
    for (int layer = 0; layer < layers; ++layer) {
        Tensor weight = *Tensor::allocate(DataType::Float32, Shape{width, width});
        // Uniform with the variance that keeps activations of a ReLU network at their size (He et al. 2015).
        const double limit = std::sqrt(6.0 / static_cast<double>(width));
        for (float& element : weight.mutableData<float>()) element = static_cast<float>(random.uniform(-limit, limit));
        const std::string index = std::to_string(layer);
        model.constant("w" + index, weight).node("MatMul", {value, "w" + index}, {"h" + index}, {}, "layers." + index + "/MatMul");
        value = "h" + index;
        if (layer + 1 < layers) {
            model.node("Relu", {value}, {"a" + index}, {}, "layers." + index + "/Relu");
            value = "a" + index;
        }
    }
    model.output(value, DataType::Float32, {"batch", width}).save(argv[1]);
}
