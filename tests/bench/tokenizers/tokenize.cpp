// What compare.mjs runs: encodes and decodes strings by one tokenizer file, or times it on hostile text.
//   tokenize FILE          each line of standard input is a JSON string; each line of standard output {"ids","plain","text"}: with and
//   without special
//                          tokens, and the text of "plain"; or {"error"}
//   tokenize FILE --time   milliseconds per MiB for hostile texts of 64 KiB to 1 MiB, as JSON
#include <chrono>
#include <iostream>
#include <string>

#include "core/base/json.h"
#include "core/dataset/tokenizers/tokenizer.h"

namespace {

using trimtab::Json;
using namespace trimtab::dataset::tokenizers;

std::string repeated(std::string_view text, std::size_t bytes) {
    std::string whole;
    while (whole.size() + text.size() <= bytes) whole += text;
    return whole;
}

// One word without a space and with few repeats.
std::string longWord(std::size_t bytes) {
    std::string word;
    std::uint32_t state = 1;
    for (std::size_t i = 0; i < bytes; ++i) word.push_back(static_cast<char>('a' + ((state = state * 1664525 + 1013904223) >> 24) % 26));
    return word;
}

double milliseconds(const Tokenizer& tokenizer, const std::string& text) {
    const auto start = std::chrono::steady_clock::now();
    const auto ids = tokenizer.encode(text);
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
    if (!ids) std::cerr << ids.error().text() << "\n";
    return ids ? taken.count() : -1;
}

Json timings(const Tokenizer& tokenizer) {
    Json table = Json::array();
    for (const auto& [name, make] :
         {std::pair<const char*, std::string (*)(std::size_t)>{"one long word", longWord},
          {"repeated a", [](std::size_t n) { return std::string(n, 'a'); }},
          {"all spaces", [](std::size_t n) { return std::string(n, ' '); }},
          {"emoji without spaces", [](std::size_t n) { return repeated("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80", n); }},
          {"combining marks", [](std::size_t n) { return "a" + repeated("\xcc\x81\xcc\xa3", n - 1); }},
          {"newlines and spaces", [](std::size_t n) { return repeated("\n ", n); }},
          {"words", [](std::size_t n) { return repeated("The quick brown fox, 1984. ", n); }}}) {
        Json row{{"text", name}};
        for (const std::size_t kib : {64, 256, 1024})
            row[std::to_string(kib)] = milliseconds(tokenizer, make(kib << 10)) * 1024 / static_cast<double>(kib);
        table.push_back(row);
    }
    return table;
}

Json answer(const Tokenizer& tokenizer, const std::string& text) {
    const auto ids = tokenizer.encode(text), plain = tokenizer.encode(text, {.addSpecialTokens = false});
    if (!ids || !plain) return {{"error", (ids ? plain : ids).error().text()}};
    return {{"ids", *ids}, {"plain", *plain}, {"text", tokenizer.decode(*plain, {.skipSpecialTokens = false})}};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const auto tokenizer = openTokenizer(argv[1]);
    if (!tokenizer) {
        std::cerr << tokenizer.error().text() << "\n";
        return 3;
    }
    if (argc > 2) {
        std::cout << timings(*tokenizer).dump() << "\n";
        return 0;
    }
    for (std::string line; std::getline(std::cin, line);) {
        const auto text = trimtab::base::parseJson("[" + line + "]", "input");
        if (!text) return 3;
        std::cout << trimtab::base::dumpJson(answer(*tokenizer, (*text)[0].get<std::string>())) << "\n";
    }
    return 0;
}
