#pragma once
// How llama.cpp's files name and order what transformers' checkpoints hold.
#include <cstdint>
#include <string>
#include <vector>

namespace trimtab::formats::gguf {

/// "model.layers.3.self_attn.q_proj.weight" → "blk.3.attn_q.weight"; empty for names that no decoder of the Llama kind has.
std::string storedName(const std::string& name);

/// Rotary pairs are channels i and i + headSize / 2 of a head in a checkpoint, and neighbours in files of the architecture "llama". For
/// each row of queries or keys of a checkpoint, the row of the file that it is.
std::vector<std::int64_t> pairedRows(std::int64_t heads, std::int64_t headSize);

}  // namespace trimtab::formats::gguf
