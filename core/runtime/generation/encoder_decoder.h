#pragma once
// An encoder-decoder's graph as generation runs it, in two halves. What the decoder's token ids have no part in runs once for a source and
// hands on what the rest reads of it: keys and values of the attention between the halves, masks. The rest is a decoder
// (growing_decoder.h).
#include <cstdint>
#include <span>

#include "core/runtime/generation/growing_decoder.h"

namespace trimtab::runtime {

/// Whether one of its inputs is decoder_input_ids.
bool isEncoderDecoder(const Graph& graph);

struct EncoderDecoder {
    Graph encoder;  // inputs: the graph's but the decoder's ids; outputs: `decoder.source`
    GrowingModel decoder;
};
/// Unsupported, saying why, for a graph that does not fall apart so. Where only attention mixes the decoder's tokens its keys and values
/// are kept (growing_steps.h), else every step reads the decoder's text again.
Result<EncoderDecoder> encoderDecoder(const Graph& graph);

/// The encoder's inputs for one text: input_ids and, where there is one, an attention_mask that leaves all. Unsupported, naming the input,
/// where it reads something else.
Result<std::vector<NamedTensor>> textSource(const Graph& graph, const std::vector<std::int64_t>& tokens);

/// A decoder behind a source that has been read; clear() forgets its tokens, not the source.
struct SourcedDecoder {
    std::unique_ptr<Decoder> decoder;
    double encoderMs = 0;                 // of the encoder's one run, planned beforehand
    std::int64_t encoderWeightBytes = 0;  // that were held for it
};
/// For as many sequences as the source has, of up to `capacity` tokens. Errors as of makeDecoder(), and what the encoder refuses.
Result<SourcedDecoder> readSource(Engine& engine, const Graph& graph, const recipe::RunSetting& setting,
                                  std::span<const NamedTensor> source, std::int64_t capacity);

}  // namespace trimtab::runtime
