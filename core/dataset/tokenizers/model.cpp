#include "core/dataset/tokenizers/model.h"

namespace trimtab::dataset::tokenizers {
namespace {

// Files of before 2020 name no type: what only one kind has tells it.
std::string guessedType(const Json& json) {
    if (base::memberAt(json, "merges")) return "BPE";
    if (base::memberAt(json, "unk_id")) return "Unigram";
    if (base::memberAt(json, "continuing_subword_prefix")) return "WordPiece";
    return "WordLevel";
}

}  // namespace

Result<ModelPtr> readModel(const Json& json, const std::string& field) {
    const Section section(json, field);
    if (!json.is_object()) return section.refuse("must be an object");
    TRIMTAB_TRY(const std::string type, section.text("type", guessedType(json)));
    if (type == "BPE") return readBytePair(section);
    if (type == "WordPiece") return readWordPiece(section);
    if (type == "WordLevel") return readWordLevel(section);
    if (type == "Unigram") return readUnigram(section);
    return section.unknown(type);
}

}  // namespace trimtab::dataset::tokenizers
