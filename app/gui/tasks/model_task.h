// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The model that the window shows: what the worker tells about it, the extents given to its open dimensions, and the time of its layers.
// Everything known is a value; signals say that a fact has changed.
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <QObject>

#include "app/gui/tasks/worker_lane.h"
#include "core/ipc/messages.h"

namespace trimtab::gui {

class Settings;

class ModelTask : public QObject {
    Q_OBJECT
public:
    enum class State { Empty, Loading, Ready, Failed };
    using Layers = std::shared_ptr<const std::vector<trace::LayerRecord>>;

    ModelTask(WorkerLane& worker, Settings& settings, QObject* parent = nullptr);

    /// `randomWeights`: of a configuration, the seed that its weights are drawn from.
    void open(const QString& path, std::optional<std::uint64_t> randomWeights = {});
    /// No model is open from here on.
    void close();
    /// Extents for open dimensions; remembered for this model. Until they are given, proposals are taken: 1, and 64 for lengths of
    /// sequences.
    void setSymbols(const std::map<std::string, std::int64_t>& symbols);
    void measureTime();
    void cancelMeasuring();

    State state() const { return m_state; }
    const QString& path() const { return m_path; }
    /// The seed of weights that are drawn: speed and memory are real, answers mean nothing.
    std::optional<std::uint64_t> randomWeights() const { return m_randomWeights; }
    /// What could not be read is a folder with a configuration and without weights, which can be drawn.
    bool canDraw() const;
    const Error& error() const { return m_error; }
    bool loaded() const { return m_state == State::Ready; }
    /// REQUIRES: loaded().
    const ipc::ModelInfo& info() const { return *m_info; }
    const std::map<std::string, std::int64_t>& symbols() const { return m_symbols; }
    /// Names of the dimensions that the file leaves open, also those that have an extent by now.
    const std::vector<std::string>& openSymbols() const { return m_openSymbols; }
    /// How the model is run: the extent of the first dimension as the batch, so that an axis may vary it, the others by name.
    recipe::RunSetting setting() const;

    Layers layers() const { return m_layers; }
    /// As the engine runs them, with times; null before they were measured.
    Layers timedLayers() const { return m_timedLayers; }
    const std::optional<ipc::BenchAnswer>& timing() const { return m_timing; }
    bool measuring() const { return m_measuring; }

signals:
    void stateChanged();     // another model, or another state of the same
    void symbolsChanged();
    void timingChanged();    // measured, or forgotten
    void measuringChanged();
    void measuringProgressed(double share, const QString& what);
    void measuringFailed(const QString& message);

private:
    void forget();
    void request();
    void takeInfo(Result<Json> answer);
    void takeTiming(Result<Json> answer);
    ipc::ModelRequest bareRequest() const;
    ipc::ModelRequest infoRequest() const;
    std::string batchSymbol() const;
    void recallSymbols();
    void forgetTiming();

    WorkerLane& m_worker;
    Settings& m_settings;
    State m_state = State::Empty;
    QString m_path;
    std::optional<std::uint64_t> m_randomWeights;
    Error m_error;
    std::optional<ipc::ModelInfo> m_info;
    std::vector<std::string> m_openSymbols;             // as the file has them, before extents were given
    std::vector<ipc::ModelInfo::Port> m_declaredInputs;
    std::map<std::string, std::int64_t> m_symbols;
    Layers m_layers, m_timedLayers;
    std::optional<ipc::BenchAnswer> m_timing;
    bool m_measuring = false;
};

}  // namespace trimtab::gui
