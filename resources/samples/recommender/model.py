"""The recommender: tables of users, items and hours, attention from the item over the history, and a perceptron on top."""

import torch
from torch import nn

from world import HOURS, ITEMS, USERS

WIDTH, HOUR_WIDTH = 32, 8
HIDDEN = (432, 208)


class Recommender(nn.Module):
    """user [batch], item [batch], history [batch, 8], hour [batch], all int64 → score [batch], log odds of a click."""

    def __init__(self):
        super().__init__()
        self.users = nn.Embedding(USERS, WIDTH)
        self.items = nn.Embedding(ITEMS, WIDTH)
        self.hours = nn.Embedding(HOURS, HOUR_WIDTH)
        self.popularity = nn.Embedding(ITEMS, 1)
        for table, deviation in ((self.users, 0.15), (self.items, 0.15), (self.hours, 0.3), (self.popularity, 0.0)):
            nn.init.normal_(table.weight, std=deviation)
        self.query = nn.Linear(WIDTH, WIDTH)
        width = 6 * WIDTH + HOUR_WIDTH
        self.mlp = nn.Sequential(nn.Linear(width, HIDDEN[0]), nn.LeakyReLU(0.05), nn.Linear(HIDDEN[0], HIDDEN[1]), nn.LeakyReLU(0.05),
                                 nn.Linear(HIDDEN[1], 1))

    def interest(self, item, history):
        """Mean of the history as the item weighs it, [batch, WIDTH]; absent items (0) weigh nothing."""
        past = self.items(history)
        weight = torch.matmul(past, self.query(item).unsqueeze(-1)) * WIDTH ** -0.5
        weight = weight.masked_fill((history == 0).unsqueeze(-1), -30.0)
        return (torch.softmax(weight, dim=1) * past).sum(dim=1), past.sum(dim=1)

    def forward(self, user, item, history, hour):
        u, v = self.users(user), self.items(item)
        attended, summed = self.interest(v, history)
        x = torch.cat([u, v, u * v, attended, summed, summed * v, self.hours(hour)], dim=1)
        return (self.mlp(x) + self.popularity(item)).squeeze(1)
