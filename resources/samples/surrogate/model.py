"""The surrogate: a U of three scales with residual blocks. Every border is periodic, as the square is."""

import torch
from torch import nn

WIDTHS = (24, 48, 64)  # channels at 32 x 32, 16 x 16 and 8 x 8
BLOCKS = (1, 1, 2)


def wrapped(x, border):
    """`x` [batch, c, h, w] with `border` cells of the opposite side around it."""
    x = torch.cat([x[:, :, -border:], x, x[:, :, :border]], dim=2)
    return torch.cat([x[..., -border:], x, x[..., :border]], dim=3)


class Block(nn.Module):
    """Two 3 x 3 convolutions on a field wrapped once for both, and the way around them."""

    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Conv2d(width, width, 3), nn.Conv2d(width, width, 3)
        self.act = nn.GELU()
        nn.init.zeros_(self.second.bias)
        self.second.weight.data *= 0.3

    def forward(self, x):
        return x + self.second(self.act(self.first(wrapped(x, 2))))


def blocks(width, count):
    return nn.Sequential(*[Block(width) for _ in range(count)])


class Surrogate(nn.Module):
    """field [batch, 3, h, w] (u, v, viscosity) → later [batch, 2, h, w]; h and w divide by 4."""

    def __init__(self):
        super().__init__()
        a, b, c = WIDTHS
        self.stem = nn.Conv2d(3, a, 3)
        self.down_a, self.down_b = nn.Conv2d(a, b, 2, 2), nn.Conv2d(b, c, 2, 2)
        self.before_a, self.before_b, self.deep = blocks(a, BLOCKS[0]), blocks(b, BLOCKS[1]), blocks(c, BLOCKS[2])
        self.up_b, self.up_a = nn.Conv2d(c + b, b, 1), nn.Conv2d(b + a, a, 1)
        self.after_b, self.after_a = blocks(b, BLOCKS[1]), blocks(a, BLOCKS[0])
        self.larger = nn.Upsample(scale_factor=2, mode="nearest")
        self.head = nn.Conv2d(a, 2, 3)

    def forward(self, field):
        x = self.before_a(self.stem(wrapped(field, 1)))
        y = self.before_b(self.down_a(x))
        z = self.deep(self.down_b(y))
        y = self.after_b(self.up_b(torch.cat([self.larger(z), y], dim=1)))
        x = self.after_a(self.up_a(torch.cat([self.larger(y), x], dim=1)))
        return field[:, :2] + self.head(wrapped(x, 1))
