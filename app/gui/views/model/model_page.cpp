// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/model/model_page.h"

#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QProgressBar>
#include <QStackedLayout>
#include <QVBoxLayout>

#include "app/gui/models/layer_table_model.h"
#include "app/gui/models/table_filter.h"
#include "app/gui/models/text.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/data_table.h"
#include "app/gui/views/common/empty_state.h"
#include "app/gui/views/common/labels.h"
#include "app/gui/views/common/stat_tile.h"
#include "app/gui/views/model/symbol_form.h"

namespace trimtab::gui {

namespace {

using Column = LayerTableModel::Column;

QString portText(const ipc::ModelInfo::Port& port) {
    QStringList dims;
    for (const std::string& dim : port.shape) dims << QString::fromStdString(dim);
    return QStringLiteral("%1: %2 [%3]")
        .arg(QString::fromStdString(port.name), QString::fromStdString(port.dtype), dims.join(QStringLiteral(", ")));
}

QString portsText(const std::vector<ipc::ModelInfo::Port>& ports) {
    constexpr std::size_t kShown = 6;
    QStringList lines;
    for (std::size_t i = 0; i < ports.size() && i < kShown; ++i) lines << portText(ports[i]);
    if (ports.size() > kShown) lines << QCoreApplication::translate("ModelPage", "and %1 more").arg(ports.size() - kShown);
    return lines.join(QStringLiteral(" · "));
}

}  // namespace

ModelPage::ModelPage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("model"), tr("Model"), parent), m_context(context), m_model(context.workspace.model()) {
    auto* next = makeButton(QStringLiteral("model.next"), tr("Next: Data"), "primary");
    actions()->addWidget(next);
    connect(next, &QPushButton::clicked, this, [this] { emit goTo(QStringLiteral("data")); });
    connect(&m_model, &ModelTask::stateChanged, next, [this, next] { next->setVisible(m_model.loaded()); });
    next->setVisible(false);
    m_empty = new EmptyState(context.theme, QStringLiteral("model"), QStringLiteral("model.open"));
    connect(m_empty, &EmptyState::pressed, this, [this] { m_model.canDraw() ? m_context.workspace.drawWeights() : openRequested(); });
    m_stack = new QStackedLayout;
    content()->addLayout(m_stack, 1);  // first: a stack without a window shows its first page as one
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeBody());
    connectTask();
    refresh();
}

QWidget* ModelPage::makeBody() {
    auto* body = new QWidget;
    auto* layout = new QVBoxLayout(body);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kWideGap);
    layout->addWidget(makeTiles());
    m_ports = makeLabel({}, "muted");
    m_ports->setObjectName(QStringLiteral("model.ports"));
    m_ports->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_problems = makeLabel({}, "");
    m_problems->setObjectName(QStringLiteral("model.problems"));
    setTone(m_problems, "warning");
    layout->addWidget(m_ports);
    layout->addWidget(m_problems);
    layout->addWidget(new SymbolForm(m_model));
    layout->addWidget(makeTools());
    m_fileLayers = new LayerTableModel({Column::Layer, Column::Operator, Column::Operations, Column::Parameters, Column::Bytes}, this);
    m_runLayers = new LayerTableModel({Column::Layer, Column::Operator, Column::Operations, Column::Parameters, Column::Bytes,
                                       Column::Kernel, Column::Time, Column::Share},
                                      this);
    m_rows = new TableFilter(this);
    m_rows->setSourceModel(m_fileLayers);
    m_table = new DataTable(m_context.theme, QStringLiteral("model.layers"));
    m_table->setModel(m_rows);
    m_table->sortByColumn(-1, Qt::AscendingOrder);
    layout->addWidget(m_table, 1);
    return body;
}

QWidget* ModelPage::makeTiles() {
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kWideGap);
    const auto tile = [layout](const QString& objectName, const QString& name) {
        auto* made = new StatTile(name);
        made->setObjectName(objectName);
        layout->addWidget(made, 1);
        return made;
    };
    m_operations = tile(QStringLiteral("model.operations"), tr("Operations of one run"));
    m_parameters = tile(QStringLiteral("model.parameters"), tr("Parameters"));
    m_bytes = tile(QStringLiteral("model.bytes"), tr("Bytes of weights"));
    m_layers = tile(QStringLiteral("model.layerCount"), tr("Layers"));
    m_time = tile(QStringLiteral("model.time"), tr("Time of one run"));
    return row;
}

QWidget* ModelPage::makeTools() {
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGap);
    m_filter = new QLineEdit;
    m_filter->setObjectName(QStringLiteral("model.filter"));
    m_filter->setPlaceholderText(tr("Filter layers, by name or operator"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setMaximumWidth(320);
    m_view = new QComboBox;
    m_view->setObjectName(QStringLiteral("model.view"));
    m_view->addItems({tr("As in the file"), tr("As it runs")});
    m_view->setToolTip(tr("The engine joins some layers of the file into one. Times belong to layers as they run."));
    m_progress = new QProgressBar;
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);
    m_progress->setMaximumWidth(160);
    m_measure = makeButton(QStringLiteral("model.measure"), tr("Measure time"));
    layout->addWidget(m_filter, 1);
    layout->addWidget(m_view);
    layout->addStretch();
    layout->addWidget(m_progress);
    layout->addWidget(m_measure);
    return row;
}

