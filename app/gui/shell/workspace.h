// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Everything that one window works on: the model, its data, the study, the results. Owns the tasks and ties them together; knows no widget.
#include <map>
#include <optional>

#include <QObject>

#include "app/gui/tasks/data_task.h"
#include "app/gui/tasks/devices_task.h"
#include "app/gui/tasks/export_task.h"
#include "app/gui/tasks/fidelity_task.h"
#include "app/gui/tasks/generate_task.h"
#include "app/gui/tasks/model_task.h"
#include "app/gui/tasks/profile_task.h"
#include "app/gui/tasks/results_task.h"
#include "app/gui/tasks/sensitivity_task.h"
#include "app/gui/tasks/storage_task.h"
#include "app/gui/tasks/sweep_task.h"
#include "app/gui/tasks/worker_lane.h"

namespace trimtab::gui {

class Settings;

class Workspace : public QObject {
    Q_OBJECT
public:
    Workspace(const ipc::WorkerOptions& options, Settings& settings, QObject* parent = nullptr);
    /// Stops the threads that call back into other members before those go.
    ~Workspace() override;

    /// A model (.onnx, .gguf, or a Hugging Face folder or its config.json) or a session (.trimtab). Refused with a message while a sweep
    /// runs.
    void open(const QString& path);
    /// Opens the configuration that could not be read as a model once more, its weights drawn: for speed alone, without data.
    /// REQUIRES: model().canDraw().
    void drawWeights();
    /// A model together with its data, as the samples have them.
    void openSample(const QString& modelPath, const QString& dataPath);

    /// The draft's axes, variants, budget and calibration data become the study of this model and these data.
    void setAxes(const std::vector<trial::Axis>& axes);
    void setVariants(const std::vector<trial::Variant>& variants);
    void setBudget(const trial::Budget& budget);
    void setCalibration(const trial::Calibration& calibration);
    void runSweep();
    /// From the table on the Sensitivity page, as a study of its own in the same session.
    void findMix(const tune::MixGoal& goal);
    /// Profiles a trial of the study on show; null: the model as it is stored. REQUIRES: a model is loaded.
    void profile(const trial::TrialResult* trial);
    /// Where results go: the open session, or <model>.trimtab beside the model (in the user's own folder when that cannot be written).
    QString sessionPath() const;
    void setSessionPath(const QString& path);
    /// Where and when the session on show was recorded, when it can only be read; empty for every other.
    QString recording() const;
    /// What all on show must be read with: a recording, weights that are random. Mostly empty.
    QString mark() const;
    /// Why nobody looks at the model's answers; empty where they mean something.
    QString answersProblem() const;
    /// The model to which nothing was done: "As the model is stored".
    QString subjectTitle() const;
    /// Why a sweep cannot begin now; empty when it can.
    QString runProblem() const;
    /// Why the best mix cannot be looked for now; empty when it can.
    QString mixProblem() const;
    /// What a trial of the study on show runs: the model that is open, or the study's variant.
    QString fileOf(const trial::Trial& trial) const;
    /// What is running, in a sentence.
    QString runningText() const;

    ModelTask& model() { return *m_model; }
    DataTask& data() { return *m_data; }
    DevicesTask& devices() { return *m_devices; }
    SweepTask& sweep() { return *m_sweep; }
    ResultsTask& results() { return *m_results; }
    ExportTask& exports() { return *m_export; }
    FidelityTask& fidelity() { return *m_fidelity; }
    GenerateTask& generation() { return *m_generation; }
    ProfileTask& profiling() { return *m_profiling; }
    SensitivityTask& sensitivity() { return *m_sensitivity; }
    StorageTask& storage() { return *m_storage; }
    /// Of the worker that reads models and data and writes models; 0 when none runs.
    int workerProcessId() const { return m_worker->processId(); }
    /// Nothing is being loaded or worked out.
    bool idle() const;

signals:
    void opened(const QString& path);
    void problem(const QString& message);
    void draftChanged();
    void idleChanged();

private:
    void connectTasks();
    /// What was found out about the file that was open.
    void forgetAnswers();
    /// The study of the draft; the results stay.
    void forgetStudy();
    void takeSession(const trial::Study& study);
    /// Opens the model of a session that holds profiles alone.
    void takeProfiles(const ipc::ProfileRequest& newest);
    /// Shows the extents that the session's study was run with as the model's.
    void takeSymbols();
    void refreshDraft();
    /// Why nothing can be run, whatever is asked for.
    QString studyProblem() const;
    /// Why an engine that the draft or one of the axes asks for cannot run here; empty when all can.
    QString engineProblem(const std::vector<trial::Axis>& axes) const;

    Settings& m_settings;
    std::unique_ptr<WorkerLane> m_worker;
    std::unique_ptr<ModelTask> m_model;
    std::unique_ptr<DataTask> m_data;
    std::unique_ptr<DevicesTask> m_devices;
    std::unique_ptr<ExportTask> m_export;
    std::unique_ptr<FidelityTask> m_fidelity;
    std::unique_ptr<GenerateTask> m_generation;
    std::unique_ptr<ProfileTask> m_profiling;
    std::unique_ptr<SensitivityTask> m_sensitivity;
    std::unique_ptr<StorageTask> m_storage;
    std::unique_ptr<SweepTask> m_sweep;
    std::unique_ptr<ResultsTask> m_results;
    trial::Study m_draft;
    /// The session's study while its model is open: Run goes on with it until something of it is changed.
    std::optional<trial::Study> m_taken;
    std::optional<std::map<std::string, std::int64_t>> m_takenSymbols;  // the model's, as they stood when it was taken
    QString m_chosenSession;
    QString m_pendingData;  // to be chosen when the model is there
    bool m_fromSession = false;
};

}  // namespace trimtab::gui
