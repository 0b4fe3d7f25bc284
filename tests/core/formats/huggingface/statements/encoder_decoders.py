"""T5 and Whisper of transformers: a draw() of the checkpoint, the logits of a decoder's text behind a source, and the answers to a batch of
two sources. Each row of a batch is stated alone, without its padding."""
import math

import torch

from parts import ACTIVATIONS, attention, gelu, heads_of, layer_norm, linear, rms_norm

SOURCES = [[3, 17, 9, 31, 22, 1, 36, 0, 5, 5, 12, 28, 39, 7, 2, 30, 11, 4, 19, 33, 8, 25, 14, 38, 6, 21, 10, 1],
           [8, 2, 30, 11, 5, 27, 16, 35, 20, 3, 3, 18, 29, 24, 13, 37, 1]]
TEXTS = [[0, 4, 12, 36, 7, 7, 21, 30, 2, 15, 9, 33, 26, 18, 1, 39, 5, 28, 11, 23, 14, 6, 31, 10],
         [0, 38, 3, 3, 16, 27, 8, 20, 35, 1, 24, 13, 29, 2, 19, 34, 17, 5, 22, 37, 30, 12, 25, 9]]


def rounded(values):
    return [float(f"{value:.9g}") for value in values]


def everything(tokens, keys):
    return torch.ones(tokens, keys, dtype=torch.bool)


