"""Gives a Llama model outlier channels without changing what it computes: in every block's norms the scales of some channels grow by a
factor, and the columns of the products behind them that meet these channels shrink by as much. Needs the package onnx."""
import sys

import numpy as np
import onnx
from onnx import numpy_helper


def norm_outputs(graph):
    """Pairs (name of the scale, name of the normalised value): a product of a vector of weights with what a reciprocal root made."""
    constants = {initializer.name for initializer in graph.initializer}
    constants |= {node.output[0] for node in graph.node if node.op_type == "Constant"}
    for node in graph.node:
        if node.op_type != "Mul":
            continue
        scales = [name for name in node.input if name in constants]
        if len(scales) == 1 and "norm" in node.name + scales[0]:
            yield scales[0], node.output[0]


def multiply(model, channels, factor, seed):
    graph = model.graph
    tensors = {initializer.name: initializer for initializer in graph.initializer}
    random = np.random.default_rng(seed)
    changed = 0
    for scale, value in norm_outputs(graph):
        products = [node for node in graph.node if node.op_type == "MatMul" and node.input[0] == value and node.input[1] in tensors]
        readers = [node for node in graph.node if value in node.input and node.op_type != "Shape"]
        if not products or len(products) != len(readers) or len(products) == 1:
            continue  # the norm in front of the last layer belongs to no block
        values = numpy_helper.to_array(tensors[scale]).copy()
        chosen = random.choice(values.size, channels, replace=False)
        values[chosen] *= factor
        tensors[scale].CopyFrom(numpy_helper.from_array(values, scale))
        for node in products:
            weight = numpy_helper.to_array(tensors[node.input[1]]).copy()
            weight[chosen, :] /= factor
            tensors[node.input[1]].CopyFrom(numpy_helper.from_array(weight, node.input[1]))
        changed += 1
    return changed


def main():
    source, target, channels, factor, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
    model = onnx.load(source)
    changed = multiply(model, channels, factor, seed)
    if changed == 0:
        sys.exit("no norm of a block was found")
    onnx.save(model, target)
    print(f"{changed} norms, {channels} channels each, times {factor:g}, seed {seed}")


if __name__ == "__main__":
    main()
