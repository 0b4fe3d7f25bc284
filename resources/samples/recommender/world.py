"""The invented shop: users and items with hidden tastes, and how likely a click is.

A click depends on taste (user and item point the same way), on how well known the item is, on the time of day, and on what
the user clicked just before, which no table of users can know: that is what the history is for.
"""

import numpy as np

USERS, ITEMS, HOURS, HISTORY = 1500, 1200, 24, 8
TASTES, KINDS = 8, 24
WORLD_SEED = 8087
BIAS = -2.9


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class World:
    """Item 0 is no item: it fills a history that is shorter than HISTORY."""

    def __init__(self, seed=WORLD_SEED):
        rng = np.random.Generator(np.random.PCG64(seed))
        kinds = rng.standard_normal((KINDS, TASTES))
        self.kind = rng.integers(KINDS, size=ITEMS)
        self.item = 0.75 * kinds[self.kind] + 0.65 * rng.standard_normal((ITEMS, TASTES))
        liked = rng.integers(KINDS, size=(USERS, 2))
        self.user = 0.45 * kinds[liked].sum(axis=1) + 0.7 * rng.standard_normal((USERS, TASTES))
        self.known = 0.8 * rng.standard_normal(ITEMS)       # what makes an item popular, as a logit
        self.eager = 0.5 * rng.standard_normal(USERS)       # what makes a user click much, as a logit
        self.hour = rng.uniform(0, 24, size=KINDS)          # when a kind of item is looked for
        shown = np.exp(0.7 * self.known + 0.5 * rng.standard_normal(ITEMS))
        shown[0] = 0
        self.shown = shown / shown.sum()
        self.shown_below = np.cumsum(self.shown)
        self.shown_below[-1] = 1

    def draw_items(self, rng, shape):
        """Items as often as they are shown; never item 0."""
        return np.searchsorted(self.shown_below, rng.random(shape), side="right").clip(1, ITEMS - 1)

    def draw_different_items(self, rng, visits, items):
        """[visits, items]: in each visit all different, drawn one after the other as often as they are shown."""
        waiting = rng.standard_exponential((visits, ITEMS - 1), dtype=np.float32) / self.shown[1:]  # the first to arrive are such a draw
        return 1 + np.argpartition(waiting, items, axis=1)[:, :items]

    def affinity(self, user, item):
        return (self.user[user] * self.item[item]).sum(axis=-1) / TASTES ** 0.5

    def draw_history(self, rng, user, wish):
        """[n, HISTORY] items clicked before, the latest last: of three shown the one that taste and wish [n, TASTES] liked best."""
        shown = self.draw_items(rng, (len(user), HISTORY, 3))
        liking = self.affinity(user[:, None, None], shown) + (self.item[shown] * wish[:, None, None]).sum(axis=-1) / TASTES ** 0.5
        best = np.take_along_axis(shown, liking.argmax(axis=-1)[..., None], axis=-1)[..., 0]
        absent = HISTORY - rng.integers(0, HISTORY + 1, size=len(user))
        return np.where(np.arange(HISTORY) < absent[:, None], 0, best)

    def logit(self, user, item, hour, wish):
        """Log odds of a click, users [n] and items [n, k]."""
        daily = np.cos(2 * np.pi * (hour[:, None] - self.hour[self.kind[item]]) / 24)
        wanted = (self.item[item] * wish[:, None]).sum(axis=-1) / TASTES ** 0.5
        return BIAS + 1.1 * self.affinity(user[:, None], item) + 1.0 * wanted + self.known[item] + self.eager[user][:, None] + 0.6 * daily

    def visits(self, rng, user, items):
        """One visit of each user [n], `items` shown in each: item [n, items], history, hour, click and the odds behind it."""
        wish = 0.9 * rng.standard_normal((len(user), TASTES))
        hour = rng.integers(HOURS, size=len(user))
        history = self.draw_history(rng, user, wish)
        item = self.draw_different_items(rng, len(user), items)
        chance = sigmoid(self.logit(user, item, hour, wish))
        return item, history, hour, rng.random(chance.shape) < chance, chance
