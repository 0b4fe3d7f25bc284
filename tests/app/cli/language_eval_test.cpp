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

TEST_F(LanguageEval, ChoosesTheLikeliestContinuationOfAPrompt) {
    base::Random random(5);
    std::string lines;
    double right = 0, rightByBytes = 0;
    constexpr int kQuestions = 12;
    for (int i = 0; i < kQuestions; ++i) {
        const std::string prompt = drawnLetters(random, 3 + random.below(5));
        const std::vector<std::string> choices{drawnLetters(random, 1 + random.below(4)), drawnLetters(random, 1 + random.below(4)),
                                               drawnLetters(random, 1 + random.below(4))};
        const std::size_t answer = random.below(3);
        lines += Json{{"prompt", prompt}, {"choices", choices}, {"answer", answer}}.dump() + "\n";
        std::vector<double> scores, byBytes;
        for (const std::string& choice : choices) {
            Tokens before = DecoderFolder::tokensOf(prompt);
            double sum = 0;
            for (const std::int64_t token : DecoderFolder::tokensOf(" " + choice)) {
                sum += foresee(before, token).logLikelihood;
                before.push_back(token);
            }
            scores.push_back(sum);
            byBytes.push_back(sum / static_cast<double>(choice.size()));
        }
        right += std::ranges::max_element(scores) - scores.begin() == static_cast<std::ptrdiff_t>(answer);
        rightByBytes += std::ranges::max_element(byBytes) - byBytes.begin() == static_cast<std::ptrdiff_t>(answer);
    }
    const std::string data = write("questions.jsonl", lines);
    const Json acc = json({"--data", data, "--batch", "7"});
    EXPECT_EQ(acc["metric"], "acc");
    EXPECT_EQ(acc["n"], kQuestions);
    EXPECT_DOUBLE_EQ(acc["value"].get<double>(), right / kQuestions);
    EXPECT_DOUBLE_EQ(json({"--data", data, "--metric", "acc_norm"})["value"].get<double>(), rightByBytes / kQuestions);
    EXPECT_EQ(json({"--data", data, "--samples", "5"})["n"], 5) << "questions, with all their choices";
    EXPECT_NE(eval({"--data", data}).out.find(" questions"), std::string::npos);
    const Ran broken = eval({"--data", write("broken.jsonl", lines + "{\"prompt\": 3}\n")});
    EXPECT_EQ(broken.status, 3);
    EXPECT_NE(broken.err.find("line 13"), std::string::npos) << broken.err;
}

TEST_F(LanguageEval, ScoresTheTextsThatTheModelWrites) {
    std::string lines;
    std::vector<std::string> own;
    for (const char* prompt : {"abc", "the", "hello", "a b", "zz"})
        own.push_back(DecoderFolder::textOf(m_decoder.greedy(DecoderFolder::tokensOf(prompt), 9)));
    std::size_t i = 0;
    for (const char* prompt : {"abc", "the", "hello", "a b", "zz"}) {
        const bool isOwn = i < 3;
        lines += Json{{"prompt", prompt}, {"references", {isOwn ? own[i] : "0 1 0 1", "never"}}}.dump() + "\n";
        ++i;
    }
    write("texts/texts.jsonl", lines);
    const std::string data = write("texts/dataset.json", R"({"format": "trimtab-dataset", "version": 1, "task": "text-generation",
        "prompts": {"file": "texts.jsonl", "max_tokens": 9}})");
    const Json match = json({"--data", data, "--batch", "2"});
    EXPECT_EQ(match["metric"], "exact_match");
    EXPECT_EQ(match["n"], 5);
    EXPECT_DOUBLE_EQ(match["value"].get<double>(), 0.6);
    const Json chrf = json({"--data", data, "--metric", "chrf"});
    EXPECT_GT(chrf["value"], 0.5);
    EXPECT_LT(chrf["value"], 1);
    EXPECT_LE(chrf["ci"][0], chrf["value"]);
    const Ran bleu = eval({"--data", data, "--metric", "bleu"});
    EXPECT_EQ(bleu.status, 0) << bleu.err;
    EXPECT_EQ(bleu.out.find("bleu "), 0U) << bleu.out;
    EXPECT_EQ(eval({"--data", write("a.txt", "abc def"), "--metric", "bleu"}).status, 3) << "nothing to generate from";
}

TEST_F(LanguageEval, HoldsARecipesDistributionsAgainstTheReferencesInOnePass) {
    write("text/valid.txt", drawnText(330));
    const std::string data = write("text/dataset.json", R"({"format": "trimtab-dataset", "version": 1, "task": "language-model",
        "text": {"file": "valid.txt", "window": 32, "stride": 16}})");
    const std::string recipe = write("r4.json", R"({"weights": {"bits": 4}})");
    const Json kl = json({"--data", data, "--recipe", recipe, "--metric", "kl"});
    EXPECT_EQ(kl["metric"], "kl");
    EXPECT_EQ(kl["fidelity"], true);
    EXPECT_EQ(kl["window"], 32);
    EXPECT_GT(kl["value"], 0);
    EXPECT_EQ(kl["also"]["kl_p99"]["n"], 329);
    EXPECT_GE(kl["also"]["kl_p99"]["value"], kl["value"]);
    const Json agreement = json({"--data", data, "--recipe", recipe, "--metric", "agreement"});
    EXPECT_EQ(agreement["value"], kl["also"]["agreement"]["value"]);
    // Each run times its kernels anew and may sum in another order.
    EXPECT_NEAR(agreement["also"]["kl"]["value"], kl["value"], 1e-6);
    const Json none = json({"--data", data, "--metric", "kl"});
    EXPECT_EQ(none["value"], 0);
    EXPECT_EQ(none["also"]["agreement"]["value"], 1);
    const std::string said = eval({"--data", data, "--recipe", recipe, "--metric", "kl"}).out;
    EXPECT_NE(said.find("against the untouched model\nagreement "), std::string::npos) << said;
}

}  // namespace
}  // namespace trimtab::testing_cli
