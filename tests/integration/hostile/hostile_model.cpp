#include "tests/integration/hostile/hostile_model.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace trimtab::hostile {

std::string Hostile::write(const std::string& name, const std::string& bytes) const {
    std::ofstream(at(name), std::ios::binary) << bytes;
    return at(name);
}

Ran Hostile::run(const std::string& command, const std::string& model) const {
    std::vector<std::string> words{command, model, "--memory-limit", "512MB"};
    const auto add = [&](std::initializer_list<std::string> more) { words.insert(words.end(), more); };
    if (command == "bench") add({"--seconds", "0.01"});
    if (command == "eval") add({"--metric", "sqnr_db", "--samples", "1"});
    if (command == "compress") {
        std::ofstream(at("recipe.json")) << R"({"weights": {"bits": 8}})";
        add({"--recipe", at("recipe.json"), "-o", at("out.onnx")});
    }
    if (command == "sweep")
        add({"--axis", "weights.bits=32,8", "--metric", "sqnr_db", "--session", at("s.trimtab"), "--seconds", "0.01", "--processes", "1",
             "--samples", "1"});
    return testing_cli::trimtab(words);
}

void Hostile::expectEnds(const std::string& command, const std::string& model, const std::string& word,
                         std::initializer_list<int> statuses) const {
    const Ran ran = run(command, model);
    EXPECT_NE(std::find(statuses.begin(), statuses.end(), ran.status), statuses.end())
        << command << " ended with " << ran.status << ": " << ran.err << ran.out;
    EXPECT_NE(ran.err.find("trimtab: "), std::string::npos) << command << ": " << ran.err;
    EXPECT_NE(ran.err.find(word), std::string::npos) << command << " does not say \"" << word << "\": " << ran.err;
    EXPECT_EQ(ran.err.find("worker process ended"), std::string::npos) << command << ": " << ran.err;
    EXPECT_FALSE(std::filesystem::exists(at("out.onnx"))) << command;
}

void Hostile::expectRefused(const std::string& model, const std::string& word, std::initializer_list<int> statuses) const {
    for (const char* command : {"run", "bench", "eval", "compress", "sweep"}) expectEnds(command, model, word, statuses);
}

void Hostile::expectFailsToRun(const std::string& model, const std::string& word) const {
    for (const char* command : {"run", "bench", "eval", "sweep"}) expectEnds(command, model, word, {1, 3});
}

void Hostile::expectInfoShows(const std::string& model, const std::string& word) const {
    const Ran ran = run("info", model);
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_NE(ran.out.find(word), std::string::npos) << ran.out;
}

}  // namespace trimtab::hostile
