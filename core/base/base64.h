#pragma once
// Bytes in texts (RFC 4648, section 4), by libcrypto.
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace trimtab::base {

std::string toBase64(std::string_view bytes);
/// Refused for what is no base64 with its padding.
Result<std::string> fromBase64(std::string_view text);

}  // namespace trimtab::base
