#include "core/base/base64.h"

#include <algorithm>
#include <limits>

#include <openssl/evp.h>

namespace trimtab::base {
namespace {

constexpr std::size_t kMost = std::numeric_limits<int>::max() / 2;

const unsigned char* data(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* data(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string toBase64(std::string_view bytes) {
    std::string text;
    // In pieces of whole groups of three, because the library counts in int.
    for (constexpr std::size_t kPiece = 3 << 20; !bytes.empty(); bytes.remove_prefix(std::min(kPiece, bytes.size()))) {
        const std::string_view piece = bytes.substr(0, kPiece);
        std::string part((piece.size() + 2) / 3 * 4 + 1, '\0');
        const int size = EVP_EncodeBlock(data(part), data(piece), static_cast<int>(piece.size()));
        text.append(part, 0, static_cast<std::size_t>(size));
    }
    return text;
}

Result<std::string> fromBase64(std::string_view text) {
    const auto broken = fail(ErrorCode::Refused, "this text is no base64");
    if (text.size() % 4 != 0 || text.size() > kMost) return broken;
    if (text.empty()) return std::string();
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
    // The library skips white space at the ends and takes padding for zeros.
    if (text.substr(0, text.size() - padding).find_first_of("= \t\r\n") != std::string_view::npos) return broken;
    std::string bytes(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(data(bytes), data(text), static_cast<int>(text.size()));
    if (size < 0 || static_cast<std::size_t>(size) != bytes.size()) return broken;
    bytes.resize(bytes.size() - padding);
    return bytes;
}

}  // namespace trimtab::base
