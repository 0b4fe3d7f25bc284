#pragma once
// How the byte-level tokenizers of GGUF files cut a text into words, by the name under tokenizer.ggml.pre.
#include <string>

#include "core/base/json.h"

namespace trimtab::dataset::tokenizers {

/// Members of a tokenizer.json: "pre_tokenizer" and, where the models of that name were trained so, "normalizer" and model.ignore_merges.
struct WordRules {
    Json preTokenizer;
    Json normalizer;
    bool wholeWordsFirst = false;  // a word that is a token is that token
    bool beginsWithToken = false;  // unless the file says otherwise
};

/// Unsupported for names that are not known. "default" is what llama.cpp takes where a file names none.
Result<WordRules> wordRulesNamed(const std::string& name);

}  // namespace trimtab::dataset::tokenizers
