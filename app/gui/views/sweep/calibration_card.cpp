// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/sweep/calibration_card.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QSpinBox>
#include <QVBoxLayout>

#include "app/gui/shell/file_prompt.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

namespace {

constexpr int kMostSamples = 100'000;

}  // namespace

CalibrationCard::CalibrationCard(FilePrompt& files, QWidget* parent) : QFrame(parent), m_files(files) {
    setProperty("card", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kWideGap, 12, kWideGap, 12);
    layout->setSpacing(kGap);
    layout->addWidget(makeLabel(tr("Calibration data"), "heading"));
    m_source = makeLabel({}, "");
    m_source->setObjectName(QStringLiteral("sweep.calibration"));
    m_note = makeLabel({}, "small");
    m_note->setObjectName(QStringLiteral("sweep.calibrationNote"));
    layout->addWidget(m_source);
    layout->addWidget(m_note);
    auto* row = new QHBoxLayout;
    row->setSpacing(kGap);
    auto* folder = makeButton(QStringLiteral("sweep.calibrationFolder"), tr("Choose folder…"));
    auto* file = makeButton(QStringLiteral("sweep.calibrationFile"), tr("Choose file…"));
    m_own = makeButton(QStringLiteral("sweep.calibrationOwn"), tr("As without"), "quiet");
    m_own->setToolTip(tr("Takes the evaluation data again, or drawn inputs where there are none."));
    m_samples = new QSpinBox;
    m_samples->setObjectName(QStringLiteral("sweep.calibrationSamples"));
    m_samples->setRange(1, kMostSamples);
    m_samples->setMinimumWidth(96);
    m_samples->setToolTip(tr("How many samples of them are looked at. More are slower and change little beyond a few hundred."));
    auto* samples = makeLabel(tr("Samples"), "muted");
    samples->setWordWrap(false);
    for (QWidget* widget : std::initializer_list<QWidget*>{folder, file, m_own}) row->addWidget(widget);
    row->addStretch();
    row->addWidget(samples);
    row->addWidget(m_samples);
    layout->addLayout(row);
    connect(folder, &QPushButton::clicked, this, [this] { choose(true); });
    connect(file, &QPushButton::clicked, this, [this] { choose(false); });
    connect(m_own, &QPushButton::clicked, this, [this] { set({}, m_samples->value()); });
    connect(m_samples, &QSpinBox::valueChanged, this, [this](int value) { set(QString::fromStdString(m_shown.path), value); });
}

void CalibrationCard::show(const trial::Calibration& calibration, const QString& evaluationData, bool wanted) {
    m_shown = calibration;
    const QString path = QString::fromStdString(calibration.path);
    m_source->setText(!path.isEmpty()             ? path
                      : !evaluationData.isEmpty() ? tr("The evaluation data: %1").arg(QFileInfo(evaluationData).fileName())
                                                  : tr("Inputs drawn from the seed, which tell little about real ones"));
    m_note->setText(wanted ? tr("Methods that are switched on look at these inputs; their labels are not read.")
                           : tr("Nothing that is switched on looks at data."));
    m_own->setVisible(!path.isEmpty());
    const QSignalBlocker quiet(m_samples);
    m_samples->setValue(static_cast<int>(std::min<std::int64_t>(calibration.samples, kMostSamples)));
}

void CalibrationCard::choose(bool folder) {
    FileQuestion question;
    question.kind = folder ? FileQuestion::Kind::OpenFolder : FileQuestion::Kind::OpenFile;
    question.title = tr("Choose calibration data");
    question.filter = folder ? QString() : tr("Data (*.npz *.npy *.csv *.txt *.json);;All files (*)");
    question.suggestion = QString::fromStdString(m_shown.path);
    m_files.ask(this, question, [this](const QString& path) { set(path, m_samples->value()); });
}

void CalibrationCard::set(const QString& path, std::int64_t samples) {
    trial::Calibration calibration = m_shown;
    if (path.toStdString() != calibration.path) calibration.hash.clear();
    calibration.path = path.toStdString();
    calibration.samples = samples;
    if (calibration != m_shown) emit changed(calibration);
}

}  // namespace trimtab::gui
