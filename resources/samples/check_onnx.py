"""Runs the exported files with numpy alone and compares with the vectors that torch wrote (needs python3-onnx).

The operators are those of the two samples, written from the ONNX specification for opset 15.
"""

import pathlib
import sys

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from onnx import helper, numpy_helper

TOLERANCE = 1e-4
HERE = pathlib.Path(__file__).resolve().parent


def conv(x, w, b=None, *, pads, strides, **_):
    x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::strides[0], ::strides[1]]
    y = np.tensordot(windows, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)
    return y if b is None else y + b[None, :, None, None]


def batch_normalization(x, scale, bias, mean, variance, *, epsilon, **_):
    def along(v):
        return v[None, :, None, None]
    return (x - along(mean)) / np.sqrt(along(variance) + epsilon) * along(scale) + along(bias)


def gemm(a, b, c, *, transB=0, **_):
    return a @ (b.T if transB else b) + c


def slice_(x, starts, ends, axes, steps):
    index = [slice(None)] * x.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps):
        index[axis] = slice(int(start), int(end), int(step))
    return x[tuple(index)]


def reshape(x, shape, **_):
    return x.reshape([x.shape[i] if n == 0 else int(n) for i, n in enumerate(shape)])


def softmax(x, *, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


OPERATORS = {
    "Add": np.add, "Mul": np.multiply, "Div": np.divide, "Pow": np.power, "Neg": np.negative, "Sqrt": np.sqrt,
    "Cos": np.cos, "Sin": np.sin, "Greater": np.greater, "Where": np.where, "MatMul": np.matmul,
    "Identity": lambda x: x,
    "Relu": lambda x: np.maximum(x, 0),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Softmax": softmax,
    "Shape": lambda x: np.array(x.shape, dtype=np.int64),
    "Cast": lambda x, to: x.astype(onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[to]),
    "Range": lambda start, limit, delta: np.arange(start, limit, delta),
    "Gather": lambda x, indices, axis=0: np.take(x, indices, axis=axis),
    "Concat": lambda *xs, axis: np.concatenate(xs, axis=axis),
    "Unsqueeze": lambda x, axes: np.expand_dims(x, tuple(int(a) for a in axes)),
    "Transpose": lambda x, perm: x.transpose(perm),
    "ReduceMean": lambda x, axes, keepdims: x.mean(axis=tuple(axes), keepdims=bool(keepdims)),
    "Flatten": lambda x, axis: x.reshape(int(np.prod(x.shape[:axis])), -1),
    "GlobalAveragePool": lambda x: x.mean(axis=(2, 3), keepdims=True),
    "Slice": slice_, "Reshape": reshape, "Conv": conv, "BatchNormalization": batch_normalization, "Gemm": gemm,
}


def attributes(node):
    values = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return {k: numpy_helper.to_array(v) if isinstance(v, onnx.TensorProto) else v for k, v in values.items()}


def run(graph, data):
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    values[graph.input[0].name] = data
    for node in graph.node:
        given = attributes(node)
        arguments = [values[name] for name in node.input]
        values[node.output[0]] = given["value"] if node.op_type == "Constant" else \
            OPERATORS[node.op_type](*arguments, **given)
    return values[graph.output[0].name]


def check(path):
    model = onnx.load(path)
    onnx.checker.check_model(model)
    vectors = path.parent / "test_data_set_0"
    expected = np.load(vectors / "output_0.npy")
    got = run(model.graph, np.load(vectors / "input_0.npy"))
    error = np.abs(got - expected).max()
    parameters = sum(int(np.prod(t.dims)) for t in model.graph.initializer)
    operators = sorted({n.op_type for n in model.graph.node})
    print(f"{path.name}: opset {model.opset_import[0].version}, {len(model.graph.node)} nodes, {parameters} parameters, "
          f"largest difference {error:.2e}\n  {' '.join(operators)}")
    return got.shape == expected.shape and error < TOLERANCE


if __name__ == "__main__":
    passed = [check(HERE / name / f"{name}.onnx") for name in ("classifier", "language")
              if (HERE / name / f"{name}.onnx").exists()]
    sys.exit(0 if passed and all(passed) else 1)
