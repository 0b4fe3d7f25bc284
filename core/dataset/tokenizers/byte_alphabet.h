#pragma once
// The alphabet of byte-level tokenizers: every byte has a printable character (GPT-2). A printable byte of Latin-1 stands for itself, the
// others are numbered from U+0100 on, in their order.
#include <string>
#include <string_view>

namespace trimtab::dataset::tokenizers {

std::string toByteAlphabet(std::string_view bytes);
/// Appends the bytes that `text` stands for; a text that holds any other character is appended as it is.
void fromByteAlphabet(std::string_view text, std::string& bytes);

}  // namespace trimtab::dataset::tokenizers
