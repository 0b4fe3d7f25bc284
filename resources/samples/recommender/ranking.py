"""How well scores put clicked items before others."""

import numpy as np


def auc(score, click):
    """Share of pairs (clicked, not clicked) in which the clicked one scores higher; equal scores count half."""
    click = np.asarray(click, dtype=bool)
    others = np.sort(score[~click])
    below = np.searchsorted(others, score[click], side="left")
    not_above = np.searchsorted(others, score[click], side="right")
    return float((below + not_above).mean() / 2 / len(others))


def ndcg(score, click, k=10):
    """Järvelin and Kekäläinen 2002: discounted gain of the k best scores over that of the best order; gain 1 for a click.
    Equal scores share the discounts of their places evenly."""
    click = np.asarray(click, dtype=np.float64)
    discount = np.zeros(len(click))
    discount[:k] = 1 / np.log2(np.arange(2, min(k, len(click)) + 2))
    got = 0.0
    for value in np.unique(score):
        first, equal = int((score > value).sum()), score == value
        got += discount[first:first + equal.sum()].mean() * click[equal].sum()
    return float(got / discount[:int(click.sum())].sum())


def by_group(metric, score, click, group):
    """The metric of each group, groups in the order of their first sample."""
    _, first = np.unique(group, return_index=True)
    return np.array([metric(score[group == g], click[group == g]) for g in group[np.sort(first)]])
