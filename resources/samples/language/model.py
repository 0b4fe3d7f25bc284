"""The language model: a small Llama. RMSNorm, rotary positions, grouped-query attention, SwiGLU; 1.2 M parameters."""

import torch
from torch import nn

WIDTH, LAYERS, HIDDEN = 128, 6, 384
HEADS, KEY_HEADS, HEAD_WIDTH = 4, 2, 32
GROUP = HEADS // KEY_HEADS
ROTARY_BASE = 10000.0


class ConstantReshape(torch.autograd.Function):
    """Reshape whose exported shape is a constant, as ONNX allows: 0 keeps a dimension, -1 is inferred. Export only."""

    @staticmethod
    def forward(ctx, x, shape):
        return x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(shape)])

    @staticmethod
    def symbolic(graph, x, shape):
        return graph.op("Reshape", x, graph.op("Constant", value_t=torch.tensor(shape)))


def reshape(x, *shape):
    if torch.onnx.is_in_onnx_export():
        return ConstantReshape.apply(x, shape)
    return x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(shape)])


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5))


class Positions(nn.Module):
    """What depends on positions alone: rotary cosines and sines [sequence, HEAD_WIDTH], and the causal mask
    [GROUP * sequence, sequence], once for each query head of a group."""

    def __init__(self):
        super().__init__()
        exponent = torch.arange(0, HEAD_WIDTH, 2, dtype=torch.float32) / HEAD_WIDTH
        self.register_buffer("frequency", ROTARY_BASE ** -exponent)

    def forward(self, input_ids):
        position = torch.arange(input_ids.shape[1])
        angle = position.to(torch.float32).unsqueeze(1) * self.frequency
        angle = torch.cat([angle, angle], dim=-1)
        future = position.unsqueeze(0) > position.unsqueeze(1)
        mask = torch.where(future, torch.tensor(-1e9), torch.tensor(0.0))
        return angle.cos(), angle.sin(), torch.cat([mask] * GROUP)


def rotate(x, cos, sin):
    """Su et al. 2021, RoFormer, in the layout of Llama: the first half of a head turns against the second."""
    first, second = x[..., :HEAD_WIDTH // 2], x[..., HEAD_WIDTH // 2:]
    return x * cos + torch.cat([-second, first], dim=-1) * sin


class Attention(nn.Module):
    """Grouped-query attention. The GROUP query heads of one key head lie behind one another along the sequence,
    so that keys and values are never copied."""

    def __init__(self):
        super().__init__()
        self.query = nn.Linear(WIDTH, HEADS * HEAD_WIDTH, bias=False)
        self.key = nn.Linear(WIDTH, KEY_HEADS * HEAD_WIDTH, bias=False)
        self.value = nn.Linear(WIDTH, KEY_HEADS * HEAD_WIDTH, bias=False)
        self.out = nn.Linear(HEADS * HEAD_WIDTH, WIDTH, bias=False)

    def forward(self, x, cos, sin, mask):
        q = reshape(self.query(x), 0, -1, HEADS, HEAD_WIDTH).transpose(1, 2)
        k = reshape(self.key(x), 0, -1, KEY_HEADS, HEAD_WIDTH).transpose(1, 2)
        v = reshape(self.value(x), 0, -1, KEY_HEADS, HEAD_WIDTH).transpose(1, 2)
        q = reshape(rotate(q, cos, sin), 0, KEY_HEADS, -1, HEAD_WIDTH)
        scores = torch.matmul(q, rotate(k, cos, sin).transpose(2, 3)) * HEAD_WIDTH ** -0.5
        mixed = torch.matmul(torch.softmax(scores + mask, dim=-1), v)
        mixed = reshape(mixed, 0, HEADS, -1, HEAD_WIDTH).transpose(1, 2)
        return self.out(reshape(mixed, 0, -1, HEADS * HEAD_WIDTH))


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.up = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.down = nn.Linear(HIDDEN, WIDTH, bias=False)

    def forward(self, x):
        return self.down(nn.functional.silu(self.gate(x)) * self.up(x))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm, self.attention = RmsNorm(WIDTH), Attention()
        self.feed_norm, self.feed = RmsNorm(WIDTH), FeedForward()

    def forward(self, x, cos, sin, mask):
        x = x + self.attention(self.attention_norm(x), cos, sin, mask)
        return x + self.feed(self.feed_norm(x))


class LanguageModel(nn.Module):
    def __init__(self, words):
        super().__init__()
        self.embedding = nn.Embedding(words, WIDTH)
        self.positions = Positions()
        self.layers = nn.ModuleList([Layer() for _ in range(LAYERS)])
        self.norm = RmsNorm(WIDTH)
        self.head = nn.Linear(WIDTH, words, bias=False)
        for p in self.parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 if p is self.embedding.weight else p.shape[1] ** -0.5)
        for layer in self.layers:
            layer.attention.out.weight.data *= (2 * LAYERS) ** -0.5
            layer.feed.down.weight.data *= (2 * LAYERS) ** -0.5

    def forward(self, input_ids):
        x = self.embedding(input_ids)
        positions = self.positions(input_ids)
        for layer in self.layers:
            x = layer(x, *positions)
        return self.head(self.norm(x))
