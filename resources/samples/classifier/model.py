"""The classifier: a small residual network, 0.9 M parameters, 72 M multiply-adds per image.

Every convolution but the first is 3 x 3 (or a 1 x 1 shortcut) over 64 or 128 channels, so its
arithmetic intensity is high and its channels fill the lanes of an integer dot product.
"""

from torch import nn


def conv_bn(inputs, outputs, kernel, stride):
    return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)]


class Block(nn.Module):
    """Two 3 x 3 convolutions and the way around them."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(*conv_bn(inputs, outputs, 3, stride), nn.ReLU(), *conv_bn(outputs, outputs, 3, 1))
        plain = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if plain else nn.Sequential(*conv_bn(inputs, outputs, 1, stride))
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.body(x) + self.shortcut(x))


class Classifier(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.stem = nn.Sequential(*conv_bn(1, 64, 5, 2), nn.ReLU())
        self.stages = nn.Sequential(Block(64, 64, 1), Block(64, 128, 2), Block(128, 128, 1), Block(128, 128, 1))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(128, classes)

    def forward(self, image):
        return self.head(self.pool(self.stages(self.stem(image))).flatten(1))
