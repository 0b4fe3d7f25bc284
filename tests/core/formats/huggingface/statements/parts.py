"""What transformers' modules compute, one function a part, in float64."""
import math

import torch


def rms_norm(x, weight, epsilon):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + epsilon) * weight


def layer_norm(x, weight, bias, epsilon):
    centred = x - x.mean(-1, keepdim=True)
    return centred / torch.sqrt((centred * centred).mean(-1, keepdim=True) + epsilon) * weight + bias


def gelu(x):
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_new(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def silu(x):
    return x * torch.sigmoid(x)


ACTIVATIONS = {"silu": silu, "gelu": gelu, "gelu_new": gelu_new, "gelu_pytorch_tanh": gelu_new, "relu": torch.relu}


def linear(checkpoint, module, x):
    """torch's Linear: weight [outputs, inputs], and a bias where the checkpoint has one."""
    y = x @ checkpoint[module + ".weight"].T
    return y + checkpoint[module + ".bias"] if module + ".bias" in checkpoint else y


def frequencies(theta, size):
    return theta ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)


def llama3_frequencies(theta, size, factor, low, high, original):
    """_compute_llama3_parameters, which speaks of wavelengths."""
    made = []
    for frequency in frequencies(theta, size).tolist():
        wavelength = 2 * math.pi / frequency
        if wavelength < original / high:
            made.append(frequency)
        elif wavelength > original / low:
            made.append(frequency / factor)
        else:
            smooth = (original / wavelength - low) / (high - low)
            made.append((1 - smooth) * frequency / factor + smooth * frequency)
    return torch.tensor(made, dtype=torch.float64)


def rotated(x, inverse, amplitude=1.0):
    """apply_rotary_pos_emb on [heads, tokens, size]; channels behind the turned ones pass through (partial_rotary_factor)."""
    size = 2 * len(inverse)
    angles = torch.arange(x.shape[1], dtype=torch.float64)[:, None] * inverse[None, :]
    cos = torch.cat([angles.cos(), angles.cos()], -1) * amplitude
    sin = torch.cat([angles.sin(), angles.sin()], -1) * amplitude
    turning, passing = x[..., :size], x[..., size:]
    half = torch.cat([-turning[..., size // 2:], turning[..., :size // 2]], -1)
    return torch.cat([turning * cos + half * sin, passing], -1)


def heads_of(x, heads):
    """[tokens, heads · size] as [heads, tokens, size]."""
    return x.reshape(x.shape[0], heads, -1).transpose(0, 1)


def attention(query, key, value, scale, window=None, cap=None, visible=None, bias=0.0):
    """[heads, tokens, size] in, [tokens, heads · size] out. Causal, unless `visible` [tokens, keys] says what is seen. `bias` is added to
    the scores [heads, tokens, keys]."""
    group = query.shape[0] // key.shape[0]
    key, value = key.repeat_interleave(group, 0), value.repeat_interleave(group, 0)
    scores = query @ key.transpose(1, 2) * scale + bias
    if cap is not None:
        scores = torch.tanh(scores / cap) * cap
    tokens = query.shape[1]
    if visible is None:
        row, column = torch.arange(tokens)[:, None], torch.arange(tokens)[None, :]
        visible = column <= row
        if window is not None:
            visible = visible & (column > row - window)
    weights = torch.softmax(scores.masked_fill(~visible, -math.inf), -1)
    return (weights @ value).transpose(0, 1).reshape(tokens, -1)
