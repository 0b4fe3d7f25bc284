#pragma once
// Small decoders with seeded weights, written as a Hugging Face folder, and what they must answer: a plain statement of the architecture in
// double, written from its papers (Zhang & Sennrich 2019, RMSNorm; Su et al. 2021, rotary positions; Ainslie et al. 2023, grouped queries;
// Shazeer 2020, gated units).
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trimtab::formats::huggingface {

struct SmallDecoder {
    std::string architecture = "LlamaForCausalLM";
    int layers = 2, hidden = 24, heads = 4, kvHeads = 2, headSize = 6, intermediate = 40, vocabulary = 31;
    double theta = 10000, epsilon = 1e-5;
    bool tied = false, inputBias = false, outputBias = false, gateBias = false;
    std::optional<int> window;
    std::string moreConfig;  // ", \"key\": value"
    std::map<std::string, std::vector<float>> tensors;
    std::map<std::string, std::vector<int>> shapes;

    /// Draws what the fields ask for.
    void draw(std::uint64_t seed);
    std::string config() const;
    /// config.json and model.safetensors, in float32.
    void write(const std::filesystem::path& folder) const;
    /// Logits [tokens, vocabulary] of one sequence.
    std::vector<double> logits(const std::vector<std::int64_t>& ids) const;

private:
    void add(const std::string& name, std::vector<int> shape, double spread, double middle, std::uint64_t seed);
    std::vector<double> product(const std::string& module, const std::vector<double>& x, int outputs, bool biased) const;
    std::vector<double> normalized(const std::string& module, const std::vector<double>& x) const;
    std::vector<double> attended(const std::string& at, const std::vector<double>& x) const;
    std::vector<double> gated(const std::string& at, const std::vector<double>& x) const;
};

}  // namespace trimtab::formats::huggingface
