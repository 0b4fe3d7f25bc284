"""How quantised checkpoints hold a weight [outputs, inputs], written from the formats' descriptions with Python's whole numbers: each class
draws codes, zero points and scales, gives the tensors of a module and the weight that they stand for, in float32."""
import numpy as np


def word_run(codes, bits):
    """The codes one behind the other as one long number, lowest first, cut into words of 32 bits."""
    number = sum(int(code) << (i * bits) for i, code in enumerate(codes))
    count = -(-len(codes) * bits // 32)
    return np.frombuffer(number.to_bytes(4 * count, "little"), dtype="<i4")


def scales_of(random, shape, dtype=np.float16):
    return (0.02 + 0.05 * random.random(shape)).astype(dtype)


class Awq:
    """AutoAWQ, version gemm."""

    def __init__(self, group):
        self.group = group

    def draw(self, random, name, outputs, inputs):
        codes = random.integers(0, 16, (inputs, outputs))
        zeros = random.integers(4, 12, (inputs // self.group, outputs))
        scales = scales_of(random, zeros.shape)
        weight = np.zeros((outputs, inputs), np.float32)
        for k in range(inputs):
            weight[:, k] = (codes[k] - zeros[k // self.group]).astype(np.float32) * scales[k // self.group].astype(np.float32)
        return {"qweight": self.packed(codes), "qzeros": self.packed(zeros), "scales": scales}, weight, None

    @staticmethod
    def packed(codes):
        """Nibble i of a word is output (0, 2, 4, 6, 1, 3, 5, 7)[i] of its eight."""
        words = []
        for row in codes:
            for eight in row.reshape(-1, 8):
                words.append("".join(f"{eight[n]:x}" for n in reversed((0, 2, 4, 6, 1, 3, 5, 7))))
        raw = b"".join(int(word, 16).to_bytes(4, "little") for word in words)
        return np.frombuffer(raw, dtype="<i4").reshape(len(codes), -1)


class Gptq:
    """AutoGPTQ and GPTQModel; `shuffled`: inputs in the order of their activations, which g_idx undoes."""

    def __init__(self, bits, group, one_less=True, symmetric=False, shuffled=False, with_index=True, extremes=False):
        self.bits, self.group, self.one_less, self.symmetric = bits, group, one_less, symmetric
        self.shuffled, self.with_index, self.extremes = shuffled, with_index, extremes

    def draw(self, random, name, outputs, inputs):
        group = inputs if self.group == -1 else self.group
        most = 2 ** self.bits
        codes = random.integers(0, most, (inputs, outputs))
        index = np.arange(inputs) // group
        if self.shuffled:
            index = random.permutation(index)
        zeros = random.integers(1, most, (inputs // group, outputs))
        if self.extremes:
            zeros[0, 0], zeros[0, 1] = 0, most - 1
        if self.symmetric:
            zeros[:] = most // 2
        scales = scales_of(random, zeros.shape)
        weight = ((codes - zeros[index]).astype(np.float32) * scales[index].astype(np.float32)).T
        stored = zeros - 1 if self.one_less else zeros
        parts = {"qweight": np.stack([word_run(column, self.bits) for column in codes.T], axis=1),
                 "qzeros": np.stack([word_run(row, self.bits) for row in stored]), "scales": scales}
        if self.with_index:
            parts["g_idx"] = index.astype(np.int32)
        return parts, np.ascontiguousarray(weight), np.zeros(outputs, np.float16)


class Packed:
    """compressed-tensors, pack-quantized."""

    def __init__(self, bits, group, symmetric=True, shuffled=False, plain_zeros=False):
        self.bits, self.group, self.symmetric, self.shuffled, self.plain_zeros = bits, group, symmetric, shuffled, plain_zeros

    def draw(self, random, name, outputs, inputs):
        group = self.group or inputs
        half = 2 ** (self.bits - 1)
        codes = random.integers(-half, half, (outputs, inputs))
        index = np.arange(inputs) // group
        if self.shuffled:
            index = random.permutation(index)
        zeros = random.integers(-half, half, (outputs, inputs // group))
        if self.symmetric:
            zeros[:] = 0
        scales = scales_of(random, zeros.shape, np.float32)
        weight = (codes - zeros[:, index]).astype(np.float32) * scales[:, index]
        parts = {"weight_packed": np.stack([word_run(row + half, self.bits) for row in codes]),
                 "weight_shape": np.array([outputs, inputs], np.int64), "weight_scale": scales}
        if not self.symmetric:
            along = np.stack([word_run(column + half, self.bits) for column in zeros.T], axis=1)
            parts["weight_zero_point"] = zeros.astype(np.int8) if self.plain_zeros else along
        if self.shuffled:
            parts["weight_g_idx"] = index.astype(np.int32)
        return parts, weight, None


class Bytes:
    """compressed-tensors, int-quantized: a scale and a zero point for each output."""

    def __init__(self, symmetric=True):
        self.symmetric = symmetric

    def draw(self, random, name, outputs, inputs):
        codes = random.integers(-128, 128, (outputs, inputs))
        zeros = random.integers(-20, 20, (outputs, 1))
        if self.symmetric:
            zeros[:] = 0
        scales = (scales_of(random, (outputs, 1), np.float32) / np.float32(16)).astype(np.float32)
        parts = {"weight": codes.astype(np.int8), "weight_scale": scales}
        if not self.symmetric:
            parts["weight_zero_point"] = zeros.astype(np.int8)
        return parts, (codes - zeros).astype(np.float32) * scales, None


def float8_value(code):
    """float8e4m3fn: a sign, four bits of exponent with bias 7, three of mantissa."""
    sign, exponent, mantissa = -1.0 if code & 128 else 1.0, code >> 3 & 15, code & 7
    return sign * (mantissa / 8 * 2.0 ** -6 if exponent == 0 else (1 + mantissa / 8) * 2.0 ** (exponent - 7))


class Float8(np.ndarray):
    """Bytes that are marked as float8e4m3fn."""


class Eights:
    """float8 under scales of blocks [rows, columns]; 0: all. `part`: what holds them."""

    def __init__(self, rows, columns, part):
        self.rows, self.columns, self.part = rows, columns, part

    def draw(self, random, name, outputs, inputs):
        codes = random.integers(0, 256, (outputs, inputs)).astype(np.uint8)
        codes[(codes & 127) >= 120] &= 0xBF  # neither numbers beyond 240 nor NaN
        rows, columns = self.rows or outputs, self.columns or inputs
        scales = (2.0 ** -6 * scales_of(random, (-(-outputs // rows), -(-inputs // columns)), np.float32)).astype(np.float32)
        weight = np.zeros((outputs, inputs), np.float32)
        for n in range(outputs):
            for k in range(inputs):
                weight[n, k] = np.float32(float8_value(int(codes[n, k]))) * scales[n // rows, k // columns]
        return {"weight": codes.view(Float8), self.part: scales}, weight, None


class Fours:
    """compressed-tensors, mxfp4-pack-quantized: a sign and 0, 0.5, 1, 1.5, 2, 3, 4, 6 in four bits, times a power of two for 32 inputs."""

    VALUES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)

    def draw(self, random, name, outputs, inputs):
        codes = random.integers(0, 16, (outputs, inputs))
        exponents = random.integers(120, 126, (outputs, inputs // 32))
        weight = np.zeros((outputs, inputs), np.float32)
        for n in range(outputs):
            for k in range(inputs):
                size = self.VALUES[codes[n, k] % 8] * 2.0 ** (int(exponents[n, k // 32]) - 127)
                weight[n, k] = -size if codes[n, k] >= 8 else size
        packed = codes[:, 0::2] + 16 * codes[:, 1::2]
        return {"weight_packed": packed.astype(np.uint8), "weight_scale": exponents.astype(np.uint8)}, weight, None
