#pragma once
// From a word to token ids. Four kinds; each states its algorithm at the head of its file.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/dataset/tokenizers/section.h"
#include "core/dataset/tokenizers/vocabulary.h"

namespace trimtab::dataset::tokenizers {

using Ids = std::vector<std::int32_t>;

class Model {
public:
    explicit Model(Vocabulary vocabulary) : m_vocabulary(std::move(vocabulary)) {}
    virtual ~Model() = default;
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    /// Appends the ids of one word. Refused when the vocabulary has no token for a part of it, nor one for what is unknown.
    virtual Status encode(std::string_view word, Ids& ids) const = 0;
    const Vocabulary& vocabulary() const { return m_vocabulary; }

private:
    Vocabulary m_vocabulary;
};
using ModelPtr = std::unique_ptr<const Model>;

/// The section "model".
Result<ModelPtr> readModel(const Json& json, const std::string& field);

Result<ModelPtr> readBytePair(const Section& section);
Result<ModelPtr> readWordPiece(const Section& section);
Result<ModelPtr> readWordLevel(const Section& section);
Result<ModelPtr> readUnigram(const Section& section);

}  // namespace trimtab::dataset::tokenizers
