"""Speech-like sound from nothing: syllables of harmonics under moving formants, with hissed, stopped and hummed consonants.

Nothing is recorded. What makes it speech here: a pitch that moves, formants that move, syllables of about a tenth to a
third of a second. Labels come from the same plan as the sound.
"""

import numpy as np

RATE = 8000
TOP = 3800.0  # Hz: no harmonic above, so that nothing folds back
FORMANTS = np.array([[750, 1250, 2550], [560, 1780, 2500], [300, 2250, 2950], [430, 850, 2450], [330, 800, 2300],
                     [480, 1400, 2400], [640, 1050, 2450], [270, 1700, 2200]], dtype=np.float64)  # Hz, one row a vowel
WIDTHS = np.array([80.0, 110.0, 170.0])  # Hz
CONSONANTS = ("none", "hiss", "stop", "hum")


def envelope(frequency, formants):
    """Product of three resonances at `frequency` [harmonics, n], formants [3, n]."""
    gain = np.ones_like(frequency)
    for f, width in zip(formants, WIDTHS):
        ratio = frequency / f
        gain /= np.sqrt((1 - ratio ** 2) ** 2 + (frequency * width / f ** 2) ** 2)
    return gain


def voiced(pitch, formants):
    """A harmonic sound: pitch [n] in Hz, formants [3, n]."""
    order = np.arange(1, int(TOP / pitch.min()) + 1)[:, None]
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    coarse = slice(None, None, 40)  # amplitudes are told every 5 ms
    frequency = order * pitch[coarse]
    gain = np.where(frequency < TOP, envelope(frequency, formants[:, coarse]) / order, 0)
    gain = np.repeat(gain, 40, axis=1)[:, :len(pitch)]
    return (gain * np.sin(order * phase)).sum(axis=0)


def rise_and_fall(n, edge):
    ramp = np.minimum(1, np.minimum(np.arange(n) + 1, np.arange(n, 0, -1)) / edge)
    return ramp * ramp * (3 - 2 * ramp)


def hissed(rng, n):
    """Noise through one band, as in s, sh or f."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    frequency = np.fft.rfftfreq(n, 1 / RATE)
    centre, width = rng.uniform(1800, 3600), rng.uniform(400, 1200)
    sound = np.fft.irfft(spectrum * np.exp(-0.5 * ((frequency - centre) / width) ** 2), n)
    return sound / (np.abs(sound).max() + 1e-9)


def consonant(rng, pitch, kind):
    if kind == "hiss":
        n = int(rng.uniform(0.05, 0.11) * RATE)
        return 0.5 * rng.uniform(0.3, 1) * hissed(rng, n) * rise_and_fall(n, n // 3)
    if kind == "stop":
        quiet, burst = int(rng.uniform(0.02, 0.05) * RATE), int(rng.uniform(0.008, 0.02) * RATE)
        return np.concatenate([np.zeros(quiet), 0.7 * hissed(rng, burst) * np.exp(-np.arange(burst) / (burst / 3))])
    n = int(rng.uniform(0.04, 0.09) * RATE)
    formants = np.repeat(np.array([[260.0], [1100.0], [2300.0]]), n, axis=1)
    sound = voiced(np.full(n, pitch), formants)
    return 0.4 * sound / (np.abs(sound).max() + 1e-9) * rise_and_fall(n, n // 4)


def syllable(rng, pitch):
    """One syllable that starts at about `pitch` Hz; its sound, and the pitch it ends with."""
    n = int(rng.uniform(0.08, 0.24) * RATE)
    way = np.linspace(0, 1, n)
    end = np.clip(pitch * rng.uniform(0.82, 1.18), 75, 330)
    contour = pitch + (end - pitch) * way + pitch * 0.015 * np.sin(2 * np.pi * (rng.uniform(4, 7) * way * n / RATE + rng.random()))
    contour *= 1 + 0.006 * np.repeat(rng.standard_normal(n // 80 + 1), 80)[:n]
    first, second = FORMANTS[rng.integers(len(FORMANTS), size=2)] * rng.uniform(0.9, 1.15)
    formants = first[:, None] + (second - first)[:, None] * way * rng.uniform(0.3, 1)
    vowel = voiced(contour, formants)
    vowel = vowel / (np.abs(vowel).max() + 1e-9) * rise_and_fall(n, rng.uniform(0.015, 0.04) * RATE) * rng.uniform(0.5, 1)
    kind = CONSONANTS[rng.integers(len(CONSONANTS))]
    return (vowel if kind == "none" else np.concatenate([consonant(rng, pitch, kind), vowel])), end


def speech(rng, length):
    """Sound [length] and where it speaks [length] (bool): phrases of one to five syllables with pauses between."""
    sound, active = np.zeros(length), np.zeros(length, dtype=bool)
    at = int(rng.uniform(-0.2, 0.45) * RATE)
    pitch = np.exp(rng.uniform(np.log(85), np.log(270)))
    while at < length:
        for _ in range(rng.integers(1, 6)):
            part, pitch = syllable(rng, pitch)
            begin, end = max(at, 0), min(at + len(part), length)
            if end > begin:
                sound[begin:end] = part[begin - at:end - at]
                active[begin:end] = True
            at += len(part)
        at += int(rng.uniform(0.1, 0.5) * RATE)
    return sound, active