class T5:
    """T5ForConditionalGeneration (Raffel et al. 2020): norms without mean, scores without scale, biases of relative positions that the
    first layer of each stack has for all of its layers."""

    def __init__(self, config):
        self.config = config
        self.heads, self.size, self.hidden = config["num_heads"], config["d_kv"], config["d_model"]
        self.gated = config["feed_forward_proj"].startswith("gated-")
        self.activation = {"gated-gelu": "gelu_new"}.get(config["feed_forward_proj"], config["feed_forward_proj"].split("-")[-1])
        self.depths = {"encoder": config["num_layers"], "decoder": config.get("num_decoder_layers", config["num_layers"])}

    # The checkpoint.
    def draw(self, checkpoint):
        tied = self.config["tie_word_embeddings"]
        checkpoint.add("shared.weight", (self.config["vocab_size"], self.hidden), 0.15 if tied else 1.0)  # else it repeats itself
        for stack, depth in self.depths.items():
            for index in range(depth):
                at = f"{stack}.block.{index}.layer."
                self.draw_attention(checkpoint, at + "0", "SelfAttention")
                if stack == "decoder":
                    self.draw_attention(checkpoint, at + "1", "EncDecAttention")
                self.draw_feed_forward(checkpoint, at + ("2" if stack == "decoder" else "1"))
            buckets = self.config["relative_attention_num_buckets"]
            checkpoint.add(f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight", (buckets, self.heads), 1.5)
            self.draw_norm(checkpoint, stack + ".final_layer_norm")
        if not tied:
            checkpoint.matrix("lm_head.weight", self.config["vocab_size"], self.hidden, 2.0)

    def draw_norm(self, checkpoint, module):
        checkpoint.add(module + ".weight", (self.hidden,), 0.15, 1.0)

    def draw_attention(self, checkpoint, at, name):
        self.draw_norm(checkpoint, at + ".layer_norm")
        for part in "qkv":
            checkpoint.matrix(f"{at}.{name}.{part}.weight", self.heads * self.size, self.hidden, 1.0)
        checkpoint.matrix(f"{at}.{name}.o.weight", self.hidden, self.heads * self.size, 3.0)

    def draw_feed_forward(self, checkpoint, at):
        self.draw_norm(checkpoint, at + ".layer_norm")
        for part in (("wi_0", "wi_1") if self.gated else ("wi",)):
            checkpoint.matrix(f"{at}.DenseReluDense.{part}.weight", self.config["d_ff"], self.hidden)
        checkpoint.matrix(at + ".DenseReluDense.wo.weight", self.hidden, self.config["d_ff"], 3.0)

    # What it computes.
    def bucket(self, distance, both_ways):
        """Of a key `distance` tokens behind the query: half of the buckets are for one distance each, the others grow by a factor, as
        far as the largest distance. Keys ahead have half of all buckets to themselves, or, where there are none, count as distance 0."""
        buckets, base = self.config["relative_attention_num_buckets"], 0
        if both_ways:
            buckets //= 2
            base = buckets if distance < 0 else 0
            distance = abs(distance)
        distance = max(distance, 0)
        exact = buckets // 2
        if distance < exact:
            return base + distance
        growth = math.log(distance / exact) / math.log(self.config["relative_attention_max_distance"] / exact)
        return base + min(exact + int(growth * (buckets - exact)), buckets - 1)

    def position_bias(self, checkpoint, stack, tokens):
        table = checkpoint[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
        buckets = [[self.bucket(query - key, stack == "encoder") for key in range(tokens)] for query in range(tokens)]
        return table[torch.tensor(buckets)].permute(2, 0, 1)

    def norm(self, checkpoint, module, x):
        return rms_norm(x, checkpoint[module + ".weight"], self.config["layer_norm_epsilon"])

    def attended(self, checkpoint, module, x, source, visible, bias):
        query = heads_of(linear(checkpoint, module + ".q", x), self.heads)
        key, value = (heads_of(linear(checkpoint, f"{module}.{part}", source), self.heads) for part in "kv")
        return linear(checkpoint, module + ".o", attention(query, key, value, 1.0, visible=visible, bias=bias))

    def fed_forward(self, checkpoint, at, x):
        n, module, act = self.norm(checkpoint, at + ".layer_norm", x), at + ".DenseReluDense", ACTIVATIONS[self.activation]
        if self.gated:
            inner = act(linear(checkpoint, module + ".wi_0", n)) * linear(checkpoint, module + ".wi_1", n)
        else:
            inner = act(linear(checkpoint, module + ".wi", n))
        return x + linear(checkpoint, module + ".wo", inner)

    def encoded(self, checkpoint, source):
        x = checkpoint["shared.weight"][torch.tensor(source)]
        visible, bias = everything(len(source), len(source)), self.position_bias(checkpoint, "encoder", len(source))
        for index in range(self.depths["encoder"]):
            at = f"encoder.block.{index}.layer."
            n = self.norm(checkpoint, at + "0.layer_norm", x)
            x = x + self.attended(checkpoint, at + "0.SelfAttention", n, n, visible, bias)
            x = self.fed_forward(checkpoint, at + "1", x)
        return self.norm(checkpoint, "encoder.final_layer_norm", x)

    def decoded(self, checkpoint, source, ids):
        x = checkpoint["shared.weight"][torch.tensor(ids)]
        bias = self.position_bias(checkpoint, "decoder", len(ids))
        for index in range(self.depths["decoder"]):
            at = f"decoder.block.{index}.layer."
            n = self.norm(checkpoint, at + "0.layer_norm", x)
            x = x + self.attended(checkpoint, at + "0.SelfAttention", n, n, None, bias)
            n = self.norm(checkpoint, at + "1.layer_norm", x)
            x = x + self.attended(checkpoint, at + "1.EncDecAttention", n, source, everything(len(ids), len(source)), 0.0)
            x = self.fed_forward(checkpoint, at + "2", x)
        x = self.norm(checkpoint, "decoder.final_layer_norm", x)
        if self.config["tie_word_embeddings"]:
            return x * self.hidden ** -0.5 @ checkpoint["shared.weight"].T
        return x @ checkpoint["lm_head.weight"].T

    # What is asked of it.
    def sources(self):
        return SOURCES

    def inputs(self):
        longest = max(len(source) for source in SOURCES)
        return {"input_ids": [source + [0] * (longest - len(source)) for source in SOURCES],
                "attention_mask": [[1] * len(source) + [0] * (longest - len(source)) for source in SOURCES],
                "decoder_input_ids": TEXTS}

    def first_source(self):
        return {"input_ids": [SOURCES[0]], "attention_mask": [[1] * len(SOURCES[0])]}

    def answers(self, checkpoint):
        rows = [self.decoded(checkpoint, self.encoded(checkpoint, source), text) for source, text in zip(self.sources(), TEXTS)]
        return [{"inputs": self.inputs(), "outputs": {"logits": rounded(torch.stack(rows).flatten().tolist())}}]

    def behind_first(self, checkpoint):
        """The logits of a text of the decoder behind the first source."""
        source = self.encoded(checkpoint, self.sources()[0])
        return lambda ids: self.decoded(checkpoint, source, ids)


class Whisper(T5):
    """WhisperForConditionalGeneration (Radford et al. 2022): two convolutions over log-mel frames, positions from tables, layer norms in
    front of each part, keys without bias, a head that is the embedding."""

    EPSILON = 1e-5  # torch's LayerNorm
    FRAMES = 26

    def __init__(self, config):
        self.config = config
        self.hidden = config["d_model"]

    def draw(self, checkpoint):
        config, hidden = self.config, self.hidden
        for name, inputs in (("conv1", config["num_mel_bins"]), ("conv2", hidden)):
            checkpoint.add(f"model.encoder.{name}.weight", (hidden, inputs, 3), 1.5 / math.sqrt(3 * inputs))
            checkpoint.add(f"model.encoder.{name}.bias", (hidden,), 0.2)
        checkpoint.add("model.encoder.embed_positions.weight", (config["max_source_positions"], hidden), 0.5)
        checkpoint.add("model.decoder.embed_tokens.weight", (config["vocab_size"], hidden), 0.15)
        checkpoint.add("model.decoder.embed_positions.weight", (config["max_target_positions"], hidden), 0.6)
        for stack in ("encoder", "decoder"):
            for index in range(config[stack + "_layers"]):
                at = f"model.{stack}.layers.{index}."
                for module in ("self_attn",) + (("encoder_attn",) if stack == "decoder" else ()):
                    self.draw_norm(checkpoint, f"{at}{module}_layer_norm")
                    for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                        self.draw_linear(checkpoint, f"{at}{module}.{part}", hidden, hidden, part != "k_proj")
                self.draw_norm(checkpoint, at + "final_layer_norm")
                self.draw_linear(checkpoint, at + "fc1", config[stack + "_ffn_dim"], hidden)
                self.draw_linear(checkpoint, at + "fc2", hidden, config[stack + "_ffn_dim"])
            self.draw_norm(checkpoint, f"model.{stack}.layer_norm")

    def draw_norm(self, checkpoint, module):
        checkpoint.add(module + ".weight", (self.hidden,), 0.2, 1.0)
        checkpoint.add(module + ".bias", (self.hidden,), 0.2)

    def draw_linear(self, checkpoint, module, outputs, inputs, biased=True):
        checkpoint.matrix(module + ".weight", outputs, inputs, 1.8)
        if biased:
            checkpoint.add(module + ".bias", (outputs,), 0.2)

    def norm(self, checkpoint, module, x):
        return layer_norm(x, checkpoint[module + ".weight"], checkpoint[module + ".bias"], self.EPSILON)

    def attended(self, checkpoint, module, x, source, heads, visible):
        query, key, value = (heads_of(linear(checkpoint, f"{module}.{part}_proj", of), heads)
                             for part, of in (("q", x), ("k", source), ("v", source)))
        return linear(checkpoint, module + ".out_proj", attention(query, key, value, query.shape[-1] ** -0.5, visible=visible))

    def fed_forward(self, checkpoint, at, x):
        wide = gelu(linear(checkpoint, at + "fc1", self.norm(checkpoint, at + "final_layer_norm", x)))
        return x + linear(checkpoint, at + "fc2", wide)

    def convolved(self, checkpoint, module, x, stride):
        """[channels, frames]: three frames wide, with one frame of zeros at either end."""
        weight = checkpoint[module + ".weight"]
        wide = torch.cat([torch.zeros_like(x[:, :1]), x, torch.zeros_like(x[:, :1])], 1)
        starts = range(0, wide.shape[1] - 2, stride)
        made = torch.stack([(weight * wide[None, :, start:start + 3]).sum((1, 2)) for start in starts], 1)
        return gelu(made + checkpoint[module + ".bias"][:, None])

    def encoded(self, checkpoint, features):
        x = self.convolved(checkpoint, "model.encoder.conv1", features, 1)
        x = self.convolved(checkpoint, "model.encoder.conv2", x, 2).T
        x = x + checkpoint["model.encoder.embed_positions.weight"][:x.shape[0]]
        heads, visible = self.config["encoder_attention_heads"], everything(x.shape[0], x.shape[0])
        for index in range(self.config["encoder_layers"]):
            at = f"model.encoder.layers.{index}."
            n = self.norm(checkpoint, at + "self_attn_layer_norm", x)
            x = self.fed_forward(checkpoint, at, x + self.attended(checkpoint, at + "self_attn", n, n, heads, visible))
        return self.norm(checkpoint, "model.encoder.layer_norm", x)

    def decoded(self, checkpoint, source, ids):
        words = checkpoint["model.decoder.embed_tokens.weight"]
        x = words[torch.tensor(ids)] + checkpoint["model.decoder.embed_positions.weight"][:len(ids)]
        heads = self.config["decoder_attention_heads"]
        for index in range(self.config["decoder_layers"]):
            at = f"model.decoder.layers.{index}."
            n = self.norm(checkpoint, at + "self_attn_layer_norm", x)
            x = x + self.attended(checkpoint, at + "self_attn", n, n, heads, None)
            n = self.norm(checkpoint, at + "encoder_attn_layer_norm", x)
            x = x + self.attended(checkpoint, at + "encoder_attn", n, source, heads, everything(len(ids), source.shape[0]))
            x = self.fed_forward(checkpoint, at, x)
        return self.norm(checkpoint, "model.decoder.layer_norm", x) @ words.T

    def sources(self):
        generator = torch.Generator().manual_seed(77)
        drawn = torch.randn((2, self.config["num_mel_bins"], self.FRAMES), generator=generator)
        return [torch.tensor(rounded(row.flatten().tolist()), dtype=torch.float64).reshape(row.shape) for row in drawn]

    def inputs(self):
        return {"input_features": [row.tolist() for row in self.sources()], "decoder_input_ids": TEXTS}

    def first_source(self):
        return {"input_features": [self.sources()[0].tolist()]}
