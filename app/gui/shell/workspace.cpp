// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shell/workspace.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

#include "app/gui/models/axis_catalog.h"
#include "app/gui/settings/settings.h"
#include "app/tasks/study_identity.h"

namespace trimtab::gui {

namespace {

constexpr std::uint64_t kDrawnSeed = 1;  // of weights that are drawn

}  // namespace

Workspace::Workspace(const ipc::WorkerOptions& options, Settings& settings, QObject* parent)
    : QObject(parent),
      m_settings(settings),
      m_worker(std::make_unique<WorkerLane>(options)),
      m_model(std::make_unique<ModelTask>(*m_worker, settings)),
      m_data(std::make_unique<DataTask>(*m_worker, *m_model)),
      m_devices(std::make_unique<DevicesTask>(options)),
      m_export(std::make_unique<ExportTask>(*m_worker)),
      m_fidelity(std::make_unique<FidelityTask>(options)),
      m_generation(std::make_unique<GenerateTask>(options)),
      m_profiling(std::make_unique<ProfileTask>(options)),
      m_sensitivity(std::make_unique<SensitivityTask>(options)),
      m_storage(std::make_unique<StorageTask>(options)),
      m_sweep(std::make_unique<SweepTask>(options)),
      m_results(std::make_unique<ResultsTask>()) {
    m_results->setAxis(speedAxisFromWord(settings.value(Setting::ChartAxis).toString().toStdString()));
    for (const QString& axis : sweepPresets().front().axes) {
        if (auto parsed = trial::parseAxis(axis.toStdString())) m_draft.axes.push_back(std::move(*parsed));
    }
    connectTasks();
}

Workspace::~Workspace() {
    m_devices.reset();
    m_sweep.reset();
    m_fidelity.reset();
    m_generation.reset();
    m_profiling.reset();
    m_sensitivity.reset();
    m_storage.reset();
    m_results.reset();
    m_worker.reset();
}

void Workspace::connectTasks() {
    connect(m_model.get(), &ModelTask::stateChanged, this, [this] {
        if (m_model->state() == ModelTask::State::Ready && !m_pendingData.isEmpty()) {
            m_data->choose(m_pendingData);
            m_pendingData.clear();
        }
        takeSymbols();
        refreshDraft();
        emit idleChanged();
    });
    connect(m_model.get(), &ModelTask::symbolsChanged, this, [this] {
        m_sensitivity->clear();
        refreshDraft();
    });
    connect(m_data.get(), &DataTask::stateChanged, this, [this] {
        if (m_data->state() == DataTask::State::Ready && !m_fromSession) m_data->scoreReference();
        m_sensitivity->clear();
        refreshDraft();
        emit idleChanged();
    });
    connect(m_sweep.get(), &SweepTask::studyStarted, this, [this](const trial::Study& study) {
        m_settings.addRecentFile(m_sweep->sessionPath());
        m_results->follow(m_sweep->sessionPath(), study);
    });
    connect(m_sweep.get(), &SweepTask::resultArrived, m_results.get(), &ResultsTask::add);
    connect(m_sweep.get(), &SweepTask::runningChanged, this, [this] {
        if (m_sweep->running()) {  // they would disturb its timings
            m_fidelity->cancel();
            m_generation->cancel();
            m_profiling->cancel();
            m_sensitivity->cancel();
            m_storage->cancel();
        }
        emit idleChanged();
    });
    connect(m_sweep.get(), &SweepTask::gridChanged, this, &Workspace::idleChanged);
    connect(m_results.get(), &ResultsTask::loaded, this, &Workspace::takeSession);
    connect(m_results.get(), &ResultsTask::loadedProfiles, this, &Workspace::takeProfiles);
    // The last answer arrives while the lane still counts it, so a snapshot alone does not say that everything is at rest.
    connect(m_results.get(), &ResultsTask::busyChanged, this, &Workspace::idleChanged);
    connect(m_results.get(), &ResultsTask::snapshotChanged, this, &Workspace::idleChanged);
    connect(m_results.get(), &ResultsTask::loadFailed, this, [this](const QString& path, const Error& error) {
        emit problem(tr("%1 could not be opened. %2").arg(QFileInfo(path).fileName(), QString::fromStdString(error.text())));
        emit idleChanged();
    });
    connect(m_devices.get(), &DevicesTask::changed, this, &Workspace::idleChanged);
    connect(m_worker.get(), &WorkerLane::busyChanged, this, &Workspace::idleChanged);
    connect(m_fidelity.get(), &FidelityTask::busyChanged, this, &Workspace::idleChanged);
    connect(m_generation.get(), &GenerateTask::busyChanged, this, &Workspace::idleChanged);
    connect(m_profiling.get(), &ProfileTask::busyChanged, this, &Workspace::idleChanged);
    connect(m_profiling.get(), &ProfileTask::made, this, [this](const ProfilePtr& profile) {
        if (m_results->keepsProfiles()) m_results->keepProfile(profile);
    });
    connect(m_results.get(), &ResultsTask::profileRead, m_profiling.get(), &ProfileTask::show);
    connect(m_results.get(), &ResultsTask::profileFailed, this, &Workspace::problem);
    connect(m_sensitivity.get(), &SensitivityTask::busyChanged, this, &Workspace::idleChanged);
    connect(m_storage.get(), &StorageTask::busyChanged, this, &Workspace::idleChanged);
}

void Workspace::open(const QString& path) {
    if (m_sweep->running()) {
        emit problem(runningText() + ' ' + tr("Cancel it before you open another file; what has finished is kept."));
        return;
    }
    const QFileInfo file(path);
    if (const std::string model = tasks::modelAt(path.toStdString()); model != path.toStdString()) {
        open(QFileInfo(QString::fromStdString(model)).absoluteFilePath());
        return;
    }
    if (!file.exists()) {
        emit problem(tr("%1 is not there any more.").arg(file.absoluteFilePath()));
        return;
    }
    m_devices->ask();
    forgetAnswers();
    m_settings.set(Setting::LastFolder, file.absolutePath());
    m_fromSession = !file.isDir() && file.suffix().compare(QLatin1String("trimtab"), Qt::CaseInsensitive) == 0;
    if (m_fromSession) {
        m_results->load(path);
        return;
    }
    m_results->clear();
    forgetStudy();
    m_model->open(path);
    m_settings.addRecentFile(path);
    emit opened(file.absoluteFilePath());
}

void Workspace::forgetAnswers() {
    m_fidelity->clear();
    m_generation->clear();
    m_profiling->clear();
    m_sensitivity->clear();
    m_storage->clear();
    m_chosenSession.clear();
    m_pendingData.clear();
}

void Workspace::forgetStudy() {
    m_taken.reset();
    m_draft.calibration = {};
    m_draft.variants.clear();
    m_data->clear();
}

void Workspace::drawWeights() {
    if (m_sweep->running()) return;
    const QString path = m_model->path();
    forgetAnswers();
    m_fromSession = false;
    m_results->clear();  // what was measured of other weights
    forgetStudy();
    m_model->open(path, kDrawnSeed);
    m_data->goWithout();
    emit opened(path);
}

void Workspace::openSample(const QString& modelPath, const QString& dataPath) {
    open(modelPath);
    if (!m_sweep->running()) m_pendingData = dataPath;
}

void Workspace::takeSession(const trial::Study& study) {
    const bool recorded = m_results->recording().has_value();  // its model and its data lie on the machine that it comes from
    if (!recorded) m_settings.addRecentFile(m_results->sessionPath());
    m_draft.axes = study.axes;
    m_draft.variants = study.variants;
    m_draft.budget = study.budget;
    m_draft.calibration = study.calibration;
    m_taken = study;
    m_takenSymbols.reset();
    m_fromSession = true;
    const QString model = QString::fromStdString(study.modelPath);
    if (recorded) m_model->close();
    else if (model != m_model->path() || study.randomWeights != m_model->randomWeights() || !m_model->loaded())
        m_model->open(model, study.randomWeights);
    takeSymbols();
    if (!m_results->profiles().empty()) m_results->readProfile(m_results->profiles().back().id);
    if (recorded || study.dataPath.empty()) {
        m_data->goWithout();
    } else {
        m_data->choose(QString::fromStdString(study.dataPath));
    }
    refreshDraft();
    emit opened(m_results->sessionPath());
}

void Workspace::takeProfiles(const ipc::ProfileRequest& newest) {
    m_settings.addRecentFile(m_results->sessionPath());
    forgetStudy();
    m_model->open(QString::fromStdString(newest.model.model), newest.model.randomWeights);
    if (newest.model.randomWeights) m_data->goWithout();
    emit opened(m_results->sessionPath());
}

void Workspace::takeSymbols() {
    if (!m_taken || m_takenSymbols || m_model->state() != ModelTask::State::Ready) return;
    const recipe::RunSetting shown = m_model->setting();
    auto symbols = m_model->symbols();
    for (auto& [name, extent] : symbols) {
        const auto given = m_taken->setting.symbols.find(name);
        if (given != m_taken->setting.symbols.end()) {
            extent = given->second;
        } else if (!shown.symbols.contains(name) && m_taken->setting.batch > 0) {
            extent = m_taken->setting.batch;  // the one that the setting does not name is its batch
        }
    }
    m_model->setSymbols(symbols);
    m_takenSymbols = std::move(symbols);
}

void Workspace::setAxes(const std::vector<trial::Axis>& axes) {
    m_draft.axes = axes;
    refreshDraft();
}

void Workspace::setVariants(const std::vector<trial::Variant>& variants) {
    m_draft.variants = variants;
    refreshDraft();
}

void Workspace::setBudget(const trial::Budget& budget) {
    m_draft.budget = budget;
    refreshDraft();
}

void Workspace::setCalibration(const trial::Calibration& calibration) {
    m_draft.calibration = calibration;
    refreshDraft();
}

void Workspace::refreshDraft() {
    m_draft.modelPath = m_model->path().toStdString();
    m_draft.randomWeights = m_model->randomWeights();
    m_draft.dataPath = m_data->state() == DataTask::State::Ready ? m_data->path().toStdString() : std::string();
    const trial::Study given = m_taken.value_or(trial::Study{});
    const bool sameExtents = m_taken && (!m_takenSymbols || m_model->symbols() == *m_takenSymbols);
    m_draft.setting = given.setting;
    if (!sameExtents) {
        const recipe::RunSetting chosen = m_model->setting();
        m_draft.setting.batch = chosen.batch;
        m_draft.setting.symbols = chosen.symbols;
        m_draft.setting.shapes.clear();
    }
    m_draft.baseline = given.baseline;
    if (!sameExtents || m_draft.baseline.setting == recipe::RunSetting{}) m_draft.baseline.setting = m_draft.setting;
    m_draft.baselineName = given.baselineName;
    m_draft.seed = given.seed;
    m_draft.question = given.question;
    // A metric belongs to its data; a program that a session names is not run.
    const bool ownMetric = m_draft.dataPath == given.dataPath && !given.metric.starts_with("exec:");
    m_draft.metric = ownMetric ? given.metric : std::string();
    m_draft.name = m_taken ? given.name : tasks::modelNameOf(m_model->path().toStdString());
    m_sweep->setDraft(m_draft);
    // What a session says of layers holds for its own data and extents.
    if (sameExtents && m_draft.dataPath == given.dataPath) m_sensitivity->show(m_results->sensitivity());
    emit draftChanged();
}

void Workspace::runSweep() {
    if (const QString why = runProblem(); !why.isEmpty()) {
        emit problem(why);
        return;
    }
    m_sweep->run(sessionPath());
}

void Workspace::findMix(const tune::MixGoal& goal) {
    if (const QString why = mixProblem(); !why.isEmpty()) {
        emit problem(why);
        return;
    }
    trial::Study study = m_draft;
    study.id = 0;
    study.axes.clear();
    study.variants.clear();
    study.question.clear();
    study.name = tr("Best mix").toStdString();
    m_sweep->findMix({study, m_sensitivity->table(), m_sensitivity->asked(), goal}, sessionPath());
}

void Workspace::profile(const trial::TrialResult* trial) {
    ipc::ProfileRequest request;
    request.counters = true;
    request.options = trial::usualOptions();
    request.model.model = m_model->path().toStdString();
    request.model.randomWeights = m_model->randomWeights();
    request.model.setting = m_model->setting();
    QString subject = subjectTitle();
    if (trial) {
        subject = QString::fromStdString(trial->trial.label);
        request.model.model = fileOf(trial->trial).toStdString();
        request.model.recipe = trial->trial.recipe;
        request.model.setting = trial->trial.setting;
        request.model.calibration = trial::calibrationOf(m_results->snapshot()->study);
    }
    m_profiling->profile(request, subject, trial ? trial->id : 0);
}

QString Workspace::sessionPath() const {
    if (!m_chosenSession.isEmpty()) return m_chosenSession;
    if (!m_results->sessionPath().isEmpty()) return m_results->sessionPath();
    const QFileInfo model(m_model->path());
    QString folder = model.absolutePath();
    if (!QFileInfo(folder).isWritable()) {
        folder = QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/sessions");
        QDir().mkpath(folder);
    }
    return folder + '/' + QString::fromStdString(tasks::modelNameOf(m_model->path().toStdString())) + QStringLiteral(".trimtab");
}

void Workspace::setSessionPath(const QString& path) {
    m_chosenSession = path;
    emit draftChanged();
}

QString Workspace::fileOf(const trial::Trial& trial) const {
    const SnapshotPtr snapshot = m_results->snapshot();
    if (trial.variant.empty() || !snapshot) return m_model->path();
    return QString::fromStdString(trial::fileOf(snapshot->study, trial).value_or(trial::ModelFile{}).path);
}

bool Workspace::idle() const {
    const bool working = m_worker->busy() || m_devices->busy() || m_results->busy() || m_fidelity->busy() || m_sensitivity->busy() ||
                         m_generation->busy() || m_profiling->busy() || m_storage->busy() || m_sweep->running();
    const bool loading = m_model->state() == ModelTask::State::Loading || m_data->state() == DataTask::State::Loading;
    return !working && !loading && m_pendingData.isEmpty();
}

}  // namespace trimtab::gui
