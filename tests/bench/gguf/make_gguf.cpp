// Writes a decoder of the Llama kind as GGUF, so that Trimtab and llama.cpp can be given the same model:
//   make_gguf FOLDER OUT.gguf TYPE [PATTERN]       a Hugging Face folder, with its tokenizer.json where that is byte-level BPE;
//                                                  PATTERN is what tokenizer.ggml.pre says of it (gpt-2 unless given)
//   make_gguf CONFIG.json OUT.gguf TYPE --seed N   a configuration whose weights are drawn; its tokens are named by number
// TYPE: F32, F16, BF16, Q8_0, Q4_0, Q4_K or Q6_K, of every matrix.
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "core/formats/huggingface/end_tokens.h"
#include "core/formats/huggingface/random_weights.h"
#include "tests/support/gguf_decoder.h"

namespace trimtab {
namespace {

using formats::gguf::BlockType;

constexpr std::int64_t kLongestJson = 64 << 20;

Status addTokenizer(support::GgufFile& file, const std::filesystem::path& folder, std::int64_t vocabulary, const std::string& pattern) {
    std::optional<std::uint32_t> end;
    TRIMTAB_TRY(const auto ends, formats::huggingface::endTokens(folder));
    if (!ends.empty()) end = static_cast<std::uint32_t>(ends.front());
    TRIMTAB_TRY(const Json tokenizer, base::readJsonFile((folder / "tokenizer.json").string(), kLongestJson));
    return support::addBytePairs(file, tokenizer, vocabulary, pattern, end);
}

struct Request {
    std::filesystem::path model, output;
    BlockType type = BlockType::F32;
    std::string pattern = "gpt-2";
    std::optional<std::uint64_t> seed;
};

Status make(const Request& request) {
    const bool isFolder = std::filesystem::is_directory(request.model);
    const auto config = isFolder ? request.model / "config.json" : request.model;
    TRIMTAB_TRY(const Json json, base::readJsonFile(config.string(), kLongestJson));
    TRIMTAB_TRY(const auto decoder, support::llamaKindConfig(json));
    if (request.seed) {
        TRIMTAB_TRY(const DataType type, formats::huggingface::weightTypeOf(json));
        formats::huggingface::RandomWeights weights(type, *request.seed, true);
        TRIMTAB_TRY(support::GgufFile file, support::ggufOf(decoder, weights, request.type));
        // llama.cpp wants a vocabulary even where it is given ids alone.
        const Json unnamed{{"model", {{"vocab", Json::object()}, {"merges", Json::array()}}}, {"added_tokens", Json::array()}};
        TRIMTAB_REQUIRE(support::addBytePairs(file, unnamed, decoder.vocabulary, request.pattern, std::nullopt));
        return file.write(request.output);
    }
    TRIMTAB_TRY(const auto checkpoint, formats::safetensors::readCheckpoint(request.model));
    formats::huggingface::CheckpointWeights weights(checkpoint, true);
    TRIMTAB_TRY(support::GgufFile file, support::ggufOf(decoder, weights, request.type));
    if (std::filesystem::exists(request.model / "tokenizer.json"))
        TRIMTAB_REQUIRE(addTokenizer(file, request.model, decoder.vocabulary, request.pattern));
    else
        support::addNoTokenizer(file);
    return file.write(request.output);
}

}  // namespace
}  // namespace trimtab

int main(int argc, char** argv) {
    using namespace trimtab;
    const auto type = argc > 3 ? formats::gguf::blockTypeNamed(argv[3]) : std::nullopt;
    if (!type) {
        fmt::print(stderr, "usage: make_gguf FOLDER OUT.gguf TYPE [PATTERN] | make_gguf CONFIG.json OUT.gguf TYPE --seed N\n");
        return 2;
    }
    Request request{argv[1], argv[2], *type};
    if (argc > 5 && std::string_view(argv[4]) == "--seed") request.seed = std::strtoull(argv[5], nullptr, 10);
    else if (argc > 4) request.pattern = argv[4];
    if (const auto status = make(request); !status) {
        fmt::print(stderr, "make_gguf: {}\n", status.error().text());
        return 1;
    }
    return 0;
}
