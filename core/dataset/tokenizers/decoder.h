#pragma once
// From tokens back to text. A decoder maps a list of tokens to a list of texts, which are joined at the end; files chain them.
#include <memory>
#include <string>
#include <vector>

#include "core/dataset/tokenizers/section.h"

namespace trimtab::dataset::tokenizers {

/// What becomes of bytes that are no UTF-8 (yet).
enum class Bytes {
    Repaired,  // they become U+FFFD, as the reference has it
    Kept,      // they stay: more may follow
};

class Decoder {
public:
    virtual ~Decoder() = default;
    virtual void apply(std::vector<std::string>& tokens, Bytes bytes) const = 0;
};
using DecoderPtr = std::unique_ptr<const Decoder>;

/// The section "decoder"; null gives one that puts spaces between tokens.
Result<DecoderPtr> readDecoder(const Json& json, const std::string& field);
/// The kinds whose tokens stand for words or bytes; nullptr: not one of these.
Result<DecoderPtr> readWordDecoder(const Section& section, const std::string& type);

/// Replaces every occurrence, from left to right.
std::string replaced(std::string_view text, std::string_view what, std::string_view by);
/// The tokens "<0x00>" … "<0xFF>" become bytes; a run of them that is no UTF-8 becomes one U+FFFD a byte.
void joinByteTokens(std::vector<std::string>& tokens, Bytes bytes);

}  // namespace trimtab::dataset::tokenizers
