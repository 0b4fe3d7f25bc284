"""Token windows of a text for a model with a byte-level BPE (tokenizer.json): [windows, length] int64 as .npy with a dataset.json beside
it."""
import json
import pathlib
import re
import sys

import numpy as np

# How such tokenizers split a text before merging: contractions, words, numbers, signs, spaces. Letters are \w without digits and the
# underscore.
PIECES = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def byte_symbols():
    """The printable character that stands for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    symbols = {byte: chr(byte) for byte in plain}
    rest = (byte for byte in range(256) if byte not in symbols)
    return symbols | {byte: chr(256 + place) for place, byte in enumerate(rest)}


class Tokenizer:
    def __init__(self, path):
        model = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))["model"]
        self.ids = model["vocab"]
        self.ranks = {tuple(merge.split(" ")): rank for rank, merge in enumerate(model["merges"])}
        self.symbols = byte_symbols()
        self.known = {}

    def piece(self, text):
        parts = [self.symbols[byte] for byte in text.encode("utf-8")]
        while len(parts) > 1:
            pairs = list(zip(parts, parts[1:]))
            best = min(pairs, key=lambda pair: self.ranks.get(pair, len(self.ranks)))
            if best not in self.ranks:
                break
            merged, at = [], 0
            while at < len(parts):
                if at + 1 < len(parts) and (parts[at], parts[at + 1]) == best:
                    merged.append(parts[at] + parts[at + 1])
                    at += 2
                else:
                    merged.append(parts[at])
                    at += 1
            parts = merged
        return [self.ids[part] for part in parts]

    def encode(self, text):
        ids = []
        for piece in PIECES.findall(text):
            if piece not in self.known:
                self.known[piece] = self.piece(piece)
            ids += self.known[piece]
        return ids


def main():
    tokenizer, text, folder, length, most, seed = *sys.argv[1:4], *map(int, sys.argv[4:7])
    ids = np.array(Tokenizer(tokenizer).encode(pathlib.Path(text).read_text(encoding="utf-8")), dtype=np.int64)
    windows = ids[: ids.size // length * length].reshape(-1, length)
    if 0 < most < len(windows):
        windows = windows[np.random.default_rng(seed).permutation(len(windows))[:most]]
    target = pathlib.Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    np.save(target / "tokens.npy", windows)
    manifest = {"format": "trimtab-dataset", "version": 1, "name": pathlib.Path(text).stem, "task": "language-model",
                "inputs": {"input_ids": {"file": "tokens.npy"}}, "target": {"shift_of": "input_ids"}, "metric": "perplexity"}
    (target / "dataset.json").write_text(json.dumps(manifest, indent=2))
    print(f"{ids.size} tokens, {len(windows)} windows of {length}")


if __name__ == "__main__":
    main()
