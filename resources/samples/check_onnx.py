"""Runs the exported files with numpy alone and compares with the vectors that torch wrote (needs python3-onnx).

The operators are those of the samples, written from the ONNX specification for opset 15.
"""

import math
import pathlib
import sys

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from onnx import helper, numpy_helper

TOLERANCE = 1e-4
HERE = pathlib.Path(__file__).resolve().parent


def along(vector, x):
    """A value for each channel, so that it spreads over x [batch, channels, …]."""
    return vector.reshape(1, -1, *[1] * (x.ndim - 2))


def conv(x, w, b=None, *, pads, strides, dilations, group, **_):
    """Convolution over any number of axes after [batch, channels]."""
    axes = tuple(range(2, x.ndim))
    x = np.pad(x, ((0, 0), (0, 0), *zip(pads[:len(axes)], pads[len(axes):])))
    spans = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilations)]
    windows = sliding_window_view(x, spans, axis=axes)
    windows = windows[(slice(None), slice(None), *[slice(None, None, s) for s in strides], *[slice(None, None, d) for d in dilations])]
    kernel_axes = list(range(-len(axes), 0))
    parts = [np.tensordot(window, kernel, axes=([1, *kernel_axes], [1, *kernel_axes]))
             for window, kernel in zip(np.split(windows, group, axis=1), np.split(w, group))]
    y = np.moveaxis(np.concatenate(parts, axis=-1), -1, 1)
    return y if b is None else y + along(b, y)


def batch_normalization(x, scale, bias, mean, variance, *, epsilon, **_):
    return (x - along(mean, x)) / np.sqrt(along(variance, x) + epsilon) * along(scale, x) + along(bias, x)


def resize(x, _, scales, *, mode, coordinate_transformation_mode, nearest_mode, **__):
    assert (mode, coordinate_transformation_mode, nearest_mode) == (b"nearest", b"asymmetric", b"floor")
    for axis, scale in enumerate(scales):
        x = np.take(x, np.floor(np.arange(int(x.shape[axis] * scale)) / scale).astype(np.int64), axis=axis)
    return x


def gemm(a, b, c, *, transB=0, **_):
    return a @ (b.T if transB else b) + c


def slice_(x, starts, ends, axes, steps=None):
    index = [slice(None)] * x.ndim
    steps = np.ones_like(starts) if steps is None else steps
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
    "Cos": np.cos, "Sin": np.sin, "Greater": np.greater, "Equal": np.equal, "Log": np.log,
    "Where": np.where, "MatMul": np.matmul,
    "Identity": lambda x: x,
    "Relu": lambda x: np.maximum(x, 0),
    "HardSwish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "LeakyRelu": lambda x, alpha: np.where(x < 0, np.float32(alpha) * x, x),
    "Erf": lambda x: np.vectorize(math.erf, otypes=[x.dtype])(x),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Softmax": softmax,
    "Shape": lambda x: np.array(x.shape, dtype=np.int64),
    "Cast": lambda x, to: x.astype(onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[to]),
    "Range": lambda start, limit, delta: np.arange(start, limit, delta),
    "Gather": lambda x, indices, axis=0: np.take(x, indices, axis=axis),
    "Concat": lambda *xs, axis: np.concatenate(xs, axis=axis),
    "Unsqueeze": lambda x, axes: np.expand_dims(x, tuple(int(a) for a in axes)),
    "Squeeze": lambda x, axes: np.squeeze(x, tuple(int(a) for a in axes)),
    "Transpose": lambda x, perm: x.transpose(perm),
    "ReduceMean": lambda x, axes, keepdims: x.mean(axis=tuple(axes), keepdims=bool(keepdims)),
    "ReduceSum": lambda x, axes, keepdims: x.sum(axis=tuple(int(a) for a in axes), keepdims=bool(keepdims)),
    "Flatten": lambda x, axis: x.reshape(int(np.prod(x.shape[:axis])), -1),
    "GlobalAveragePool": lambda x: x.mean(axis=(2, 3), keepdims=True),
    "Slice": slice_, "Reshape": reshape, "Resize": resize, "Conv": conv, "BatchNormalization": batch_normalization, "Gemm": gemm,
}


def attributes(node):
    values = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return {k: numpy_helper.to_array(v) if isinstance(v, onnx.TensorProto) else v for k, v in values.items()}


def run(graph, data):
    """The first output for `data`, one array for each input."""
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    values.update({"": None, **{value.name: array for value, array in zip(graph.input, data, strict=True)}})
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
    got = run(model.graph, [np.load(vectors / f"input_{i}.npy") for i in range(len(model.graph.input))])
    error = np.abs(got - expected).max()
    parameters = sum(int(np.prod(t.dims)) for t in model.graph.initializer)
    operators = sorted({n.op_type for n in model.graph.node})
    print(f"{path.name}: opset {model.opset_import[0].version}, {len(model.graph.node)} nodes, {parameters} parameters, "
          f"largest difference {error:.2e}\n  {' '.join(operators)}")
    return got.shape == expected.shape and error < TOLERANCE


if __name__ == "__main__":
    passed = [check(HERE / name / f"{name}.onnx") for name in ("classifier", "language", "speech", "recommender", "surrogate")
              if (HERE / name / f"{name}.onnx").exists()]
    sys.exit(0 if passed and all(passed) else 1)
