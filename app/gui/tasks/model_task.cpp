// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/model_task.h"

#include <QDir>
#include <QFileInfo>

#include "app/gui/settings/settings.h"

namespace trimtab::gui {

namespace {

const QString kInfoTag = QStringLiteral("model.info");
const QString kTimeTag = QStringLiteral("model.time");

std::map<std::string, std::int64_t> symbolsFromText(const QString& text) {
    std::map<std::string, std::int64_t> symbols;
    for (const QString& part : text.split(',', Qt::SkipEmptyParts)) {
        const int at = static_cast<int>(part.lastIndexOf('='));
        const qlonglong extent = part.mid(at + 1).toLongLong();
        if (at > 0 && extent > 0) symbols[part.left(at).toStdString()] = extent;
    }
    return symbols;
}

QString symbolsToText(const std::map<std::string, std::int64_t>& symbols) {
    QStringList parts;
    for (const auto& [name, extent] : symbols) parts << QStringLiteral("%1=%2").arg(QString::fromStdString(name)).arg(extent);
    return parts.join(',');
}

std::int64_t proposedExtent(const std::string& symbol) {
    const QString word = QString::fromStdString(symbol).toLower();
    for (const char* hint : {"seq", "length", "time", "token"}) {
        if (word.contains(QLatin1String(hint))) return 64;
    }
    return 1;
}

/// The name of a dim as openSymbols has it: anonymous ones by their place.
std::string symbolOf(const ipc::ModelInfo::Port& port, std::size_t axis) {
    return port.shape[axis] == "?" ? port.name + ":" + std::to_string(axis) : port.shape[axis];
}

}  // namespace

ModelTask::ModelTask(WorkerLane& worker, Settings& settings, QObject* parent) : QObject(parent), m_worker(worker), m_settings(settings) {}

void ModelTask::open(const QString& path, std::optional<std::uint64_t> randomWeights) {
    forget();
    m_path = QFileInfo(path).absoluteFilePath();
    m_randomWeights = randomWeights;
    m_state = State::Loading;
    emit stateChanged();
    request();
}

void ModelTask::close() {
    m_worker.cancel(kInfoTag);
    forget();
    m_state = State::Empty;
    emit stateChanged();
}

void ModelTask::forget() {
    m_worker.cancel(kTimeTag);
    m_path.clear();
    m_randomWeights.reset();
    m_info.reset();
    m_layers.reset();
    m_symbols.clear();
    m_openSymbols.clear();
    m_declaredInputs.clear();
    forgetTiming();
}

void ModelTask::request() {
    m_worker.call(kInfoTag, "info", ipc::toJson(infoRequest()), [this](Result<Json> answer) { takeInfo(std::move(answer)); });
}

void ModelTask::takeInfo(Result<Json> answer) {
    Result<ipc::ModelInfo> info = answer ? ipc::modelInfoFromJson(*answer) : tl::unexpected<Error>(answer.error());
    if (!info) {
        m_error = info.error();
        m_state = State::Failed;
        emit stateChanged();
        return;
    }
    const bool first = !m_info;
    m_info = std::move(*info);
    m_layers = std::make_shared<const std::vector<trace::LayerRecord>>(m_info->layers);
    m_state = State::Ready;
    if (first) {
        m_openSymbols = m_info->openSymbols;
        m_declaredInputs = m_info->inputs;
        recallSymbols();
        if (!m_symbols.empty()) request();
    }
    emit stateChanged();
}

void ModelTask::recallSymbols() {
    const QVariantMap all = m_settings.value(Setting::ModelSymbols).toMap();
    for (const std::string& name : m_openSymbols) m_symbols[name] = proposedExtent(name);
    for (const auto& [name, extent] : symbolsFromText(all.value(QString::fromStdString(m_info->hash)).toString())) {
        if (std::find(m_openSymbols.begin(), m_openSymbols.end(), name) != m_openSymbols.end()) m_symbols[name] = extent;
    }
    emit symbolsChanged();
}

void ModelTask::setSymbols(const std::map<std::string, std::int64_t>& symbols) {
    if (!m_info || symbols == m_symbols) return;
    m_symbols = symbols;
    QVariantMap all = m_settings.value(Setting::ModelSymbols).toMap();
    all.insert(QString::fromStdString(m_info->hash), symbolsToText(symbols));
    m_settings.set(Setting::ModelSymbols, all);
    forgetTiming();
    emit symbolsChanged();
    request();
}

std::string ModelTask::batchSymbol() const {
    for (const auto& port : m_declaredInputs) {
        if (port.shape.empty()) continue;
        const std::string symbol = symbolOf(port, 0);
        if (m_symbols.contains(symbol)) return symbol;
    }
    return {};
}

recipe::RunSetting ModelTask::setting() const {
    recipe::RunSetting setting;
    setting.symbols = m_symbols;
    if (const auto batch = setting.symbols.find(batchSymbol()); batch != setting.symbols.end()) {
        setting.batch = batch->second;
        setting.symbols.erase(batch);
    }
    return setting;
}

bool ModelTask::canDraw() const {
    if (m_state != State::Failed || m_randomWeights) return false;
    const QDir folder(m_path);
    static const QStringList weights{QStringLiteral("*.safetensors*"), QStringLiteral("*.bin"), QStringLiteral("*.onnx"),
                                     QStringLiteral("*.gguf"), QStringLiteral("*.pt"), QStringLiteral("*.pth")};
    return folder.exists(QStringLiteral("config.json")) && folder.entryList(weights).isEmpty() && !folder.exists(QStringLiteral("onnx"));
}

ipc::ModelRequest ModelTask::bareRequest() const {
    ipc::ModelRequest request;
    request.model = m_path.toStdString();
    request.randomWeights = m_randomWeights;
    return request;
}

ipc::ModelRequest ModelTask::infoRequest() const {
    ipc::ModelRequest request = bareRequest();
    for (const auto& port : m_declaredInputs) {
        std::vector<std::int64_t> dims;
        for (std::size_t axis = 0; axis < port.shape.size(); ++axis) {
            const auto given = m_symbols.find(symbolOf(port, axis));
            bool known = true;
            dims.push_back(given != m_symbols.end() ? given->second : QString::fromStdString(port.shape[axis]).toLongLong(&known));
            if (!known) {
                dims.clear();
                break;
            }
        }
        const bool whole = dims.size() == port.shape.size();  // else the rank is not known
        if (whole) request.setting.shapes.emplace(port.name, Shape(std::move(dims)));
    }
    return request;
}

void ModelTask::measureTime() {
    if (!loaded() || m_measuring) return;
    ipc::BenchRequest bench;
    bench.model = bareRequest();
    bench.model.setting = setting();
    m_measuring = true;
    emit measuringChanged();
    m_worker.call(kTimeTag, "bench", ipc::toJson(bench), [this](Result<Json> answer) { takeTiming(std::move(answer)); },
                  [this](double share, const QString& what) { emit measuringProgressed(share, what); });
}

void ModelTask::cancelMeasuring() { m_worker.cancel(kTimeTag); }

void ModelTask::takeTiming(Result<Json> answer) {
    if (!m_measuring) return;  // another model was opened meanwhile
    m_measuring = false;
    emit measuringChanged();
    Result<ipc::BenchAnswer> timing = answer ? ipc::benchAnswerFromJson(*answer) : tl::unexpected<Error>(answer.error());
    if (!timing) {
        if (timing.error().code != ErrorCode::Cancelled) emit measuringFailed(QString::fromStdString(timing.error().text()));
        return;
    }
    m_timing = std::move(*timing);
    m_timedLayers = std::make_shared<const std::vector<trace::LayerRecord>>(m_timing->layers);
    emit timingChanged();
}

void ModelTask::forgetTiming() {
    if (m_measuring) {
        m_measuring = false;
        emit measuringChanged();
    }
    m_timing.reset();
    m_timedLayers.reset();
    emit timingChanged();
}

}  // namespace trimtab::gui
