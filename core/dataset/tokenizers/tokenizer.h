#pragma once
// Text to token ids and back, as the model was trained with: from Hugging Face's tokenizer.json, SentencePiece's .model or a GGUF file.
//
// The way of a text: added tokens are found → what lies between is normalised → added tokens are found again → pre-tokenizer → model →
// post-processor. Text that is no valid UTF-8 is repaired first: each maximal invalid part becomes U+FFFD. Encoding takes n log n in the
// length of the text; a pattern of the file that backtracks without end is stopped with an error. A Tokenizer is immutable; any number of
// threads may use it at once.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace trimtab::dataset::tokenizers {

struct EncodeOptions {
    bool addSpecialTokens = true;  // what the file puts around a text, as "<s>"; tokens written out in the text are found in any case
};
struct DecodeOptions {
    bool skipSpecialTokens = true;
};
struct SpecialToken {
    std::int32_t id = -1;
    std::string text;
};

class Tokenizer {
public:
    struct Parts;
    explicit Tokenizer(std::shared_ptr<const Parts> parts);

    /// Refused: text that the vocabulary has no tokens for, and none for what is unknown; text of more than 1 GiB.
    Result<std::vector<std::int32_t>> encode(std::string_view text, EncodeOptions options = {}) const;
    /// Ids without a token are left out. Always valid UTF-8.
    std::string decode(const std::vector<std::int32_t>& ids, DecodeOptions options = {}) const;

    /// One above the highest id.
    std::int32_t vocabularySize() const;
    std::optional<std::int32_t> idOf(std::string_view token) const;
    /// As the file writes it; nullopt when no token has the id.
    std::optional<std::string> tokenOf(std::int32_t id) const;
    bool isSpecial(std::int32_t id) const;
    /// In the order of their ids.
    std::vector<SpecialToken> specialTokens() const;

private:
    friend class StreamDecoder;
    std::string decodeBytes(const std::vector<std::int32_t>& ids, bool skipSpecial, bool repair) const;
    std::shared_ptr<const Parts> m_parts;
};

/// Text of tokens that come one by one. Bytes that are not a whole character yet are held back; bytes that can't become one turn into
/// U+FFFD. The texts of all put() and of finish() together are decode() of all ids, up to the number of U+FFFD for invalid bytes.
class StreamDecoder {
public:
    explicit StreamDecoder(Tokenizer tokenizer, DecodeOptions options = {}) : m_tokenizer(std::move(tokenizer)), m_options(options) {}

    std::string put(std::int32_t id);
    /// What was held back.
    std::string finish();

private:
    Tokenizer m_tokenizer;
    DecodeOptions m_options;
    std::vector<std::int32_t> m_before;  // up to two tokens, which say how the next begins
    std::string m_held;
};

/// Whether the control pieces of a SentencePiece model ("<s>") are found where a text writes them out. SentencePiece finds none; the text of
/// a chat template needs them. Of other files they are found in any case.
enum class Controls { Passed, Found };

/// A file of any of these kinds, told by its content; of a folder, its tokenizer.json, else its tokenizer.model. Refused, with the field:
/// what is malformed or not known here.
Result<Tokenizer> openTokenizer(const std::filesystem::path& path, Controls controls = Controls::Passed);
/// Whether a model's own file holds its tokenizer: a GGUF file that names one.
bool isInModelFile(const std::filesystem::path& model);
/// The same from the content; `what` names it in messages.
Result<Tokenizer> parseTokenizer(std::string_view content, const std::string& what, Controls controls = Controls::Passed);

}  // namespace trimtab::dataset::tokenizers
