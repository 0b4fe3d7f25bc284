#pragma once
// A tiny classifier and its data on disk, for tests of the whole path.
#include <string>

#include "core/base/file.h"

namespace trimtab::testing_cli {

/// x [batch, 8] → MatMul 8×16 + bias → Relu → MatMul 16×4: logits [batch, 4]. Seeded weights; the labels are the model's own answers with
/// every tenth turned to the next class, so that the model as it is scores 0.9.
class TinyStudy {
public:
    TinyStudy();
    std::string model() const { return at("model.onnx"); }
    std::string data() const { return at("data"); }
    std::string at(const std::string& name) const { return (m_folder.path() / name).string(); }
    /// Writes a file of the folder and gives its path.
    std::string write(const std::string& name, const std::string& text) const;

    static constexpr int kSamples = 40;

private:
    base::TemporaryFolder m_folder;
};

}  // namespace trimtab::testing_cli
