"""Decoders of transformers, each stated from its modeling file's description: a draw() of its checkpoint and the logits of one text."""
import math

import torch

from parts import ACTIVATIONS, attention, frequencies, gelu_new, heads_of, layer_norm, linear, llama3_frequencies, rms_norm, rotated


class Llama:
    """LlamaForCausalLM; what Mistral, Qwen2 and Qwen3 have otherwise follows from the tensors and the config."""

    def __init__(self, config):
        self.config = config
        self.size = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
        self.heads, self.kv = config["num_attention_heads"], config["num_key_value_heads"]

    # The checkpoint.
    def draw(self, checkpoint):
        hidden = self.config["hidden_size"]
        checkpoint.add("model.embed_tokens.weight", (self.config["vocab_size"], hidden), self.embedding_spread())
        for layer in range(self.config["num_hidden_layers"]):
            self.draw_layer(checkpoint, f"model.layers.{layer}")
        self.draw_norm(checkpoint, "model.norm", hidden)
        if not self.tied():
            checkpoint.matrix("lm_head.weight", self.config["vocab_size"], hidden, 2.0)

    def draw_norm(self, checkpoint, module, size):
        checkpoint.add(module + ".weight", (size,), 0.15, 1.0)

    def draw_layer(self, checkpoint, at):
        hidden = self.config["hidden_size"]
        self.draw_norm(checkpoint, at + ".input_layernorm", hidden)
        self.draw_norm(checkpoint, at + ".post_attention_layernorm", hidden)
        self.draw_attention(checkpoint, at + ".self_attn")
        self.draw_feed_forward(checkpoint, at)

    def draw_attention(self, checkpoint, at):
        hidden = self.config["hidden_size"]
        for name, heads in (("q", self.heads), ("k", self.kv), ("v", self.kv)):
            checkpoint.matrix(f"{at}.{name}_proj.weight", heads * self.size, hidden, 1.6)
            if self.biased():
                checkpoint.add(f"{at}.{name}_proj.bias", (heads * self.size,), 0.3)
        checkpoint.matrix(at + ".o_proj.weight", hidden, self.heads * self.size, 2.0)
        if self.config.get("attention_bias"):
            checkpoint.add(at + ".o_proj.bias", (hidden,), 0.1)

    def draw_feed_forward(self, checkpoint, at):
        hidden, wide = self.config["hidden_size"], self.config["intermediate_size"]
        checkpoint.matrix(at + ".mlp.gate_proj.weight", wide, hidden)
        checkpoint.matrix(at + ".mlp.up_proj.weight", wide, hidden)
        checkpoint.matrix(at + ".mlp.down_proj.weight", hidden, wide)

    # What it computes.
    def embedding_spread(self):
        return 0.4 if self.tied() else 1.0  # else a tied head would answer with the token that it was given

    def tied(self):
        return self.config.get("tie_word_embeddings", False)

    def biased(self):
        return self.config.get("attention_bias", False)

    def inverse_frequencies(self, layer):
        scaling = self.config.get("rope_scaling")
        theta = self.config["rope_theta"]
        if scaling is None:
            return frequencies(theta, self.size)
        return llama3_frequencies(theta, self.size, scaling["factor"], scaling["low_freq_factor"], scaling["high_freq_factor"],
                                  scaling["original_max_position_embeddings"])

    def window(self, layer):
        return None

    def norm(self, checkpoint, module, x):
        return rms_norm(x, checkpoint[module + ".weight"], self.config["rms_norm_eps"])

    def projected(self, checkpoint, at, x):
        return [linear(checkpoint, f"{at}.{name}_proj", x) for name in "qkv"]

    def attended(self, checkpoint, at, x, layer):
        query, key, value = self.projected(checkpoint, at, x)
        query, key, value = heads_of(query, self.heads), heads_of(key, self.kv), heads_of(value, self.kv)
        if at + ".q_norm.weight" in checkpoint:
            query, key = self.norm(checkpoint, at + ".q_norm", query), self.norm(checkpoint, at + ".k_norm", key)
        inverse = self.inverse_frequencies(layer)
        query, key = rotated(query, inverse, self.amplitude()), rotated(key, inverse, self.amplitude())
        mixed = attention(query, key, value, self.scale(), self.window(layer), self.cap())
        return linear(checkpoint, at + ".o_proj", mixed)

    def amplitude(self):
        return 1.0

    def scale(self):
        return self.size ** -0.5

    def cap(self):
        return None

    def fed_forward(self, checkpoint, at, x):
        act = ACTIVATIONS[self.activation()]
        gate, up = linear(checkpoint, at + ".mlp.gate_proj", x), linear(checkpoint, at + ".mlp.up_proj", x)
        return linear(checkpoint, at + ".mlp.down_proj", act(gate) * up)

    def activation(self):
        return self.config["hidden_act"]

    def embedded(self, checkpoint, ids):
        return checkpoint["model.embed_tokens.weight"][ids]

    def layer(self, checkpoint, at, x, index):
        x = x + self.attended(checkpoint, at + ".self_attn", self.norm(checkpoint, at + ".input_layernorm", x), index)
        return x + self.fed_forward(checkpoint, at, self.norm(checkpoint, at + ".post_attention_layernorm", x))

    def head(self, checkpoint, x):
        return x @ checkpoint["model.embed_tokens.weight" if self.tied() else "lm_head.weight"].T

    def logits(self, checkpoint, ids):
        x = self.embedded(checkpoint, torch.tensor(ids))
        for index in range(self.config["num_hidden_layers"]):
            x = self.layer(checkpoint, f"model.layers.{index}", x, index)
        return self.head(checkpoint, self.norm(checkpoint, "model.norm", x))


