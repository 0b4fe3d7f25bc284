#!/usr/bin/env python3
"""Writes data/: small files as torch.save leaves them, and in expected.json what they hold. Needs python3-torch alone. Run: save.py"""
import json
import os
import sys
from collections import OrderedDict

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../huggingface/statements"))
from checkpoint import Checkpoint  # noqa: E402
from decoders import Llama  # noqa: E402
from models import config  # noqa: E402

TYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16, "float64": torch.float64, "int64": torch.int64,
         "int32": torch.int32, "int16": torch.int16, "int8": torch.int8, "uint8": torch.uint8, "bool": torch.bool}


def tensors():
    generator = torch.Generator().manual_seed(11)
    made = OrderedDict()
    for name, kind in TYPES.items():
        made[name] = (torch.randn((2, 3), generator=generator) * 8).abs().to(kind)
    base = torch.arange(60, dtype=torch.float32).reshape(3, 4, 5) / 4
    made["whole"] = base
    made["turned"] = base.permute(2, 0, 1)
    made["part"] = base[1:, 1:3, 2:]
    made["stepped"] = base.flatten()[5::7]
    made["row"] = base[2]
    made["scalar"] = torch.tensor(2.5)
    made["empty"] = torch.zeros((0, 4))
    made["parameter"] = torch.nn.Parameter(torch.tensor([1.5, -2.0]))
    return made


def described(values):
    return {name: {"dtype": str(value.dtype).split(".")[1], "shape": list(value.shape),
                   "values": [float(v) for v in value.detach().flatten().to(torch.float64)]} for name, value in values.items()}


def small_llama():
    fields = config("LlamaForCausalLM", hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2,
                    num_key_value_heads=1, vocab_size=11, tie_word_embeddings=False)
    checkpoint = Checkpoint(5)
    Llama(fields).draw(checkpoint)
    return fields, checkpoint


def main():
    data = os.path.join(HERE, "data")
    os.makedirs(os.path.join(data, "sharded"), exist_ok=True)
    made = tensors()
    torch.save(made, os.path.join(data, "tensors.bin"))
    with open(os.path.join(data, "expected.json"), "w") as file:
        json.dump(described(made), file)
        file.write("\n")
    module = torch.nn.Linear(2, 1)
    torch.save(module.state_dict(), os.path.join(data, "module.bin"))  # with _metadata
    torch.save(module, os.path.join(data, "whole_module.pt"))
    torch.save({"epoch": 3, "model": module.state_dict()}, os.path.join(data, "training.bin"))
    torch.save(made, os.path.join(data, "older.bin"), _use_new_zipfile_serialization=False)
    fields, checkpoint = small_llama()
    checkpoint.write(os.path.join(data, "sharded"), fields)
    names, places = sorted(checkpoint.tensors), {}
    for i, shard in enumerate((names[:6], names[6:]), 1):
        place = f"pytorch_model-{i:05}-of-00002.bin"
        torch.save({name: checkpoint.tensors[name] for name in shard}, os.path.join(data, "sharded", place))
        places.update({name: place for name in shard})
    with open(os.path.join(data, "sharded", "pytorch_model.bin.index.json"), "w") as file:
        json.dump({"metadata": {"total_size": 4 * sum(value.numel() for value in checkpoint.tensors.values())}, "weight_map": places}, file,
                  indent=1)
        file.write("\n")


if __name__ == "__main__":
    torch.manual_seed(3)
    main()
