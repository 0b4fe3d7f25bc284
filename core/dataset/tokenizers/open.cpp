#include "core/base/file.h"
#include "core/dataset/tokenizers/build.h"
#include "core/dataset/tokenizers/gguf_tokenizer.h"
#include "core/dataset/tokenizers/sentencepiece_models.h"
#include "core/dataset/tokenizers/sentencepiece_text.h"
#include "core/formats/gguf/gguf.h"

namespace trimtab::dataset::tokenizers {
namespace {

constexpr std::int64_t kMostFileBytes = 64 << 20;

const Json& sectionOf(const Json& document, std::string_view key) {
    static const Json kNull;
    const Json* member = base::memberAt(document, key);
    return member ? *member : kNull;
}

Result<Tokenizer> inFile(Result<Tokenizer> tokenizer, const std::string& what) {
    if (!tokenizer && tokenizer.error().context.empty()) tokenizer.error().context = what;
    return tokenizer;
}

/// Moves what was read into a Tokenizer, or names the file that it was read from.
Result<Tokenizer> tokenizerOf(Result<std::shared_ptr<Tokenizer::Parts>> parts, const std::string& what) {
    if (!parts) return inFile(fail(std::move(parts).error()), what);
    return Tokenizer(std::move(*parts));
}

/// Which does not fit a whole read: what stands behind its head is the model.
Result<Tokenizer> openGguf(const std::filesystem::path& file) {
    auto content = formats::gguf::read(file);
    if (!content) return inFile(fail(std::move(content).error()), file.string());
    return inFile(tokenizerIn(content->metadata), file.string());
}

}  // namespace

Result<std::shared_ptr<Tokenizer::Parts>> partsOf(const Json& document) {
    auto parts = std::make_shared<Tokenizer::Parts>();
    if (!document.is_object() || !base::memberAt(document, "model"))
        return fail(ErrorCode::Refused, "is no tokenizer: it has no \"model\"");
    TRIMTAB_TRY(parts->model, readModel(sectionOf(document, "model"), "model"));
    TRIMTAB_TRY(parts->normalizer, readNormalizer(sectionOf(document, "normalizer"), "normalizer"));
    TRIMTAB_TRY(parts->preTokenizer, readPreTokenizer(sectionOf(document, "pre_tokenizer"), "pre_tokenizer"));
    TRIMTAB_TRY(parts->postProcessor, PostProcessor::read(sectionOf(document, "post_processor"), "post_processor"));
    TRIMTAB_TRY(parts->decoder, readDecoder(sectionOf(document, "decoder"), "decoder"));
    TRIMTAB_TRY(parts->added, AddedTokens::read(sectionOf(document, "added_tokens"), parts->model->vocabulary(), parts->normalizer.get()));
    return parts;
}

// A text begins with "<s>" if the model has it.
Result<std::shared_ptr<Tokenizer::Parts>> partsOf(const SentencePieceFile& file, bool findsControls) {
    auto parts = std::make_shared<Tokenizer::Parts>();
    TRIMTAB_TRY(parts->model, sentencePieceModel(file));
    TRIMTAB_TRY(parts->normalizer, sentencePieceNormalizer(file));
    parts->decoder = sentencePieceDecoder(file);
    std::vector<AddedToken> controls;
    for (std::size_t i = 0; i < file.pieces.size(); ++i) {
        const SentencePiece& piece = file.pieces[i];
        if (piece.kind != PieceKind::Control) continue;
        AddedToken token{static_cast<std::int32_t>(i), piece.text};
        token.isSpecial = true;
        token.isNormalized = false;
        token.isSearched = findsControls;
        if (piece.text == file.beginning) parts->postProcessor = PostProcessor::around({token.id}, {});
        controls.push_back(std::move(token));
    }
    TRIMTAB_TRY(parts->added, AddedTokens::of(std::move(controls), parts->model->vocabulary(), nullptr));
    return parts;
}

Result<Tokenizer> parseTokenizer(std::string_view content, const std::string& what, Controls controls) {
    const std::size_t start = content.find_first_not_of(" \t\r\n");
    if (start != std::string_view::npos && content[start] == '{') {
        TRIMTAB_TRY(const Json document, base::parseJson(content, what));
        return tokenizerOf(partsOf(document), what);
    }
    TRIMTAB_TRY(const SentencePieceFile file, readSentencePieceFile(content, what));
    return tokenizerOf(partsOf(file, controls == Controls::Found), what);
}

bool isInModelFile(const std::filesystem::path& model) {
    if (!formats::gguf::isGguf(model)) return false;
    const auto content = formats::gguf::read(model);
    return content && holdsTokenizer(content->metadata);
}

Result<Tokenizer> openTokenizer(const std::filesystem::path& path, Controls controls) {
    std::error_code ignored;
    std::filesystem::path file = path;
    if (std::filesystem::is_directory(path, ignored)) {
        file = path / "tokenizer.json";
        if (!std::filesystem::exists(file, ignored)) file = path / "tokenizer.model";
        if (!std::filesystem::exists(file, ignored))
            return fail(ErrorCode::NotFound, "holds neither tokenizer.json nor tokenizer.model", path.string());
    }
    if (formats::gguf::isGguf(file)) return openGguf(file);
    TRIMTAB_TRY(const std::string content, base::readFile(file, kMostFileBytes));
    return parseTokenizer(content, file.string(), controls);
}

}  // namespace trimtab::dataset::tokenizers
