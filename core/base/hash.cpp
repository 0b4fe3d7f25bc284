#include "core/base/hash.h"

#include <array>
#include <fstream>
#include <vector>

#include <openssl/evp.h>

namespace trimtab::base {
namespace {
EVP_MD_CTX* asContext(void* context) { return static_cast<EVP_MD_CTX*>(context); }
}  // namespace

Sha256::Sha256() : m_context(EVP_MD_CTX_new()) { EVP_DigestInit_ex(asContext(m_context), EVP_sha256(), nullptr); }
Sha256::~Sha256() { EVP_MD_CTX_free(asContext(m_context)); }

void Sha256::update(std::span<const std::byte> bytes) { EVP_DigestUpdate(asContext(m_context), bytes.data(), bytes.size()); }
void Sha256::update(std::string_view text) { EVP_DigestUpdate(asContext(m_context), text.data(), text.size()); }

std::string Sha256::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    EVP_DigestFinal_ex(asContext(m_context), digest.data(), &length);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * static_cast<std::size_t>(length));
    for (unsigned int i = 0; i < length; ++i) {
        text += kDigits[digest[i] >> 4];
        text += kDigits[digest[i] & 15];
    }
    return text;
}

std::string sha256(std::string_view text) {
    Sha256 hash;
    hash.update(text);
    return hash.finish();
}

Result<std::string> sha256File(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::NotFound, "cannot open " + path.string());
    Sha256 hash;
    std::vector<char> buffer(1 << 20);
    while (file) {
        file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        hash.update(std::string_view(buffer.data(), static_cast<std::size_t>(file.gcount())));
    }
    if (file.bad()) return fail(ErrorCode::Io, "cannot read " + path.string());
    return hash.finish();
}

}  // namespace trimtab::base
