#pragma once
// Runs every command that must execute a model on one that it must refuse.
#include <initializer_list>
#include <string>

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "tests/app/cli/command_line.h"
#include "tests/support/model_builder.h"

namespace trimtab::hostile {

using support::Attr;
using support::ModelBuilder;
using testing_cli::Ran;

class Hostile : public testing::Test {
protected:
    std::string at(const std::string& name) const { return (m_folder.path() / name).string(); }
    std::string save(const ModelBuilder& model, const std::string& name = "model.onnx") const {
        model.save(at(name));
        return at(name);
    }
    std::string write(const std::string& name, const std::string& bytes) const;

    /// One command under a memory limit of 512 MB, with a recipe where it takes one.
    Ran run(const std::string& command, const std::string& model) const;

    /// run, bench, eval, compress and sweep: each ends with one of `statuses`, by itself, with a message that holds `word`; no worker dies
    /// of it.
    void expectRefused(const std::string& model, const std::string& word = {}, std::initializer_list<int> statuses = {3}) const;
    /// Only what executes: run, bench, eval and sweep.
    void expectFailsToRun(const std::string& model, const std::string& word = {}) const;
    /// info ends with status 0 and prints `word`.
    void expectInfoShows(const std::string& model, const std::string& word) const;

private:
    void expectEnds(const std::string& command, const std::string& model, const std::string& word,
                    std::initializer_list<int> statuses) const;
    base::TemporaryFolder m_folder = base::TemporaryFolder::create("trimtab-hostile").value();
};

/// x float32 [2, 3] → y; nodes are added by the test.
inline ModelBuilder withInput() { return ModelBuilder().input("x", DataType::Float32, {2, 3}); }

}  // namespace trimtab::hostile
