"""The voice detector: a filter bank that is learned, then depthwise-separable convolutions in time with growing dilation."""

import numpy as np
import torch
from torch import nn

PAIRS, WINDOW, HOP = 40, 200, 80  # 25 ms windows every 10 ms, at 8 kHz
WIDTH, KERNEL, DILATIONS = 96, 5, (1, 2, 4, 8, 1, 2)
LOW, HIGH, RATE = 80.0, 3800.0, 8000.0


def quadrature():
    """Where training starts: windowed cosines, then sines, of frequencies spaced as on the mel scale, [2 * PAIRS, 1, WINDOW]."""
    mel = np.linspace(*(2595 * np.log10(1 + np.array([LOW, HIGH]) / 700)), PAIRS)
    angle = 2 * np.pi * (700 * (10 ** (mel / 2595) - 1))[:, None] * np.arange(WINDOW) / RATE
    filters = np.concatenate([np.cos(angle), np.sin(angle)]) * np.hanning(WINDOW) * (2 / WINDOW) ** 0.5
    return torch.from_numpy(filters.astype(np.float32))[:, None]


class Energies(nn.Module):
    """Log energy of PAIRS bands in each frame: the squares of two filters added, as of a cosine and a sine."""

    def __init__(self):
        super().__init__()
        self.filters = nn.Conv1d(1, 2 * PAIRS, WINDOW, HOP, (WINDOW - HOP) // 2, bias=False)
        self.filters.weight.data = quadrature()

    def forward(self, audio):
        x = self.filters(audio.unsqueeze(1))
        x = x * x
        return torch.log(x[:, :PAIRS] + x[:, PAIRS:] + 1e-6)


class Block(nn.Module):
    """Each channel along time, then the channels of each frame, and the way around both."""

    def __init__(self, dilation):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=dilation * (KERNEL // 2), dilation=dilation, groups=WIDTH, bias=False),
            nn.BatchNorm1d(WIDTH), nn.Hardswish(),
            nn.Conv1d(WIDTH, WIDTH, 1, bias=False), nn.BatchNorm1d(WIDTH))
        self.act = nn.Hardswish()

    def forward(self, x):
        return self.act(x + self.body(x))


class VoiceDetector(nn.Module):
    def __init__(self):
        super().__init__()
        self.energies = Energies()
        self.stem = nn.Sequential(nn.BatchNorm1d(PAIRS), nn.Conv1d(PAIRS, WIDTH, 1, bias=False), nn.BatchNorm1d(WIDTH), nn.Hardswish())
        self.blocks = nn.Sequential(*[Block(d) for d in DILATIONS])
        self.head = nn.Conv1d(WIDTH, 2, 1)

    def forward(self, audio):
        return self.head(self.blocks(self.stem(self.energies(audio)))).transpose(1, 2)
