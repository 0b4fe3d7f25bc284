// Seeded mutations of sound models: each must be read or be refused with a reason, and nothing else may happen.
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/file.h"
#include "core/base/memory_budget.h"
#include "core/base/random.h"
#include "tests/fuzz/onnx_corpus.h"

namespace trimtab::fuzz {
namespace {

std::string mutated(std::string bytes, const std::vector<std::string>& corpus, base::Random& random) {
    const auto position = [&] { return static_cast<std::size_t>(random.below(bytes.size() + 1)); };
    for (std::uint64_t i = 0; i <= random.below(4) && !bytes.empty(); ++i) {
        const std::size_t at = std::min(position(), bytes.size() - 1);
        const std::size_t length = static_cast<std::size_t>(random.below(24)) + 1;
        const std::string& other = corpus[random.below(corpus.size())];
        switch (random.below(7)) {
            case 0: bytes[at] = static_cast<char>(random.next()); break;
            case 1: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8))); break;
            case 2: bytes.erase(at, length); break;
            case 3: bytes.insert(at, std::string(length, static_cast<char>(random.next()))); break;
            case 4: bytes.insert(at, bytes.substr(static_cast<std::size_t>(random.below(bytes.size())), length)); break;
            case 5: bytes.insert(at, other.substr(static_cast<std::size_t>(random.below(other.size())), 4 * length)); break;
            default: bytes.resize(at); break;
        }
    }
    return bytes;
}

TEST(OnnxMutations, AreReadOrRefusedAndNeverAnythingElse) {
    const auto folder = *base::TemporaryFolder::create("fuzz");
    std::ofstream(folder.path() / "data") << std::string(64, 'd');
    const auto corpus = onnxCorpus();
    for (const std::string& sound : corpus) ASSERT_TRUE(readEverything(sound, folder.path().string()));
    const std::int64_t before = base::MemoryBudget::process().peak();
    base::Random random(20240607);
    int accepted = 0;
    for (int round = 0; round < 6000; ++round)
        accepted +=
            readEverything(mutated(corpus[static_cast<std::size_t>(round) % corpus.size()], corpus, random), folder.path().string());
    EXPECT_GT(accepted, 100) << "mutations that change names and values alone leave a sound model";
    EXPECT_LT(accepted, 5900);
    EXPECT_LT(base::MemoryBudget::process().peak() - before, 64 << 20) << "a file of a few kilobytes justifies no more";
}

TEST(OnnxMutations, OfEverySingleByteAreReadOrRefused) {
    const auto folder = *base::TemporaryFolder::create("fuzz");
    for (std::string bytes : onnxCorpus())
        for (std::size_t at = 0; at < std::min<std::size_t>(bytes.size(), 900); ++at)
            for (const int flip : {0x01, 0x80, 0xff}) {
                bytes[at] = static_cast<char>(bytes[at] ^ flip);
                readEverything(bytes, folder.path().string());
                bytes[at] = static_cast<char>(bytes[at] ^ flip);
            }
}

TEST(OnnxFindings, AreReadOrRefused) {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(TRIMTAB_SOURCE_DIR) / "tests/fuzz/findings")) {
        const auto bytes = base::readFile(entry.path(), 1 << 20);
        ASSERT_TRUE(bytes) << entry.path();
        readEverything(*bytes, ".");
        ++count;
    }
    EXPECT_GT(count, 0);
}

}  // namespace
}  // namespace trimtab::fuzz
