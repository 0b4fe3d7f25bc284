#pragma once
// A tokenizer.json whose tokens are single characters, for tests that want text to become ids they can count.
#include <nlohmann/json.hpp>
#include <string>

namespace trimtab::support {

/// Tokens 0…25 are the letters, 26 the space, the others digits.
inline std::string characterTokenizer() {
    using Json = nlohmann::json;
    Json vocabulary = Json::object();
    for (int i = 0; i < 26; ++i) vocabulary[std::string(1, static_cast<char>('a' + i))] = i;
    vocabulary["\u0120"] = 26;  // how byte-level vocabularies write a space
    for (int i = 27; i < 31; ++i) vocabulary[std::string(1, static_cast<char>('0' + i - 27))] = i;
    const Json bytes{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
    return Json{{"version", "1.0"},
                {"added_tokens", Json::array()},
                {"normalizer", nullptr},
                {"pre_tokenizer", bytes},
                {"post_processor", nullptr},
                {"decoder", bytes},
                {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", Json::array()}}}}
        .dump();
}

}  // namespace trimtab::support