class Mistral(Llama):
    def window(self, layer):
        return self.config["sliding_window"]


class Qwen2(Llama):
    """Biased queries, keys and values; layers from max_window_layers on see a window."""

    def biased(self):
        return True

    def window(self, layer):
        return self.config["sliding_window"] if self.config["use_sliding_window"] and layer >= self.config["max_window_layers"] else None


class Qwen3(Llama):
    """A norm over each head of queries and keys, in front of the rotation."""

    def draw_attention(self, checkpoint, at):
        super().draw_attention(checkpoint, at)
        self.draw_norm(checkpoint, at + ".q_norm", self.size)
        self.draw_norm(checkpoint, at + ".k_norm", self.size)


class Phi3(Llama):
    """One tensor for queries, keys and values, one for gate and up; the first channels of a head turned; LongRoPE."""

    def draw_attention(self, checkpoint, at):
        hidden = self.config["hidden_size"]
        checkpoint.matrix(at + ".qkv_proj.weight", (self.heads + 2 * self.kv) * self.size, hidden, 1.6)
        checkpoint.matrix(at + ".o_proj.weight", hidden, self.heads * self.size, 2.0)

    def draw_feed_forward(self, checkpoint, at):
        hidden, wide = self.config["hidden_size"], self.config["intermediate_size"]
        checkpoint.matrix(at + ".mlp.gate_up_proj.weight", 2 * wide, hidden)
        checkpoint.matrix(at + ".mlp.down_proj.weight", hidden, wide)

    def window(self, layer):
        return self.config.get("sliding_window")

    def projected(self, checkpoint, at, x):
        fused = linear(checkpoint, at + ".qkv_proj", x)
        queries, keys = self.heads * self.size, self.kv * self.size
        return fused[:, :queries], fused[:, queries:queries + keys], fused[:, queries + keys:]

    def fed_forward(self, checkpoint, at, x):
        gate, up = linear(checkpoint, at + ".mlp.gate_up_proj", x).chunk(2, -1)
        return linear(checkpoint, at + ".mlp.down_proj", up * ACTIVATIONS[self.config["hidden_act"]](gate))

    def inverse_frequencies(self, layer):
        turned = int(self.size * self.config.get("partial_rotary_factor", 1.0))
        inverse = frequencies(self.config["rope_theta"], turned)
        scaling = self.config.get("rope_scaling")
        return inverse if scaling is None else inverse / torch.tensor(scaling["short_factor"], dtype=torch.float64)

    def amplitude(self):
        if self.config.get("rope_scaling") is None:
            return 1.0
        original = self.config["original_max_position_embeddings"]
        factor = self.config["max_position_embeddings"] / original
        return math.sqrt(1 + math.log(factor) / math.log(original)) if factor > 1 else 1.0


