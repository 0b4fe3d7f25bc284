"""What is not speech: coloured noise, hum, notes, clicks, beeps that sweep, machines that beat; any two of them together."""

import numpy as np

from voice import RATE, rise_and_fall


def coloured(rng, n):
    """Noise whose power falls as 1 / f^a, a from 0 (white) to 2 (brown), now and then swelling."""
    frequency = np.maximum(np.fft.rfftfreq(n, 1 / RATE), 30.0)
    sound = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * frequency ** (-rng.uniform(0, 2) / 2), n)
    if rng.random() < 0.4:
        sound *= 1 + rng.uniform(0.3, 0.95) * np.sin(2 * np.pi * (rng.uniform(0.5, 6) * np.arange(n) / RATE + rng.random()))
    return sound


def hum(rng, n):
    """Mains or a motor: a steady low tone and what stands above it."""
    base, sound = rng.choice([50.0, 60.0, rng.uniform(70, 200)]), np.zeros(n)
    for k in range(1, rng.integers(3, 16)):
        sound += rng.uniform(0.1, 1) / k * np.sin(2 * np.pi * (k * base * np.arange(n) / RATE + rng.random()))
    return sound


def notes(rng, n):
    """A tune: held notes on a scale, with overtones, struck or bowed. Harmonic as a voice is, but its pitch stands still."""
    sound, at, root = np.zeros(n), -int(rng.uniform(0, 0.2) * RATE), rng.uniform(90, 400)
    loudness = rng.uniform(0.1, 1, size=8) / np.arange(1, 9)
    struck = rng.random() < 0.5
    while at < n:
        length = int(rng.uniform(0.08, 0.5) * RATE)
        pitch = root * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
        time = np.arange(length)
        shape = np.exp(-time / (0.15 * RATE)) * np.minimum(1, time / 40) if struck else rise_and_fall(length, 0.03 * RATE)
        note = sum(a * np.sin(2 * np.pi * k * pitch * time / RATE) for k, a in enumerate(loudness, 1) if k * pitch < 3800)
        begin, end = max(at, 0), max(0, min(at + length, n))
        sound[begin:end] += (note * shape)[begin - at:begin - at + end - begin]
        at += int(length * rng.uniform(0.7, 1.3))
    return sound


def clicks(rng, n):
    """Keys, doors, drops: short decaying noise or ringing at random times."""
    sound = 0.01 * rng.standard_normal(n)
    for start in rng.integers(0, n, size=rng.integers(2, 14)):
        length = min(int(rng.uniform(0.004, 0.06) * RATE), n - start)
        time = np.arange(length)
        ring = rng.standard_normal(length) if rng.random() < 0.5 else np.sin(2 * np.pi * rng.uniform(300, 3500) * time / RATE)
        sound[start:start + length] += rng.uniform(0.3, 1) * ring * np.exp(-time / (length / 4 + 1))
    return sound


def sweep(rng, n):
    """A siren or a beep: one tone that glides or goes on and off."""
    low, high, speed = rng.uniform(300, 900), rng.uniform(900, 3000), rng.uniform(0.5, 8)
    swing = 0.5 + 0.5 * np.sin(2 * np.pi * speed * np.arange(n) / RATE)
    tone = np.sin(2 * np.pi * np.cumsum(low + (high - low) * swing) / RATE)
    return tone * (np.sin(2 * np.pi * speed / 2 * np.arange(n) / RATE) > 0) if rng.random() < 0.5 else tone


def machine(rng, n):
    """Band noise that beats at the pace of syllables."""
    frequency = np.fft.rfftfreq(n, 1 / RATE)
    band = np.exp(-0.5 * ((frequency - rng.uniform(300, 3000)) / rng.uniform(100, 900)) ** 2)
    beat = np.maximum(0, np.sin(2 * np.pi * (rng.uniform(2, 9) * np.arange(n) / RATE + rng.random()))) ** rng.uniform(0.3, 3)
    return np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * band, n) * beat


KINDS = (coloured, hum, notes, clicks, sweep, machine)


def background(rng, n):
    """[n] with root mean square 1."""
    weights = np.array([0.3, 0.12, 0.22, 0.1, 0.1, 0.16])
    sound = np.zeros(n)
    for kind in rng.choice(len(KINDS), size=rng.integers(1, 3), p=weights):
        part = KINDS[kind](rng, n)
        sound += part / (np.sqrt((part ** 2).mean()) + 1e-9) * rng.uniform(0.4, 1)
    return sound / (np.sqrt((sound ** 2).mean()) + 1e-9)
