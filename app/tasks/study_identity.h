#pragma once
// Fills in what a worker knows about a study's model and data: their hashes, the model's name, the metric that is meant by default.
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

/// Sets modelHash, modelName, dataHash, metric (where empty) and createdAt (where empty) of `study`, whose paths are made absolute.
Result<StudySubject> identify(trial::Study& study, ipc::WorkerClient& worker, bool trustLinks = false, std::stop_token stop = {});

}  // namespace trimtab::tasks
