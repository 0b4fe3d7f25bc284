"""BERT of transformers: a draw() of its checkpoint and the answers to two padded texts in one batch."""

import torch

from parts import attention, gelu, heads_of, layer_norm, linear

IDS = [[3, 17, 9, 41, 22, 1, 36], [8, 2, 30, 11, 5, 0, 0]]
MASK = [[1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 0, 0]]
TYPES = [[0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 1, 0, 0]]


class Bert:
    """BertModel: last_hidden_state and pooler_output. Its checkpoints name no "bert.", those with a head do."""

    PREFIX = ""

    def __init__(self, config):
        self.config = config

    def draw(self, checkpoint):
        hidden, wide = self.config["hidden_size"], self.config["intermediate_size"]
        embeddings = self.PREFIX + "embeddings."
        checkpoint.add(embeddings + "word_embeddings.weight", (self.config["vocab_size"], hidden), 0.5)
        checkpoint.add(embeddings + "position_embeddings.weight", (self.config["max_position_embeddings"], hidden), 0.5)
        checkpoint.add(embeddings + "token_type_embeddings.weight", (self.config["type_vocab_size"], hidden), 0.5)
        self.draw_norm(checkpoint, embeddings + "LayerNorm")
        for index in range(self.config["num_hidden_layers"]):
            at = f"{self.PREFIX}encoder.layer.{index}."
            for module in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
                self.draw_linear(checkpoint, at + module, hidden, hidden)
            self.draw_norm(checkpoint, at + "attention.output.LayerNorm")
            self.draw_linear(checkpoint, at + "intermediate.dense", wide, hidden)
            self.draw_linear(checkpoint, at + "output.dense", hidden, wide)
            self.draw_norm(checkpoint, at + "output.LayerNorm")
        self.draw_head(checkpoint)

    def draw_linear(self, checkpoint, module, outputs, inputs):
        checkpoint.matrix(module + ".weight", outputs, inputs, 1.6)
        checkpoint.add(module + ".bias", (outputs,), 0.2)

    def draw_norm(self, checkpoint, module):
        checkpoint.add(module + ".weight", (self.config["hidden_size"],), 0.2, 1.0)
        checkpoint.add(module + ".bias", (self.config["hidden_size"],), 0.2)

    def draw_head(self, checkpoint):
        self.draw_linear(checkpoint, self.PREFIX + "pooler.dense", self.config["hidden_size"], self.config["hidden_size"])

    def norm(self, checkpoint, module, x):
        return layer_norm(x, checkpoint[module + ".weight"], checkpoint[module + ".bias"], self.config["layer_norm_eps"])

    def hidden(self, checkpoint, ids, mask, types):
        embeddings = self.PREFIX + "embeddings."
        x = checkpoint[embeddings + "word_embeddings.weight"][ids] + checkpoint[embeddings + "token_type_embeddings.weight"][types]
        x = self.norm(checkpoint, embeddings + "LayerNorm", x + checkpoint[embeddings + "position_embeddings.weight"][:len(ids)])
        visible = mask.bool()[None, :].expand(len(ids), len(ids))
        for index in range(self.config["num_hidden_layers"]):
            at = f"{self.PREFIX}encoder.layer.{index}."
            parts = [heads_of(linear(checkpoint, f"{at}attention.self.{name}", x), self.config["num_attention_heads"])
                     for name in ("query", "key", "value")]
            mixed = attention(*parts, parts[0].shape[-1] ** -0.5, visible=visible)
            x = self.norm(checkpoint, at + "attention.output.LayerNorm", linear(checkpoint, at + "attention.output.dense", mixed) + x)
            wide = gelu(linear(checkpoint, at + "intermediate.dense", x))
            x = self.norm(checkpoint, at + "output.LayerNorm", linear(checkpoint, at + "output.dense", wide) + x)
        return x

    def pooled(self, checkpoint, x):
        return torch.tanh(linear(checkpoint, self.PREFIX + "pooler.dense", x[0]))

    def outputs(self, checkpoint, x):
        return {"last_hidden_state": x, "pooler_output": self.pooled(checkpoint, x)}

    def answers(self, checkpoint):
        rows = [self.outputs(checkpoint, self.hidden(checkpoint, *(torch.tensor(part) for part in row))) for row in zip(IDS, MASK, TYPES)]
        names = rows[0].keys()
        together = {name: torch.stack([row[name] for row in rows]) for name in names}
        values = {name: [float(f"{value:.9g}") for value in tensor.flatten().tolist()] for name, tensor in together.items()}
        return [{"inputs": {"input_ids": IDS, "attention_mask": MASK, "token_type_ids": TYPES}, "outputs": values}]


class BertForMaskedLm(Bert):
    PREFIX = "bert."

    def draw_head(self, checkpoint):
        self.draw_linear(checkpoint, "cls.predictions.transform.dense", self.config["hidden_size"], self.config["hidden_size"])
        self.draw_norm(checkpoint, "cls.predictions.transform.LayerNorm")
        checkpoint.add("cls.predictions.bias", (self.config["vocab_size"],), 0.5)

    def outputs(self, checkpoint, x):
        x = gelu(linear(checkpoint, "cls.predictions.transform.dense", x))
        x = self.norm(checkpoint, "cls.predictions.transform.LayerNorm", x)
        return {"logits": x @ checkpoint[self.PREFIX + "embeddings.word_embeddings.weight"].T + checkpoint["cls.predictions.bias"]}


class BertForSequenceClassification(Bert):
    PREFIX = "bert."

    def draw_head(self, checkpoint):
        super().draw_head(checkpoint)
        self.draw_linear(checkpoint, "classifier", len(self.config["id2label"]), self.config["hidden_size"])

    def outputs(self, checkpoint, x):
        return {"logits": linear(checkpoint, "classifier", self.pooled(checkpoint, x))}
