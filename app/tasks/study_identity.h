#pragma once
// Fills in what a worker knows about a study's model and data: their hashes, the model's name, the metric that is meant by default.
#include <stop_token>

#include "core/ipc/client.h"
#include "core/ipc/messages.h"
#include "core/trial/study.h"

namespace trimtab::tasks {

struct StudySubject {
    ipc::ModelInfo model;
    std::optional<ipc::DatasetInfo> data;  // absent when the study has none
};

/// Sets modelHash, modelName, dataHash, metric (where empty) and createdAt (where empty) of `study`, whose paths are made absolute.
Result<StudySubject> identify(trial::Study& study, ipc::WorkerClient& worker, bool trustLinks = false, std::stop_token stop = {});

}  // namespace trimtab::tasks
