#pragma once
// Writes SentencePiece .model files for tests, field by field.
#include <string>
#include <vector>

namespace trimtab::dataset::tokenizers {

struct PieceSpec {
    std::string text;
    float score = 0;
    int kind = 1;
};
struct ModelSpec {
    std::vector<PieceSpec> pieces;
    bool bytePairs = false;
    int algorithm = 0;  // another than the two, where not 0
    bool byteFallback = false;
    bool asSuffix = false;
    bool dummyPrefix = true;
    bool removeExtra = true;
    std::string charsmap;
};

std::string modelFile(const ModelSpec& spec);

}  // namespace trimtab::dataset::tokenizers
