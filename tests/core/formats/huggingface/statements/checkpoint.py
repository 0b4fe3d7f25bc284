"""Small seeded checkpoints, written as transformers leaves them behind: config.json and model.safetensors."""
import json
import math
import os
import struct

import torch


class Checkpoint:
    """Tensors by name, drawn in the order in which they are asked for."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)
        self.tensors = {}

    def add(self, name, shape, spread, middle=0.0):
        values = middle + spread * torch.randn(shape, generator=self.generator)
        self.tensors[name] = values.to(torch.float32)

    def matrix(self, name, outputs, inputs, gain=1.2):
        self.add(name, (outputs, inputs), gain / math.sqrt(inputs))

    def __getitem__(self, name):
        """In float64: what is stated from it has errors far below those that are looked for."""
        return self.tensors[name].to(torch.float64)

    def __contains__(self, name):
        return name in self.tensors

    def write(self, folder, config):
        os.makedirs(folder, exist_ok=True)
        header, blob = {}, b""
        for name in sorted(self.tensors):
            tensor = self.tensors[name].contiguous()
            data = tensor.numpy().tobytes()
            header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(blob), len(blob) + len(data)]}
            blob += data
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        with open(os.path.join(folder, "model.safetensors"), "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text + blob)
        with open(os.path.join(folder, "config.json"), "w") as file:
            json.dump(config, file, indent=1, sort_keys=True)
            file.write("\n")
