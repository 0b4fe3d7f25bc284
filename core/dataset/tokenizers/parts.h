#pragma once
// What a Tokenizer is made of.
#include "core/dataset/tokenizers/added_tokens.h"
#include "core/dataset/tokenizers/decoder.h"
#include "core/dataset/tokenizers/model.h"
#include "core/dataset/tokenizers/normalizer.h"
#include "core/dataset/tokenizers/post_processor.h"
#include "core/dataset/tokenizers/pre_tokenizer.h"
#include "core/dataset/tokenizers/tokenizer.h"

namespace trimtab::dataset::tokenizers {

struct Tokenizer::Parts {
    AddedTokens added;
    NormalizerPtr normalizer;      // may be null
    PreTokenizerPtr preTokenizer;  // may be null
    ModelPtr model;
    PostProcessor postProcessor;
    DecoderPtr decoder;
};

}  // namespace trimtab::dataset::tokenizers
