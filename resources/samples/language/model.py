"""The language model: a small Llama. RMSNorm, rotary positions, grouped-query attention, SwiGLU; 1.2 M parameters."""

import torch
from torch import nn

WIDTH, LAYERS, HIDDEN = 128, 6, 384
HEADS, KEY_HEADS, HEAD_WIDTH = 4, 2, 32
GROUP = HEADS // KEY_HEADS
ROTARY_BASE = 10000.0


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5))


class Positions(nn.Module):
    """What depends on positions alone: rotary cosines and sines [sequence, HEAD_WIDTH], and the causal mask."""

    def __init__(self):
        super().__init__()
        exponent = torch.arange(0, HEAD_WIDTH, 2, dtype=torch.float32) / HEAD_WIDTH
        self.register_buffer("frequency", ROTARY_BASE ** -exponent)

    def forward(self, input_ids):
        position = torch.arange(input_ids.shape[1])
        angle = position.to(torch.float32).unsqueeze(1) * self.frequency
        angle = torch.cat([angle, angle], dim=-1)
        future = position.unsqueeze(0) > position.unsqueeze(1)
        return angle.cos(), angle.sin(), torch.where(future, torch.tensor(-1e9), torch.tensor(0.0))


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
        batch, length, _ = x.shape
        q = self.query(x).view(batch, length, HEADS, HEAD_WIDTH).transpose(1, 2)
        k = self.key(x).view(batch, length, KEY_HEADS, HEAD_WIDTH).transpose(1, 2)
        v = self.value(x).view(batch, length, KEY_HEADS, HEAD_WIDTH).transpose(1, 2)
        q = rotate(q, cos, sin).reshape(batch, KEY_HEADS, GROUP * length, HEAD_WIDTH)
        scores = torch.matmul(q, rotate(k, cos, sin).transpose(2, 3)) * HEAD_WIDTH ** -0.5
        scores = scores.view(batch, HEADS, length, length) + mask
        weights = torch.softmax(scores, dim=-1).view(batch, KEY_HEADS, GROUP * length, length)
        mixed = torch.matmul(weights, v).view(batch, HEADS, length, HEAD_WIDTH).transpose(1, 2)
        return self.out(mixed.reshape(batch, length, HEADS * HEAD_WIDTH))


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
