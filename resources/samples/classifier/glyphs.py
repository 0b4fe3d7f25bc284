"""The sixteen outlines that the classifier tells apart: ten digits and six shapes.

An outline is a list of strokes; a stroke is an array of points [n, 2] in the square
[-1, 1] x [-1, 1], x to the right, y downwards.
"""

import numpy as np

NAMES = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9",
         "triangle", "square", "pentagon", "star", "arrow", "heart"]


def arc(cx, cy, rx, ry, start, stop, points=11):
    """Part of an ellipse; degrees, 0 to the right, growing clockwise on the screen."""
    angle = np.radians(np.linspace(start, stop, points))
    return np.stack([cx + rx * np.cos(angle), cy + ry * np.sin(angle)], axis=1)


def line(*points):
    return np.array(points, dtype=np.float64)


def polygon(corners, radius=0.95, turn=-90.0):
    angle = np.radians(turn + 360.0 / corners * np.arange(corners + 1))
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def star(points=5, outer=1.0, inner=0.42):
    angle = np.radians(-90.0 + 180.0 / points * np.arange(2 * points + 1))
    radius = np.where(np.arange(2 * points + 1) % 2 == 0, outer, inner)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def heart(points=19):
    t = np.linspace(0.0, 2.0 * np.pi, points)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([x / 17, -(y + 2) / 16], axis=1)


OUTLINES = [
    [arc(0, 0, 0.58, 0.95, 0, 360, 17)],
    [line((-0.35, -0.6), (0.08, -0.95), (0.08, 0.95))],
    [np.concatenate([arc(0, -0.42, 0.55, 0.53, -170, 30, 9), line((-0.6, 0.95), (0.62, 0.95))])],
    [arc(-0.05, -0.47, 0.55, 0.48, -150, 90, 9), arc(-0.05, 0.46, 0.62, 0.49, -90, 150, 9)],
    [line((0.3, 0.95), (0.3, -0.95), (-0.65, 0.35), (0.68, 0.35))],
    [np.concatenate([line((0.55, -0.95), (-0.48, -0.95), (-0.52, -0.12)),
                     arc(-0.02, 0.33, 0.6, 0.6, -130, 140, 10)])],
    [np.concatenate([line((0.4, -0.95), (-0.2, -0.45)), arc(0, 0.4, 0.56, 0.55, 190, 560, 14)])],
    [line((-0.6, -0.95), (0.62, -0.95), (-0.12, 0.95))],
    [arc(0, -0.48, 0.48, 0.46, 90, 450, 11), arc(0, 0.47, 0.58, 0.48, -90, 270, 12)],
    [np.concatenate([arc(0, -0.4, 0.56, 0.55, 10, 380, 14), line((0.2, 0.45), (-0.3, 0.95))])],
    [polygon(3)],
    [polygon(4, 1.1, -45.0)],
    [polygon(5)],
    [star()],
    [line((-0.95, 0), (0.95, 0)), line((0.35, -0.6), (0.95, 0), (0.35, 0.6))],
    [heart()],
]


def segments(outline):
    """The outline as straight pieces [n, 2 ends, 2 coordinates]."""
    return np.concatenate([np.stack([s[:-1], s[1:]], axis=1) for s in outline])
