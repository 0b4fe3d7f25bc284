#pragma once
// SHA-256, by libcrypto. Identities of models, recipes and datasets are the lower-case hexadecimal digest.
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace trimtab::base {

class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    void update(std::span<const std::byte> bytes);
    void update(std::string_view text);
    /// 64 hexadecimal digits; call once.
    std::string finish();

private:
    void* m_context;
};

std::string sha256(std::string_view text);
Result<std::string> sha256File(const std::filesystem::path& path);

}  // namespace trimtab::base
