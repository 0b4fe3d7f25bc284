// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/theme/style_sheet.h"

#include <utility>

namespace trimtab::gui {

namespace {

const char* const kText = R"(
QWidget { color: @text; }
QMainWindow, QDialog, #page { background: @window; }
QLabel { background: transparent; }
QLabel[role="title"] { font-size: 17pt; font-weight: 600; }
QLabel[role="heading"] { font-size: 11pt; font-weight: 600; }
QLabel[role="muted"] { color: @muted; }
QLabel[role="small"] { color: @muted; font-size: 8.5pt; }
QLabel[role="value"] { font-size: 15pt; font-weight: 600; }
QLabel[role="badge"] { border-radius: 8px; padding: 2px 8px; background: @sunken; color: @muted; font-size: 8.5pt; font-weight: 600; }
QLabel[tone="good"] { color: @good; }
QLabel[tone="warning"] { color: @warning; }
QLabel[tone="bad"] { color: @bad; }
QLabel[role="badge"][tone="good"] { background: @goodSoft; color: @good; }
QLabel[role="badge"][tone="warning"] { background: @warningSoft; color: @warning; }
QLabel[role="badge"][tone="bad"] { background: @badSoft; color: @bad; }
QLabel[role="badge"][tone="accent"] { background: @accentSoft; color: @accent; }
QFrame[card="true"] { background: @surface; border: 1px solid @border; border-radius: 8px; }
QFrame[card="drop"] { background: @surface; border: 2px dashed @border; border-radius: 12px; }
QFrame[card="drop"][over="true"] { background: @accentSoft; border-color: @accent; }
QFrame[card="click"] { background: @surface; border: 1px solid @border; border-radius: 8px; }
QFrame[card="click"]:hover { border-color: @accent; }
QFrame[card="strip"] { background: @surface; border: none; border-top: 1px solid @border; }
QFrame[card="message"] { background: @badSoft; border: 1px solid @bad; border-radius: 8px; }
QFrame[card="message"][tone="good"] { background: @goodSoft; border-color: @good; }
QFrame[card="message"][tone="warning"] { background: @warningSoft; border-color: @warning; }
#rail { background: @surface; border: none; border-right: 1px solid @border; }
#rail QToolButton { border: none; border-radius: 8px; padding: 8px 2px 6px 2px; color: @muted; background: transparent; font-size: 8.5pt; }
#rail QToolButton:hover { background: @sunken; color: @text; }
#rail QToolButton:checked { background: @accentSoft; color: @accent; font-weight: 600; }
#rail QToolButton:focus { border: 1px solid @accent; }
)";

const char* const kControls = R"(
QPushButton { background: @surface; border: 1px solid @border; border-radius: 6px; padding: 5px 12px; min-height: 18px; }
QPushButton:hover { background: @sunken; }
QPushButton:focus { border-color: @accent; }
QPushButton:disabled { color: @faint; }
QPushButton[kind="primary"] { background: @accent; border-color: @accent; color: @onAccent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: @accentHover; }
QPushButton[kind="primary"]:focus { border: 2px solid @text; padding: 4px 11px; }
QPushButton[kind="primary"]:disabled { background: @sunken; border-color: @border; color: @faint; }
QPushButton[kind="quiet"] { border: 1px solid transparent; background: transparent; color: @accent; padding: 5px 8px; }
QPushButton[kind="quiet"]:hover { background: @accentSoft; }
QPushButton[kind="quiet"]:focus { border-color: @accent; }
QPushButton[kind="quiet"]:disabled { color: @faint; }
QPushButton[kind="chip"] { border-radius: 13px; padding: 3px 12px; color: @muted; }
QPushButton[kind="chip"]:hover { border-color: @accent; }
QPushButton[kind="chip"]:checked { background: @accentSoft; border-color: @accent; color: @accent; }
QPushButton[kind="chip"]:disabled { color: @faint; background: @sunken; }
QPushButton[kind="chip"]:checked:disabled { background: @sunken; border-color: @border; color: @muted; }
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit, QTextBrowser {
  background: @surface; border: 1px solid @border; border-radius: 6px; padding: 4px 8px;
  selection-background-color: @accent; selection-color: @onAccent; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus { border-color: @accent; }
QLineEdit[invalid="true"] { border-color: @bad; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled { color: @faint; background: @sunken; }
QComboBox { padding-right: 24px; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url(:/icons/chevron-down.svg); width: 14px; height: 14px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; background: transparent; width: 20px; }
QAbstractSpinBox::up-arrow { image: url(:/icons/chevron-up.svg); width: 12px; height: 12px; }
QAbstractSpinBox::down-arrow { image: url(:/icons/chevron-down.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: @surface; border: 1px solid @border;
  selection-background-color: @accentSoft; selection-color: @text; }
QProgressBar { background: @sunken; border: none; border-radius: 4px; max-height: 8px; min-height: 8px; }
QProgressBar::chunk { background: @accent; border-radius: 4px; }
QToolTip { background: @surface; color: @text; border: 1px solid @border; padding: 6px; }
)";

const char* const kViews = R"(
QTableView { background: @surface; border: 1px solid @border; border-radius: 8px; gridline-color: transparent;
  selection-background-color: @accentSoft; selection-color: @text; }
QTableView::item { border: none; padding: 0px 8px; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: @surface; color: @muted; border: none; border-bottom: 1px solid @border; padding: 6px 8px;
  font-size: 8.5pt; }
QHeaderView::up-arrow, QHeaderView::down-arrow { subcontrol-origin: border; subcontrol-position: top center; width: 8px; height: 6px; }
QTableCornerButton::section { background: @surface; border: none; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 2px; }
QScrollBar::handle { background: @scroll; border-radius: 3px; min-height: 24px; min-width: 24px; }
QScrollBar::handle:hover { background: @muted; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: transparent; width: 0px; height: 0px; }
QTabWidget::pane { border: none; }
QTabBar { background: transparent; }
QTabBar::tab { background: transparent; border: none; border-bottom: 2px solid transparent; padding: 6px 4px;
  margin-right: 16px; color: @muted; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:selected { color: @text; border-bottom-color: @accent; font-weight: 600; }
QTabBar::tab:focus { color: @accent; }
QSplitter::handle { background: transparent; }
QSplitter::handle:horizontal { width: 8px; }
QSplitter::handle:vertical { height: 8px; }
QMenuBar { background: @surface; border-bottom: 1px solid @border; padding: 2px 8px; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: @accentSoft; }
QMenu { background: @surface; border: 1px solid @border; padding: 4px; }
QMenu::item { padding: 6px 24px; border-radius: 4px; }
QMenu::item:selected { background: @accentSoft; }
QMenu::item:disabled { color: @faint; }
QMenu::separator { height: 1px; background: @border; margin: 4px 8px; }
)";

QColor mix(const QColor& a, const QColor& b, double share) {
    const auto blend = [share](int x, int y) { return static_cast<int>(x * (1 - share) + y * share); };
    return {blend(a.red(), b.red()), blend(a.green(), b.green()), blend(a.blue(), b.blue())};
}

}  // namespace

QString styleSheetFor(const Palette& p) {
    QString sheet = QString::fromLatin1(kText) + QString::fromLatin1(kControls) + QString::fromLatin1(kViews);
    // Longer names first: "@accent" is the beginning of "@accentSoft".
    const std::pair<const char*, QColor> colours[] = {
        {"@accentHover", mix(p.accent, p.text, 0.15)}, {"@accentSoft", p.accentSoft}, {"@accent", p.accent},
        {"@onAccent", p.onAccent}, {"@goodSoft", p.goodSoft}, {"@good", p.good}, {"@warningSoft", p.warningSoft},
        {"@warning", p.warning}, {"@badSoft", p.badSoft}, {"@bad", p.bad}, {"@window", p.window}, {"@surface", p.surface},
        {"@sunken", p.sunken}, {"@border", p.border}, {"@text", p.text}, {"@muted", p.muted},
        {"@faint", mix(p.muted, p.surface, 0.45)}, {"@scroll", mix(p.border, p.muted, 0.25)}};
    for (const auto& [word, colour] : colours) sheet.replace(QLatin1String(word), colour.name());
    return sheet;
}

}  // namespace trimtab::gui
