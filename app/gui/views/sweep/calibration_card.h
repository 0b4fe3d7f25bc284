// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Which data methods that calibrate look at, and how many samples of them.
#include <QFrame>

#include "core/trial/study.h"

class QLabel;
class QPushButton;
class QSpinBox;

namespace trimtab::gui {

class FilePrompt;

class CalibrationCard : public QFrame {
    Q_OBJECT
public:
    /// `files` outlives the card.
    explicit CalibrationCard(FilePrompt& files, QWidget* parent = nullptr);

    /// `evaluationData` is what is taken where no data are named for it; empty: drawn inputs. `wanted`: a method that looks at them is
    /// switched on.
    void show(const trial::Calibration& calibration, const QString& evaluationData, bool wanted);

signals:
    void changed(const trimtab::trial::Calibration& calibration);

private:
    void choose(bool folder);
    void set(const QString& path, std::int64_t samples);

    FilePrompt& m_files;
    trial::Calibration m_shown;
    QLabel* m_source = nullptr;
    QLabel* m_note = nullptr;
    QPushButton* m_own = nullptr;
    QSpinBox* m_samples = nullptr;
};

}  // namespace trimtab::gui