void ModelPage::connectTask() {
    connect(m_filter, &QLineEdit::textChanged, m_rows, &TableFilter::setWords);
    connect(m_view, &QComboBox::currentIndexChanged, this, [this] { refreshLayers(); });
    connect(m_measure, &QPushButton::clicked, this, [this] { m_model.measuring() ? m_model.cancelMeasuring() : m_model.measureTime(); });
    connect(&m_model, &ModelTask::stateChanged, this, &ModelPage::refresh);
    connect(&m_model, &ModelTask::timingChanged, this, [this] {
        m_view->setCurrentIndex(m_model.timing() ? 1 : 0);
        refreshTiles();
        refreshLayers();
    });
    connect(&m_model, &ModelTask::measuringChanged, this, &ModelPage::refreshMeasuring);
    connect(&m_model, &ModelTask::measuringProgressed, this, [this](double share, const QString& what) {
        m_progress->setValue(static_cast<int>(share * 1000));
        m_progress->setToolTip(what);
    });
    connect(&m_context.workspace.sweep(), &SweepTask::runningChanged, this, &ModelPage::refreshMeasuring);
}

void ModelPage::focusFilter() { m_filter->setFocus(); }

void ModelPage::refresh() {
    m_stack->setCurrentIndex(m_model.loaded() ? 1 : 0);
    const QString file = QFileInfo(m_model.path()).fileName();
    switch (m_model.state()) {
        case ModelTask::State::Empty:
            setTitle(tr("Model"));
            setSubtitle({});
            m_empty->setText(
                tr("No model is open"),
                tr("Open an .onnx or .gguf file, or drop one anywhere on the window. Its layers appear here without running it."),
                tr("Open file…"));
            return;
        case ModelTask::State::Loading:
            setTitle(file);
            setSubtitle({});
            m_empty->setText(tr("Reading %1…").arg(file), {}, {});
            return;
        case ModelTask::State::Failed:
            setTitle(file);
            setSubtitle({});
            m_empty->setText(tr("%1 could not be read").arg(file), QString::fromStdString(m_model.error().text()) + drawable(),
                             m_model.canDraw() ? tr("Draw random weights") : tr("Open another file…"));
            return;
        case ModelTask::State::Ready: break;
    }
    const ipc::ModelInfo& info = m_model.info();
    setTitle(file);
    QStringList about;
    if (!info.name.empty()) about << QString::fromStdString(info.name);
    if (!info.producer.empty()) about << tr("made by %1").arg(QString::fromStdString(info.producer));
    for (const auto& [domain, version] : info.opsets)
        about << QStringLiteral("%1 %2").arg(domain.empty() ? QStringLiteral("opset") : QString::fromStdString(domain)).arg(version);
    setSubtitle(about.join(QStringLiteral(" · ")));
    refreshTiles();
    refreshPorts();
    refreshLayers();
    refreshMeasuring();
}

QString ModelPage::drawable() const {
    if (!m_model.canDraw()) return {};
    return tr("\n\nHow fast it would be can be asked all the same: with weights that are drawn at random, for speed and memory alone.");
}

void ModelPage::refreshTiles() {
    if (!m_model.loaded()) return;
    const ipc::ModelInfo& info = m_model.info();
    m_operations->setValue(info.operations >= 0 ? countText(info.operations) : QString(),
                           info.operations >= 0 ? tr("a multiply-add is two") : tr("open dimensions"));
    m_parameters->setValue(countText(static_cast<double>(info.parameters)));
    m_bytes->setValue(bytesText(static_cast<double>(info.weightBytes)), tr("file: %1").arg(bytesText(static_cast<double>(info.fileBytes))));
    m_layers->setValue(QString::number(info.layers.size()), tr("%1 operators").arg(info.operators.size()));
    const auto& timing = m_model.timing();
    if (timing && !timing->timings.trial.empty()) {
        m_time->setValue(millisecondsText(base::median(timing->timings.trial)),
                         tr("median of %1, batch %2").arg(timing->timings.trial.size()).arg(timing->batch));
    } else {
        m_time->setValue({}, tr("not measured yet"));
    }
}

void ModelPage::refreshPorts() {
    const ipc::ModelInfo& info = m_model.info();
    m_ports->setText(tr("Inputs   %1\nOutputs   %2").arg(portsText(info.inputs), portsText(info.outputs)));
    QStringList problems;
    for (const std::string& problem : info.problems) problems << QString::fromStdString(problem);
    if (!info.unsupported.empty()) {
        QStringList names;
        for (const std::string& op : info.unsupported) names << QString::fromStdString(op);
        problems << tr("No engine here executes %1: the model can be looked at, but not run.").arg(names.join(QStringLiteral(", ")));
    }
    m_problems->setText(problems.join('\n'));
    m_problems->setVisible(!problems.isEmpty());
}

void ModelPage::refreshLayers() {
    const bool asRun = m_view->currentIndex() == 1;
    m_fileLayers->setLayers(m_model.layers());
    m_runLayers->setLayers(m_model.timedLayers());
    if (asRun && !m_model.timing()) {
        m_model.measureTime();
        return;
    }
    m_rows->setSourceModel(asRun ? m_runLayers : m_fileLayers);
    m_table->sortByColumn(-1, Qt::AscendingOrder);
    m_table->fitColumns();
}

void ModelPage::refreshMeasuring() {
    const bool sweeping = m_context.workspace.sweep().running();
    m_progress->setVisible(m_model.measuring());
    m_progress->setValue(0);
    m_measure->setText(m_model.measuring() ? tr("Cancel") : tr("Measure time"));
    m_measure->setEnabled(!sweeping);
    m_measure->setToolTip(sweeping ? tr("While a sweep runs, another measurement would disturb it.")
                                   : tr("Runs the model and times each layer."));
}

}  // namespace trimtab::gui
