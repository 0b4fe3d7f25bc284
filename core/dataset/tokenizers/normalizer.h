#pragma once
// What is done to a text before it is cut: Unicode's normal forms, lower case, replacements. One class a kind; files chain them.
#include <memory>
#include <string>

#include "core/dataset/tokenizers/piece.h"
#include "core/dataset/tokenizers/section.h"

namespace trimtab::dataset::tokenizers {

class Normalizer {
public:
    virtual ~Normalizer() = default;
    /// Changes the text in place; one that takes away the first character also takes away isAtStart, as the reference's alignment does.
    virtual Status apply(Piece& piece) const = 0;
};
using NormalizerPtr = std::unique_ptr<const Normalizer>;

/// The section "normalizer"; null gives none.
Result<NormalizerPtr> readNormalizer(const Json& json, const std::string& field);

// The kinds that have a file of their own.
Result<NormalizerPtr> readBertNormalizer(const Section& section);
Result<NormalizerPtr> readCharacterNormalizer(const std::string& type);  // nullptr: not one of these
Result<NormalizerPtr> readPrecompiled(const Section& section);

}  // namespace trimtab::dataset::tokenizers
