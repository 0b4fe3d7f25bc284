#pragma once
// Fills in what a worker knows about a study's model, its variants and its data: hashes, names, the metric that is meant by default.
#include <filesystem>
#include <stop_token>
#include <string>

#include "core/ipc/client.h"
#include "core/ipc/messages.h"
#include "core/trial/study.h"

namespace trimtab::tasks {

struct StudySubject {
    ipc::ModelInfo model;
    std::optional<ipc::DatasetInfo> data;  // absent when the study has none
};

/// "tiny" of a file tiny.onnx; a folder's whole name: what stands behind a dot in "Qwen2.5-0.5B" is no suffix.
std::string modelNameOf(std::filesystem::path path);
/// The model that a chosen file stands for: the folder of its config.json or genai_config.json, else the file itself.
std::string modelAt(const std::filesystem::path& chosen);
/// The same as a variant's name: "=" is what a command line divides it from the path by.
std::string variantNameOf(const std::filesystem::path& path);
/// Variants without a name get their file's. Refused as trial::checkVariants().
Status nameVariants(std::vector<trial::Variant>& variants);

/// Sets modelHash, modelName, dataHash, metric (where empty), createdAt (where empty) and the variants' names (where empty) and hashes of
/// `study`, whose paths are made absolute. Refused, naming it, for a variant whose inputs are not the model's (it would be timed on other
/// work), or that reads the data otherwise: another tokenizer makes other tokens, whose scores cannot be compared one by one.
Result<StudySubject> identify(trial::Study& study, ipc::WorkerClient& worker, bool trustLinks = false, std::stop_token stop = {});

}  // namespace trimtab::tasks