class Gemma(Llama):
    """Embeddings times √hidden in their type, norms times 1 + weight, GeGLU, a tied head."""

    def draw_norm(self, checkpoint, module, size):
        checkpoint.add(module + ".weight", (size,), 0.2)

    def embedding_spread(self):
        return 0.12

    def tied(self):
        return self.config.get("tie_word_embeddings", True)

    def activation(self):
        return self.config.get("hidden_activation", "gelu_pytorch_tanh")

    def norm(self, checkpoint, module, x):
        return rms_norm(x, 1.0 + checkpoint[module + ".weight"], self.config["rms_norm_eps"])

    def embedded(self, checkpoint, ids):
        normalizer = torch.tensor(self.config["hidden_size"] ** 0.5, dtype=torch.float32)  # the checkpoint's type
        return super().embedded(checkpoint, ids) * normalizer.to(torch.float64)


class Gemma2(Gemma):
    """Norms in front of and behind each half, caps on scores and logits, a window on every other layer, the first among them."""

    NORMS = ("input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm")

    def draw_layer(self, checkpoint, at):
        for norm in self.NORMS:
            self.draw_norm(checkpoint, f"{at}.{norm}", self.config["hidden_size"])
        self.draw_attention(checkpoint, at + ".self_attn")
        self.draw_feed_forward(checkpoint, at)

    def window(self, layer):
        return self.config["sliding_window"] if layer % 2 == 0 else None

    def scale(self):
        return self.config["query_pre_attn_scalar"] ** -0.5

    def cap(self):
        return self.config["attn_logit_softcapping"]

    def layer(self, checkpoint, at, x, index):
        made = self.attended(checkpoint, at + ".self_attn", self.norm(checkpoint, at + ".input_layernorm", x), index)
        x = x + self.norm(checkpoint, at + ".post_attention_layernorm", made)
        made = self.fed_forward(checkpoint, at, self.norm(checkpoint, at + ".pre_feedforward_layernorm", x))
        return x + self.norm(checkpoint, at + ".post_feedforward_layernorm", made)

    def head(self, checkpoint, x):
        cap = self.config["final_logit_softcapping"]
        return torch.tanh(super().head(checkpoint, x) / cap) * cap


class Gemma3(Gemma2):
    """No caps, norms over heads, a window on all but every sliding_window_pattern-th layer, and another base for the layers with one."""

    def draw_attention(self, checkpoint, at):
        super().draw_attention(checkpoint, at)
        self.draw_norm(checkpoint, at + ".q_norm", self.size)
        self.draw_norm(checkpoint, at + ".k_norm", self.size)

    def slides(self, layer):
        return (layer + 1) % self.config["sliding_window_pattern"] != 0

    def window(self, layer):
        return self.config["sliding_window"] if self.slides(layer) else None

    def cap(self):
        return None

    def inverse_frequencies(self, layer):
        if self.slides(layer):
            return frequencies(self.config["rope_local_base_freq"], self.size)
        return frequencies(self.config["rope_theta"], self.size) / self.config["rope_scaling"]["factor"]

    def head(self, checkpoint, x):
        return Gemma.head(self, checkpoint, x)


