"""Burgers' equation in two dimensions on a periodic square of side 2π: ∂w/∂t + (w·∇)w = ν ∇²w, w = (u, v).

Derivatives by Fourier series, products on the grid with the upper third of the frequencies cut (Orszag 1971), time by the
classical Runge-Kutta scheme of fourth order on w after the exact factor of diffusion (integrating factor). Run this file
to hold the solver against an exact solution.
"""

import numpy as np

SIDE = 2 * np.pi


class Burgers:
    """Fields are float64 [batch, 2, n, n]: component, y, x."""

    def __init__(self, n):
        k = np.fft.fftfreq(n, 1 / n)
        self.n = n
        self.kx, self.ky = k[None, :n // 2 + 1].copy(), k[:, None].copy()
        self.kx[0, -1] = n // 2
        self.square = self.kx ** 2 + self.ky ** 2
        self.kept = (np.abs(self.kx) < n / 3) & (np.abs(self.ky) < n / 3)

    def forward(self, field):
        return np.fft.rfft2(field)

    def back(self, spectrum):
        return np.fft.irfft2(spectrum, s=(self.n, self.n))

    def transport(self, spectrum):
        """-(w·∇)w, as a spectrum."""
        w = self.back(spectrum)
        dx, dy = self.back(1j * self.kx * spectrum), self.back(1j * self.ky * spectrum)
        return -self.forward(w[:, :1] * dx + w[:, 1:] * dy) * self.kept

    def solve(self, field, viscosity, time, steps):
        """The field after `time`; viscosity [batch]."""
        h = time / steps
        half = np.exp(-viscosity[:, None, None, None] * self.square * h / 2)
        whole = half * half
        s = self.forward(field) * self.kept
        for _ in range(steps):
            a = self.transport(s)
            b = self.transport(half * (s + h / 2 * a))
            c = self.transport(half * s + h / 2 * b)
            d = self.transport(whole * s + h * half * c)
            s = whole * s + h / 6 * (whole * a + 2 * half * (b + c) + d)
        return self.back(s)


def cole_hopf(n, viscosity, time):
    """An exact solution (Cole 1951, Hopf 1950): w = -2ν ∇φ/φ, where φ obeys the heat equation; here φ is 2 and five waves."""
    axis = np.arange(n) * SIDE / n
    x, y = axis[None, :], axis[:, None]
    phi, dx, dy = 2.0 + np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    for kx, ky, size, shift in ((1, 0, 0.7, 0.0), (0, 1, 0.5, 1.0), (1, 1, 0.3, 2.0), (2, -1, 0.2, 0.5), (0, 2, 0.1, 4.0)):
        factor = size * np.exp(-viscosity * (kx ** 2 + ky ** 2) * time)
        angle = kx * x + ky * y + shift
        phi = phi + factor * np.cos(angle)
        dx, dy = dx - factor * kx * np.sin(angle), dy - factor * ky * np.sin(angle)
    return np.stack([-2 * viscosity * dx / phi, -2 * viscosity * dy / phi])[None]


def error(n, steps, viscosity=0.5, time=1.0):
    """Largest difference between the solver and the exact solution, which is of size one."""
    got = Burgers(n).solve(cole_hopf(n, viscosity, 0.0), np.array([viscosity]), time, steps)
    return np.abs(got - cole_hopf(n, viscosity, time)).max()


def check():
    print("grid, 200 steps:", "  ".join(f"{n}x{n} {error(n, 200):.1e}" for n in (12, 16, 24, 32, 48, 64)))
    steps = (8, 16, 32, 64, 128)
    errors = [error(64, s) for s in steps]
    orders = [np.log2(a / b) for a, b in zip(errors, errors[1:])]
    print("steps, 64x64: ", "  ".join(f"{s} {e:.1e}" for s, e in zip(steps, errors)), " order:", " ".join(f"{o:.2f}" for o in orders))
    assert error(64, 200) < 1e-10, "the solver does not reach the exact solution"
    assert all(3.5 < o < 4.5 for o in orders), "the solver is not of fourth order in time"


if __name__ == "__main__":
    check()
