// `trimtab eval` of a language model over text and prompts, held to the plain statement of a small decoder.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/json.h"
#include "core/base/random.h"
#include "tests/app/cli/command_line.h"
#include "tests/app/cli/decoder_folder.h"

namespace trimtab::testing_cli {
namespace {

using Tokens = std::vector<std::int64_t>;

class LanguageEval : public testing::Test {
protected:
    Ran eval(std::vector<std::string> more) {
        more.insert(more.begin(), {"eval", m_decoder.path()});
        return trimtab(more);
    }
    Json json(std::vector<std::string> more) {
        more.emplace_back("--json");
        const Ran ran = eval(std::move(more));
        EXPECT_EQ(ran.status, 0) << ran.err;
        return base::parseJson(ran.out, "standard output").value_or(Json());
    }
    std::string write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories(std::filesystem::path(m_decoder.tiny().at(name)).parent_path());
        return m_decoder.tiny().write(name, text);
    }
    static std::string drawnLetters(base::Random& random, std::size_t length) {
        std::string text;
        for (std::size_t i = 0; i < length; ++i) text += static_cast<char>('a' + random.below(26));
        return text;
    }
    static std::string drawnText(std::size_t length) {
        base::Random random(3);
        return drawnLetters(random, length);
    }

    /// log p(token | before), and whether it is the likeliest.
    struct Foreseen {
        double logLikelihood = 0;
        bool isFirst = false;
    };
    Foreseen foresee(const Tokens& before, std::int64_t token) const {
        const auto logits = m_decoder.small().logits(before);
        const std::vector<double> row(logits.end() - m_decoder.small().vocabulary, logits.end());
        double sum = 0;
        for (const double logit : row) sum += std::exp(logit);
        const double own = row[static_cast<std::size_t>(token)];
        return {own - std::log(sum), own == *std::max_element(row.begin(), row.end())};
    }

    DecoderFolder m_decoder;
};

TEST_F(LanguageEval, ScoresEachTokenOnceWithTheContextThatWindowAndStrideLeaveIt) {
    const std::string text = drawnText(45);
    const Tokens tokens = DecoderFolder::tokensOf(text);
    write("text/valid.txt", text);
    const std::string data = write("text/dataset.json", R"({"format": "trimtab-dataset", "version": 1, "task": "language-model",
        "text": {"file": "valid.txt", "window": 12, "stride": 5}})");
    double sum = 0, first = 0;
    for (std::size_t end = 1; end < tokens.size(); ++end) {
        std::size_t begin = 0;  // of the first window that foresees tokens[end]
        while (begin + 12 < end) begin += 5;
        const Foreseen foreseen =
            foresee({tokens.begin() + static_cast<std::ptrdiff_t>(begin), tokens.begin() + static_cast<std::ptrdiff_t>(end)}, tokens[end]);
        sum += foreseen.logLikelihood;
        first += foreseen.isFirst;
    }
    const Json perplexity = json({"--data", data});
    EXPECT_EQ(perplexity["metric"], "perplexity");
    EXPECT_EQ(perplexity["window"], 12);
    EXPECT_EQ(perplexity["stride"], 5);
    EXPECT_NEAR(perplexity["value"].get<double>(), std::exp(-sum / 44), 1e-3);
    EXPECT_NEAR(json({"--data", data, "--metric", "next_token_accuracy"})["value"].get<double>(), first / 44, 1e-9);
    EXPECT_NE(eval({"--data", data}).out.find("perplexity (window 12, stride 5) "), std::string::npos);
    EXPECT_EQ(json({"--data", m_decoder.tiny().at("text/valid.txt")})["stride"], 44) << "a text shorter than a window is one";
}

TEST_F(LanguageEval, StatesTheWindowsInSweepsToo) {
    write("text/valid.txt", drawnText(45));
    const std::string data = write("text/dataset.json", R"({"format": "trimtab-dataset", "version": 1, "task": "language-model",
        "text": {"file": "valid.txt", "window": 12, "stride": 5}})");
    const std::string session = m_decoder.tiny().at("s.trimtab");
    const Ran ran = trimtab({"sweep", m_decoder.path(), "--data", data, "--axis", "weights.bits=8", "--session", session, "--processes",
                             "1", "--seconds", "0.01"});
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_NE(trimtab({"pareto", session}).out.find("perplexity (window 12, stride 5)"), std::string::npos);
    const Json rows = base::parseJson(trimtab({"pareto", session, "--json"}).out, "rows").value_or(Json());
    ASSERT_FALSE(rows.empty());
    EXPECT_EQ(rows[0]["accuracy"]["window"], 12);
}

TEST_F(LanguageEval, RefusesAManifestWithTheFieldThatIsOff) {
    const std::string data = write("text/dataset.json", R"({"format": "trimtab-dataset", "version": 1, "task": "language-model",
        "text": {"file": "valid.txt", "window": 12, "stride": 13}})");
    const Ran ran = eval({"--data", data});
    EXPECT_EQ(ran.status, 3);
    EXPECT_NE(ran.err.find("text.stride"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace trimtab::testing_cli
