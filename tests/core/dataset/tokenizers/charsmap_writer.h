#pragma once
// Writes SentencePiece's compiled character map for tests, by a first fit that is plain instead of small.
#include <map>
#include <string>
#include <string_view>

namespace trimtab::dataset::tokenizers {

using Rules = std::map<std::string, std::string>;

std::string charsmapOf(const Rules& rules);
std::string toBase64(std::string_view bytes);

}  // namespace trimtab::dataset::tokenizers
