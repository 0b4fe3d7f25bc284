"""Turns outlines into 32 x 32 grey images: distortion, strokes, clutter, shading, noise.

A stroke covers a pixel by how far the pixel's centre lies inside half the stroke's width, so
edges are smooth without supersampling. Everything is drawn from the numpy generator given.
"""

import numpy as np

from glyphs import NAMES, OUTLINES, segments

SIZE = 32
GLYPH_SEGMENTS = max(len(segments(o)) for o in OUTLINES)
CLUTTER_SEGMENTS = 5
BATCH = 32  # keeps the distance field [batch, segments, pixels] inside the cache


def _glyph_table():
    table = np.full((len(NAMES), GLYPH_SEGMENTS, 2, 2), np.nan)
    for row, outline in zip(table, OUTLINES):
        pieces = segments(outline)
        row[:len(pieces)] = pieces
        row[len(pieces):] = pieces[-1]
    return table


GLYPHS = _glyph_table()


def _place(rng, labels):
    """The glyphs' segments in pixels: bend, then turn, shear, scale and move."""
    n = len(labels)
    p = GLYPHS[labels]
    phase = rng.uniform(0, 2 * np.pi, (2, n, 1, 1))
    bend = rng.uniform(0.0, 0.14, (2, n, 1, 1))
    x = p[..., 0] + bend[0] * np.sin(2.2 * p[..., 1] + phase[0])
    y = p[..., 1] + bend[1] * np.sin(2.2 * p[..., 0] + phase[1])
    angle = np.radians(rng.uniform(-32, 32, (n, 1, 1)))
    shear = rng.uniform(-0.25, 0.25, (n, 1, 1))
    scale = rng.uniform(4.2, 10.0, (n, 1, 1))
    aspect = np.exp(rng.uniform(-0.22, 0.22, (n, 1, 1)))
    x = x + shear * y
    u = scale * aspect * (np.cos(angle) * x - np.sin(angle) * y)
    v = scale / aspect * (np.sin(angle) * x + np.cos(angle) * y)
    room = np.maximum(SIZE / 2 - 2.0 - scale, 0.5)
    u += SIZE / 2 + rng.uniform(-1, 1, (n, 1, 1)) * room
    v += SIZE / 2 + rng.uniform(-1, 1, (n, 1, 1)) * room
    return np.stack([u, v], axis=-1)


def _clutter(rng, n):
    """Stray strokes anywhere in the picture."""
    start = rng.uniform(0, SIZE, (n, CLUTTER_SEGMENTS, 1, 2))
    angle = rng.uniform(0, 2 * np.pi, (n, CLUTTER_SEGMENTS, 1, 1))
    length = rng.uniform(3, 16, (n, CLUTTER_SEGMENTS, 1, 1))
    step = length * np.concatenate([np.cos(angle), np.sin(angle)], axis=-1)
    return np.concatenate([start, start + step], axis=2)


def _distance(pieces):
    """Distance of every pixel centre to every segment: [n, segments, SIZE, SIZE]."""
    pieces = pieces.astype(np.float32)
    axis = np.arange(SIZE, dtype=np.float32) + 0.5
    a, d = pieces[:, :, 0], pieces[:, :, 1] - pieces[:, :, 0]
    px = axis[None, None, None, :] - a[:, :, None, None, 0]
    py = axis[None, None, :, None] - a[:, :, None, None, 1]
    dx, dy = d[:, :, None, None, 0], d[:, :, None, None, 1]
    t = np.clip((px * dx + py * dy) / np.maximum(dx * dx + dy * dy, 1e-6), 0, 1)
    return np.sqrt((px - t * dx) ** 2 + (py - t * dy) ** 2)


def _shade(rng, n):
    """A background that is not flat: a slope and a slow wave."""
    axis = np.linspace(-1, 1, SIZE)
    gx, gy = rng.uniform(-0.18, 0.18, (2, n, 1, 1))
    fx, fy = rng.uniform(-4, 4, (2, n, 1, 1))
    wave = rng.uniform(0, 0.08, (n, 1, 1)) * np.sin(
        fx * axis[None, None, :] + fy * axis[None, :, None] + rng.uniform(0, 2 * np.pi, (n, 1, 1)))
    return gx * axis[None, None, :] + gy * axis[None, :, None] + wave


def _render_batch(rng, labels):
    n = len(labels)
    ink = np.clip(rng.uniform(0.55, 1.5, (n, 1, 1)) + 0.5 - _distance(_place(rng, labels)).min(axis=1), 0, 1)
    stray = np.clip(rng.uniform(0.3, 1.1, (n, CLUTTER_SEGMENTS, 1, 1)) + 0.5 - _distance(_clutter(rng, n)), 0, 1)
    stray = (stray * np.maximum(rng.uniform(-0.6, 1.0, (n, CLUTTER_SEGMENTS, 1, 1)), 0)).max(axis=1)
    contrast = rng.uniform(0.16, 0.55, (n, 1, 1)) * rng.choice([-1.0, 1.0], (n, 1, 1))
    picture = 0.5 - 0.4 * contrast + contrast * np.maximum(ink, stray) + _shade(rng, n)
    picture += rng.uniform(0.04, 0.16, (n, 1, 1)) * rng.standard_normal((n, SIZE, SIZE))
    return np.round(255 * np.clip(picture, 0, 1)).astype(np.uint8)


def render(rng, labels):
    """labels int [n] to images uint8 [n, 1, SIZE, SIZE]."""
    parts = [_render_batch(rng, labels[i:i + BATCH]) for i in range(0, len(labels), BATCH)]
    return np.concatenate(parts)[:, None]
