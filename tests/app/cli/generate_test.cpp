// `trimtab generate` on a small decoder of a Hugging Face folder with a tokenizer of single characters.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "core/base/json.h"
#include "core/store/session.h"
#include "tests/app/cli/command_line.h"
#include "tests/app/cli/decoder_folder.h"

namespace trimtab::testing_cli {
namespace {

class Generate : public testing::Test {
protected:
    std::string folder() const { return m_decoder.path(); }
    static std::string textOf(const std::vector<std::int64_t>& tokens) { return DecoderFolder::textOf(tokens); }

    Ran generate(std::vector<std::string> more) {
        more.insert(more.begin(), {"generate", folder()});
        return trimtab(more);
    }
    Json json(std::vector<std::string> more) {
        more.emplace_back("--json");
        const Ran ran = generate(std::move(more));
        EXPECT_EQ(ran.status, 0) << ran.err;
        return base::parseJson(ran.out, "standard output").value_or(Json());
    }
    std::vector<std::int64_t> greedy(const std::vector<std::int64_t>& tokens, std::size_t count) const {
        return m_decoder.greedy(tokens, count);
    }

    DecoderFolder m_decoder;
    const TinyStudy& m_tiny = m_decoder.tiny();
};

TEST_F(Generate, GoesOnFromAPromptAndPrintsTheTextAlone) {
    const auto tokens = greedy({19, 7, 4}, 12);
    const Ran ran = generate({"--prompt", "the", "--tokens", "12"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(ran.out, textOf(tokens) + "\n");
    EXPECT_NE(ran.err.find("prefill     3 tokens"), std::string::npos) << ran.err;
    EXPECT_NE(ran.err.find("decode"), std::string::npos) << ran.err;
    EXPECT_EQ(generate({"--prompt", "the", "--tokens", "12", "-q"}).err, "");
}

TEST_F(Generate, TellsFiguresAsOneDocument) {
    const auto wanted = base::readJsonFile(std::string(TRIMTAB_SOURCE_DIR) + "/tests/data/contract/generate.json");
    ASSERT_TRUE(wanted);
    const Json got = json({"--prompt-tokens", "19,7,4", "--tokens", "5"});
    for (const auto& [key, value] : wanted->items()) EXPECT_TRUE(got.contains(key)) << key;
    EXPECT_EQ(got["tokens"], Json(greedy({19, 7, 4}, 5)));
    EXPECT_EQ(got["time_per_token_ms"]["n"], 4);
    EXPECT_TRUE(got["time_per_token_ms"]["p95"].is_null()) << "no p95 under 59 samples";
    EXPECT_GT(got["time_to_first_token_ms"].get<double>(), 0);
    // Two layers, keys and values, two heads of six floats each.
    EXPECT_EQ(got["cache_bytes_per_token"], 2 * 2 * 2 * 6 * 4);
    EXPECT_EQ(got["cache_bytes"], (3 + 5 - 1) * 2 * 2 * 2 * 6 * 4);
}

TEST_F(Generate, StopsWhereTheModelSaysThatATextEnds) {
    const auto free = greedy({19, 7, 4}, 12);
    const auto end = free[5];
    m_tiny.write("decoder/generation_config.json", fmt::format(R"({{"eos_token_id": [{}, 99]}})", end));
    const auto first = std::ranges::find(free, end) - free.begin();
    const Json stopped = json({"--prompt", "the", "--tokens", "12"});
    EXPECT_EQ(stopped["stopped"], true);
    EXPECT_EQ(stopped["tokens"].size(), static_cast<std::size_t>(first));
    const Json on = json({"--prompt", "the", "--tokens", "12", "--go-on"});
    EXPECT_EQ(on["stopped"], false);
    EXPECT_EQ(on["tokens"], Json(free));
}

TEST_F(Generate, DrawsTheSameTextForASeed) {
    const auto draw = [&](const char* seed) {
        return json({"--prompt", "the", "--temperature", "1.5", "--tokens", "30", "--seed", seed})["tokens"];
    };
    EXPECT_EQ(draw("3"), draw("3"));
    EXPECT_NE(draw("3"), draw("4"));
    const Json narrow = json({"--prompt", "the", "--temperature", "1.5", "--top-k", "1", "--tokens", "12"});
    EXPECT_EQ(narrow["tokens"], Json(greedy({19, 7, 4}, 12)));
}

TEST_F(Generate, RunsARecipe) {
    const std::string recipe = m_tiny.write("r8.json", R"({"weights": {"bits": 8}})");
    const Json got = json({"--prompt", "the", "--tokens", "3", "--recipe", recipe});
    EXPECT_EQ(got["recipe"]["weights"]["bits"], 8);
    EXPECT_LT(got["weight_bytes"], json({"--prompt", "the", "--tokens", "3"})["weight_bytes"]);
}

TEST_F(Generate, MarksTheFirstTokenThatARecipeWritesOtherwise) {
    const std::string recipe = m_tiny.write("r2.json", R"({"weights": {"bits": 2}})");
    const auto own = greedy({19, 7, 4}, 20);
    const Json alone = json({"--prompt", "the", "--tokens", "20", "--recipe", recipe});
    const Json both = json({"--prompt", "the", "--tokens", "20", "--recipe", recipe, "--beside-reference"});
    EXPECT_EQ(both["tokens"], alone["tokens"]);
    EXPECT_EQ(both["reference"]["tokens"], Json(own));
    EXPECT_EQ(both["reference"]["text"], textOf(own));
    const auto other = both["tokens"].get<std::vector<std::int64_t>>();
    ASSERT_NE(own, other) << "two bits change something";
    const auto first = std::ranges::mismatch(own, other).in1 - own.begin();
    EXPECT_EQ(both["first_difference"], first);
    const Ran ran = generate({"--prompt", "the", "--tokens", "20", "--recipe", recipe, "--beside-reference", "-q"});
    const auto split = [&](const std::vector<std::int64_t>& tokens) {
        return textOf({tokens.begin(), tokens.begin() + first}) + "≠" + textOf({tokens.begin() + first, tokens.end()});
    };
    EXPECT_EQ(ran.out, fmt::format("reference: {}\nrecipe: {}\nfirst difference: new token {}\n", split(own), split(other), first + 1));
    const Json same = json({"--prompt", "the", "--tokens", "5", "--beside-reference"});
    EXPECT_TRUE(same["first_difference"].is_null());
    EXPECT_EQ(same["reference"]["tokens"], same["tokens"]);
    EXPECT_TRUE(alone["reference"].is_null());
}

TEST_F(Generate, IsBenchedByPhases) {
    const Ran ran = trimtab({"bench", folder(), "--prompt", "9", "--generate", "25", "--batch", "2", "--seconds", "0.05", "--json"});
    ASSERT_EQ(ran.status, 0) << ran.err;
    const Json got = base::parseJson(ran.out, "standard output").value_or(Json());
    const auto wanted = base::readJsonFile(std::string(TRIMTAB_SOURCE_DIR) + "/tests/data/contract/bench_phases.json");
    ASSERT_TRUE(wanted);
    for (const auto& [key, value] : wanted->items()) EXPECT_TRUE(got.contains(key)) << key;
    EXPECT_EQ(got["batch"], 2);
    EXPECT_GE(got["time_to_first_token_ms"]["n"], 3);
    EXPECT_EQ(got["time_per_token_ms"]["n"].get<int>(), 25 * got["time_to_first_token_ms"]["n"].get<int>());
    EXPECT_GE(got["latency_ms"]["median"], got["time_to_first_token_ms"]["median"]);
    EXPECT_EQ(got["cache_bytes"], 2 * (9 + 25) * 2 * 2 * 2 * 6 * 4);
    const auto isAttention = [](const Json& layer) { return layer["op"] == "GroupQueryAttention" && layer["median_ns"] > 0; };
    EXPECT_EQ(std::ranges::count_if(got["layers"], isAttention), 2);
    EXPECT_NE(trimtab({"bench", folder(), "--generate", "2", "--prompt", "3", "--seconds", "0.01"}).out.find("decode      "),
              std::string::npos);
    EXPECT_EQ(trimtab({"bench", m_tiny.model(), "--prompt", "3"}).status, 3);
}

TEST_F(Generate, IsSweptOverPromptsAndSteps) {
    const Ran ran = trimtab({"sweep", folder(), "--prompt", "6", "--axis", "run.generate=0,5", "--axis", "weights.bits=32,8", "--session",
                             m_tiny.at("s.trimtab"), "--seconds", "0.02", "--processes", "2", "--samples", "4", "--json"});
    ASSERT_EQ(ran.status, 0) << ran.err;
    const auto session = store::Session::open(m_tiny.at("s.trimtab"), store::Mode::ReadOnly).value();
    const auto results = session->results(session->studies().value().back().id).value();
    ASSERT_EQ(results.size(), 4U);
    for (const auto& result : results) {
        EXPECT_EQ(result.state, trial::State::Finished) << result.failure;
        ASSERT_TRUE(result.speed) << result.trial.label;
        EXPECT_GT(result.speed->n, 0);
        const auto isTimed = [](const trace::LayerRecord& layer) { return layer.op == "GroupQueryAttention" && layer.medianNs > 0; };
        EXPECT_EQ(std::ranges::count_if(result.layers, isTimed), 2) << result.trial.label;
        EXPECT_EQ(result.trial.setting.prompt, 6);
    }
    EXPECT_NE(results[0].speedKey, results[2].speedKey) << "prefill and decode are two speeds";
    EXPECT_EQ(results[0].accuracyKey, results[2].accuracyKey) << "what is timed does not change what is answered";
}

TEST_F(Generate, AsksForSpeedBeforeThereAreWeights) {
    std::filesystem::remove(m_tiny.at("decoder/model.safetensors"));
    const std::string config = m_tiny.at("decoder/config.json");
    EXPECT_EQ(trimtab({"bench", config, "--prompt", "3"}).status, 3);
    const Ran ran = trimtab({"bench", config, "--random-weights", "5", "--prompt", "9", "--generate", "2", "--seconds", "0.01"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_NE(ran.out.find("weights are random (seed 5)"), std::string::npos) << ran.out;
    EXPECT_EQ(json({"--random-weights", "5", "--prompt", "the", "--tokens", "2"})["random_weights"], 5);
    EXPECT_NE(trimtab({"info", config, "--random-weights", "5"}).out.find("random weights (seed 5)"), std::string::npos);
    EXPECT_EQ(trimtab({"eval", config, "--random-weights", "5"}).status, 2) << "there is nothing to score";
    EXPECT_EQ(trimtab({"bench", m_tiny.model(), "--random-weights", "5"}).status, 2);
}

TEST_F(Generate, GivesThePromptToTheEncoderWhereThereIsOne) {
    const std::filesystem::path stated = std::string(TRIMTAB_SOURCE_DIR) + "/tests/core/formats/huggingface/statements/data";
    const std::string folder = m_tiny.at("t5");
    std::filesystem::copy(stated / "t5", folder);
    m_tiny.write("t5/tokenizer.json", support::characterTokenizer());
    const auto run = [](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--threads", "1"});
        const Ran ran = trimtab(arguments);
        EXPECT_EQ(ran.status, 0) << ran.err;
        return base::parseJson(ran.out, "standard output").value_or(Json());
    };
    const Json greedy = base::readJsonFile((stated / "t5" / "expected.json").string()).value()["greedy"];
    const auto source = greedy["source"]["input_ids"][0].get<std::vector<std::int64_t>>();
    const Json told = run({"generate", folder, "--prompt-tokens", fmt::format("{}", fmt::join(source, ",")), "--go-on", "--json"});
    EXPECT_EQ(told["tokens"], greedy["tokens"]);
    EXPECT_EQ(told["caching"], "handed on");
    EXPECT_EQ(told["plans_each_step"], true) << "its caches have no mask that could hide rows";
    const Json text = run({"generate", folder, "--prompt", "the", "--tokens", "9", "--go-on", "--json"});
    EXPECT_EQ(text["prompt_tokens"], Json({19, 7, 4}));
    EXPECT_EQ(text["tokens"], run({"generate", folder, "--prompt-tokens", "19,7,4", "--tokens", "9", "--go-on", "--json"})["tokens"]);
    const Ran speech = trimtab({"generate", (stated / "whisper").string(), "--prompt-tokens", "1"});
    EXPECT_EQ(speech.status, 3);
    EXPECT_NE(speech.err.find("reads input_features"), std::string::npos) << speech.err;
    const Ran timed = trimtab({"bench", folder, "--prompt", "4", "--generate", "2"});
    EXPECT_EQ(timed.status, 3);
    EXPECT_NE(timed.err.find("trimtab generate"), std::string::npos) << timed.err;
    m_tiny.write("t5/config.json", [&] {
        Json config = base::readJsonFile(folder + "/config.json").value();
        config.erase("decoder_start_token_id");
        return base::dumpJson(config);
    }());
    const Ran unsaid = trimtab({"generate", folder, "--prompt", "the"});
    EXPECT_EQ(unsaid.status, 3);
    EXPECT_NE(unsaid.err.find("decoder_start_token_id"), std::string::npos) << unsaid.err;
}

// The tokenizer has the characters and, beside them, "<s>" and "</s>", which it puts around a text of its own accord.
TEST_F(Generate, PutsAChatIntoTheWordsOfItsTemplate) {
    Json tokenizer = base::parseJson(support::characterTokenizer(), "tokenizer").value();
    tokenizer["added_tokens"] = Json::array({{{"id", 29}, {"content", "<s>"}, {"special", true}, {"normalized", false}},
                                             {{"id", 30}, {"content", "</s>"}, {"special", true}, {"normalized", false}}});
    tokenizer["post_processor"] = {{"type", "BertProcessing"}, {"cls", {"<s>", 29}}, {"sep", {"</s>", 30}}};
    tokenizer["model"]["vocab"].erase("2");
    tokenizer["model"]["vocab"].erase("3");
    m_tiny.write("decoder/tokenizer.json", base::dumpJson(tokenizer));
    EXPECT_EQ(json({"--prompt", "the", "--tokens", "2"})["prompt_tokens"], Json({29, 19, 7, 4, 30}));
    const Ran without = generate({"--prompt", "the", "--chat"});
    EXPECT_EQ(without.status, 3);
    EXPECT_NE(without.err.find("has no chat template"), std::string::npos) << without.err;

    m_tiny.write("decoder/tokenizer_config.json",
                 base::dumpJson({{"bos_token", {{"content", "<s>"}}},
                                 {"eos_token", "</s>"},
                                 {"chat_template",
                                  "{{ bos_token }}{% for m in messages %}\n"
                                  "{% if m.content == 'no' %}{{ raise_exception('Say more than no') }}{% endif %}\n"
                                  "{{ m.role[0] ~ ' ' ~ m.content|trim ~ eos_token }}{% endfor %}"
                                  "{% if add_generation_prompt %}a {% endif %}"}}));
    const Json got = json({"--prompt", " the ", "--chat", "--tokens", "4"});
    EXPECT_EQ(got["rendered_prompt"], "<s>u the</s>a ");
    EXPECT_EQ(got["prompt_tokens"], Json({29, 20, 26, 19, 7, 4, 30, 0, 26})) << "special tokens are found, and none is put around";
    EXPECT_EQ(got["tokens"], Json(greedy({29, 20, 26, 19, 7, 4, 30, 0, 26}, 4)));
    EXPECT_EQ(json({"--prompt", "hi", "--chat", "--system", "be", "--tokens", "1"})["rendered_prompt"], "<s>s be</s>u hi</s>a ");
    EXPECT_TRUE(json({"--prompt", "the", "--tokens", "1"})["rendered_prompt"].is_null());
    EXPECT_NE(generate({"--prompt", "the", "--chat", "--tokens", "1", "-v"}).err.find("prompt\n<s>u the</s>a \n"), std::string::npos);
    const Ran raised = generate({"--prompt", "no", "--chat"});
    EXPECT_EQ(raised.status, 3);
    EXPECT_NE(raised.err.find("chat template, line 2: Say more than no"), std::string::npos) << raised.err;
    EXPECT_EQ(generate({"--prompt-tokens", "1,2", "--chat"}).status, 2);
    EXPECT_EQ(generate({"--prompt", "the", "--system", "be"}).status, 2);
}

TEST_F(Generate, GoesOnFromSeveralPromptsSideBySide) {
    const std::vector<std::vector<std::int64_t>> prompts{{19, 7, 4}, {7, 8}, {2, 0, 19, 26, 18, 0, 19}};
    const Json got = json({"--prompt", "the", "--prompt", "hi", "--prompt", "cat sat", "--tokens", "9"});
    ASSERT_EQ(got["texts"].size(), prompts.size());
    std::string wanted;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        const auto alone = greedy(prompts[i], 9);
        EXPECT_EQ(got["texts"][i]["prompt_tokens"], Json(prompts[i]));
        EXPECT_EQ(got["texts"][i]["tokens"], Json(alone)) << "as it goes on when it is alone";
        EXPECT_EQ(got["texts"][i]["text"], textOf(alone));
        wanted += fmt::format("[{}] {}\n", i + 1, textOf(alone));
    }
    EXPECT_FALSE(got.contains("tokens"));
    const double step = got["time_per_token_ms"]["median"];
    EXPECT_NEAR(got["decode_tokens_per_s"].get<double>(), 3 * 1000 / step, 1e-6 / step);
    const Ran ran = generate({"--prompt", "the", "--prompt", "hi", "--prompt", "cat sat", "--tokens", "9"});
    EXPECT_EQ(ran.out, wanted);
    EXPECT_NE(ran.err.find("12 tokens of 3 prompts"), std::string::npos) << ran.err;
    // A text that ends early makes tokens for as long as it goes on: the token that ends it among them.
    const auto end = greedy({7, 8}, 9)[3];
    m_tiny.write("decoder/generation_config.json", fmt::format(R"({{"eos_token_id": {}}})", end));
    const Json early = json({"--prompt", "the", "--prompt", "hi", "--prompt", "cat sat", "--tokens", "9"});
    std::size_t made = 0, longest = 0;
    for (const Json& text : early["texts"]) {
        const std::size_t count = text["tokens"].size() + (text["stopped"].get<bool>() ? 1 : 0);
        made += count - 1;
        longest = std::max(longest, count - 1);
    }
    EXPECT_LT(made, 3 * longest) << "all end at one step";
    const double slow = early["time_per_token_ms"]["median"];
    EXPECT_NEAR(early["decode_tokens_per_s"].get<double>() * slow / 1000, static_cast<double>(made) / static_cast<double>(longest), 1e-6);
    std::filesystem::remove(m_tiny.at("decoder/generation_config.json"));
    const Json ids = json({"--prompt-tokens", "19,7,4", "--prompt-tokens", "7,8", "--tokens", "9", "--beside-reference"});
    EXPECT_EQ(ids["texts"][1]["tokens"], got["texts"][1]["tokens"]);
    EXPECT_EQ(ids["texts"][1]["reference"]["tokens"], got["texts"][1]["tokens"]);
}

TEST_F(Generate, SaysWhatIsMissing) {
    const auto expectError = [&](const Ran& ran, int status, const std::string& words) {
        EXPECT_EQ(ran.status, status) << ran.out;
        EXPECT_NE(ran.err.find(words), std::string::npos) << ran.err;
    };
    expectError(generate({}), 2, "--prompt");
    expectError(generate({"--prompt", "the", "--prompt", ""}), 2, "--prompt");
    for (const char* list : {"5,x", "5,", ",5", "-1", "5 7", ""}) expectError(generate({"--prompt-tokens", list}), 2, "--prompt-tokens");
    expectError(generate({"--prompt", "the", "--tokens", "9999"}), 3, "positions");
    expectError(generate({"--prompt-tokens", "77", "--tokens", "2"}), 3, "outside the vocabulary");
    expectError(generate({"--prompt", "the", "--top-p", "0"}), 2, "--top-p");
    expectError(trimtab({"generate", m_tiny.model(), "--prompt-tokens", "1"}), 3, "cannot generate");
    std::filesystem::remove(m_tiny.at("decoder/tokenizer.json"));
    expectError(generate({"--prompt", "the"}), 3, "tokenizer.json");
    EXPECT_EQ(generate({"--prompt-tokens", "19,7,4", "--tokens", "3"}).status, 0);
}

}  // namespace
}  // namespace trimtab::testing_cli