class Mixtral(Llama):
    """Experts in place of each gated unit; a token's router weights are those of its best experts, made to sum to one."""

    def draw_feed_forward(self, checkpoint, at):
        hidden, wide = self.config["hidden_size"], self.config["intermediate_size"]
        checkpoint.matrix(at + ".block_sparse_moe.gate.weight", self.config["num_local_experts"], hidden)
        for expert in range(self.config["num_local_experts"]):
            module = f"{at}.block_sparse_moe.experts.{expert}"
            checkpoint.matrix(module + ".w1.weight", wide, hidden)
            checkpoint.matrix(module + ".w2.weight", hidden, wide)
            checkpoint.matrix(module + ".w3.weight", wide, hidden)

    def fed_forward(self, checkpoint, at, x):
        module = at + ".block_sparse_moe"
        weights = torch.softmax(linear(checkpoint, module + ".gate", x), -1)
        best, chosen = torch.topk(weights, self.config["num_experts_per_tok"], -1)
        best = best / best.sum(-1, keepdim=True)
        y = torch.zeros_like(x)
        for token in range(x.shape[0]):
            for share, expert in zip(best[token], chosen[token].tolist()):
                of = f"{module}.experts.{expert}"
                gate, up = linear(checkpoint, of + ".w1", x[token]), linear(checkpoint, of + ".w3", x[token])
                y[token] += share * linear(checkpoint, of + ".w2", ACTIVATIONS[self.config["hidden_act"]](gate) * up)
        return y


class Gpt2:
    """GPT2LMHeadModel: learned positions, layer norms, Conv1D (weight [inputs, outputs]), a tied head."""

    def __init__(self, config):
        self.config = config

    def draw(self, checkpoint):
        hidden = self.config["n_embd"]
        checkpoint.add("transformer.wte.weight", (self.config["vocab_size"], hidden), 0.3)
        checkpoint.add("transformer.wpe.weight", (self.config["n_positions"], hidden), 0.3)
        for index in range(self.config["n_layer"]):
            at = f"transformer.h.{index}"
            self.draw_norm(checkpoint, at + ".ln_1")
            self.draw_norm(checkpoint, at + ".ln_2")
            for module, inputs, outputs in (("attn.c_attn", hidden, 3 * hidden), ("attn.c_proj", hidden, hidden),
                                            ("mlp.c_fc", hidden, 4 * hidden), ("mlp.c_proj", 4 * hidden, hidden)):
                checkpoint.add(f"{at}.{module}.weight", (inputs, outputs), 1.6 / math.sqrt(inputs))
                checkpoint.add(f"{at}.{module}.bias", (outputs,), 0.2)
        self.draw_norm(checkpoint, "transformer.ln_f")

    def draw_norm(self, checkpoint, module):
        checkpoint.add(module + ".weight", (self.config["n_embd"],), 0.2, 1.0)
        checkpoint.add(module + ".bias", (self.config["n_embd"],), 0.2)

    def norm(self, checkpoint, module, x):
        return layer_norm(x, checkpoint[module + ".weight"], checkpoint[module + ".bias"], self.config["layer_norm_epsilon"])

    def conv1d(self, checkpoint, module, x):
        return x @ checkpoint[module + ".weight"] + checkpoint[module + ".bias"]

    def attended(self, checkpoint, at, x):
        heads = self.config["n_head"]
        query, key, value = (heads_of(part, heads) for part in self.conv1d(checkpoint, at + ".c_attn", x).chunk(3, -1))
        mixed = attention(query, key, value, query.shape[-1] ** -0.5)
        return self.conv1d(checkpoint, at + ".c_proj", mixed)

    def logits(self, checkpoint, ids):
        words, places = checkpoint["transformer.wte.weight"], checkpoint["transformer.wpe.weight"]
        x = words[torch.tensor(ids)] + places[:len(ids)]
        for index in range(self.config["n_layer"]):
            at = f"transformer.h.{index}"
            x = x + self.attended(checkpoint, at + ".attn", self.norm(checkpoint, at + ".ln_1", x))
            wide = gelu_new(self.conv1d(checkpoint, at + ".mlp.c_fc", self.norm(checkpoint, at + ".ln_2", x)))
            x = x + self.conv1d(checkpoint, at + ".mlp.c_proj", wide)
        return self.norm(checkpoint, "transformer.ln_f", x) @ words.T
