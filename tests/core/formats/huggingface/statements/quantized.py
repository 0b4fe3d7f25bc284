#!/usr/bin/env python3
"""Writes quantized/<name>/: a small seeded folder of each packing of codes, in dense.safetensors what some of its weights stand for
(packings.py) and in expected.json the logits that the statement in state.py's classes gives with those. Needs python3-torch and
python3-numpy. Run: quantized.py"""
import json
import os
import struct

import numpy as np
import torch

from checkpoint import Checkpoint
from decoders import Llama, Phi3
from models import config
from packings import Awq, Bytes, Eights, Float8, Fours, Gptq, Packed

TEXT = [3, 0, 17, 17, 5, 30, 9, 22, 1, 8]
KEPT = ("q_proj", "down_proj", "qkv_proj")  # of the first layer, in dense.safetensors
WORDS = {"float32": "F32", "float16": "F16", "int32": "I32", "int64": "I64", "int8": "I8", "uint8": "U8"}


def write_tensors(path, tensors):
    header, blob = {}, b""
    for name in sorted(tensors):
        value = np.ascontiguousarray(tensors[name]) if not isinstance(tensors[name], Float8) else tensors[name]
        word = "F8_E4M3" if isinstance(value, Float8) else WORDS[value.dtype.name]
        data = value.tobytes()
        header[name] = {"dtype": word, "shape": list(value.shape), "data_offsets": [len(blob), len(blob) + len(data)]}
        blob += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + blob)


def group_of(fields, **more):
    return {"targets": ["Linear"], "weights": fields, **more}


def compressed(form, groups):
    return {"quant_method": "compressed-tensors", "format": form, "config_groups": groups, "ignore": ["lm_head"],
            "quantization_status": "compressed", "kv_cache_scheme": None}


def gptq(bits, group, **more):
    return {"quant_method": "gptq", "bits": bits, "group_size": group, "desc_act": False, "sym": False, **more}


def ints(bits, strategy, **more):
    return {"num_bits": bits, "type": "int", "symmetric": True, "strategy": strategy, "dynamic": False, **more}


FLOATS = {"num_bits": 8, "type": "float", "symmetric": True, "strategy": "channel", "dynamic": False}
ROUNDED = {"num_bits": 8, "type": "int", "symmetric": True, "strategy": "token", "dynamic": True}


def all_of(packing):
    return lambda name: packing


def mixed(name):
    return Eights(1, 0, "weight_scale") if "self_attn" in name else Packed(4, 8, shuffled=True)


# name: class, type of what stays plain, what packs a module, quantization_config, seed
FOLDERS = {
    "awq": (Llama, np.float32, all_of(Awq(8)), {"quant_method": "awq", "bits": 4, "group_size": 8, "zero_point": True, "version": "gemm",
                                               "modules_to_not_convert": ["lm_head"]}, 1),
    "awq_fp16": (Llama, np.float16, all_of(Awq(32)), {"quant_method": "awq", "bits": 4, "group_size": 32, "zero_point": True,
                                                     "version": "gemm", "modules_to_not_convert": None}, 2),
    "gptq_4": (Llama, np.float32, all_of(Gptq(4, 8)), gptq(4, 8), 3),
    "gptq_4_ordered": (Llama, np.float32, all_of(Gptq(4, 8, symmetric=True, shuffled=True)),
                       gptq(4, 8, desc_act=True, sym=True, checkpoint_format="gptq"), 4),
    "gptq_8_v2": (Llama, np.float32, all_of(Gptq(8, -1, one_less=False, with_index=False, extremes=True)),
                  gptq(8, -1, checkpoint_format="gptq_v2"), 5),
    "gptq_3": (Llama, np.float32, all_of(Gptq(3, 16)), gptq(3, 16), 6),
    "gptq_2": (Llama, np.float32, all_of(Gptq(2, 16)), gptq(2, 16), 7),
    "gptq_phi3": (Phi3, np.float32, all_of(Gptq(4, 8, shuffled=True)),
                  gptq(4, 8, desc_act=True), 8),
    "compressed_4": (Llama, np.float32, all_of(Packed(4, 8, symmetric=False)),
                     compressed("pack-quantized", {"group_0": group_of(ints(4, "group", group_size=8, symmetric=False))}), 9),
    "compressed_4_older": (Llama, np.float32, all_of(Packed(4, 8, symmetric=False, plain_zeros=True)),
                           compressed("pack-quantized", {"group_0": group_of(ints(4, "group", group_size=8, symmetric=False))}), 10),
    "compressed_8": (Llama, np.float32, all_of(Packed(8, 0)),
                     compressed("pack-quantized", {"group_0": group_of(ints(8, "channel"), input_activations=None)}), 11),
    "compressed_bytes": (Llama, np.float32, all_of(Bytes(symmetric=False)),
                         compressed("int-quantized",
                                    {"group_0": group_of(ints(8, "channel", symmetric=False), input_activations=ROUNDED)}), 12),
    "compressed_mixed": (Llama, np.float32, mixed,
                         compressed("mixed-precision", {
                             "group_0": group_of(FLOATS, format="float-quantized"),
                             "group_1": group_of(ints(4, "group", group_size=8, actorder="group"), format="pack-quantized")}), 13),
    "compressed_mx4": (Llama, np.float32, all_of(Fours()), compressed("mxfp4-pack-quantized", {"group_0": group_of(
        {"num_bits": 4, "type": "float", "symmetric": True, "strategy": "group", "group_size": 32, "dynamic": False})}), 15),
    "float8_blocks": (Llama, np.float32, all_of(Eights(12, 20, "weight_scale_inv")),
                      {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [12, 20]}, 14),
}


def state(name, make, plain, packing_of, quantization, seed):
    fields = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
              "vocab_size": 31, "tie_word_embeddings": False, "sliding_window": None, "partial_rotary_factor": 0.5 if make is Phi3 else 1}
    said = config("Phi3ForCausalLM" if make is Phi3 else "LlamaForCausalLM", **fields)
    model, checkpoint, random = make(said), Checkpoint(seed), np.random.default_rng(seed)
    model.draw(checkpoint)
    tensors, dense = {}, {}
    for key, value in checkpoint.tensors.items():
        if not (key.startswith("model.layers.") and value.dim() == 2):
            tensors[key] = value.numpy().astype(plain)
            checkpoint.tensors[key] = torch.from_numpy(tensors[key].astype(np.float32))
            continue
        module = key[:-len(".weight")]
        parts, weight, bias = packing_of(module).draw(random, module, *value.shape)
        tensors.update({f"{module}.{part}": stored for part, stored in parts.items()})
        if bias is not None:
            tensors[module + ".bias"] = bias
        checkpoint.tensors[key] = torch.from_numpy(weight)
        if module.split(".")[-1] in KEPT:
            dense[key] = weight
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "quantized", name)
    os.makedirs(folder, exist_ok=True)
    write_tensors(os.path.join(folder, "model.safetensors"), tensors)
    write_tensors(os.path.join(folder, "dense.safetensors"), dense)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump({**said, "quantization_config": quantization}, file, indent=1, sort_keys=True)
        file.write("\n")
    logits = model.logits(checkpoint, TEXT).flatten().tolist()
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump({"ids": TEXT, "logits": [float(f"{value:.9g}") for value in logits]}, file)
        file.write("\n")
    print(f"{name}: largest logit {max(map(abs, logits)):.3f}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, parts in FOLDERS.items():
        state(name, *parts)
