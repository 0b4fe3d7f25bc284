#include "core/dataset/tokenizers/byte_alphabet.h"

#include <array>

#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {
namespace {

constexpr bool isPrintable(int byte) { return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae; }
constexpr int kCharacters = 0x144;  // one beyond the last character in use

struct Alphabet {
    std::array<std::string, 256> letters;
    std::array<int, kCharacters> bytes{};
    Alphabet() {
        bytes.fill(-1);
        char32_t next = 0x100;
        for (int byte = 0; byte < 256; ++byte) {
            const char32_t letter = isPrintable(byte) ? static_cast<char32_t>(byte) : next++;
            append(letters[static_cast<std::size_t>(byte)], letter);
            bytes[letter] = byte;
        }
    }
};

const Alphabet& alphabet() {
    static const Alphabet one;
    return one;
}

}  // namespace

std::string toByteAlphabet(std::string_view bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char byte : bytes) text += alphabet().letters[static_cast<unsigned char>(byte)];
    return text;
}

void fromByteAlphabet(std::string_view text, std::string& bytes) {
    const std::size_t before = bytes.size();
    for (std::size_t at = 0; at < text.size();) {
        const char32_t letter = nextCharacter(text, at);
        const int byte = letter < kCharacters ? alphabet().bytes[letter] : -1;
        if (byte < 0) {
            bytes.resize(before);
            bytes += text;
            return;
        }
        bytes.push_back(static_cast<char>(byte));
    }
}

}  // namespace trimtab::dataset::tokenizers
