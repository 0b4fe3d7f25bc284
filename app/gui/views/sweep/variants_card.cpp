// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/sweep/variants_card.h"

#include <algorithm>

#include <QFileInfo>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include "app/gui/shell/file_prompt.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/views/common/labels.h"
#include "app/tasks/study_identity.h"

namespace trimtab::gui {

namespace {

/// The file's name; with its folder's, or a number, where that one is taken.
std::string freeName(const std::vector<trial::Variant>& taken, const QString& path) {
    const auto isFree = [&taken](const std::string& name) { return std::ranges::find(taken, name, &trial::Variant::name) == taken.end(); };
    const std::string name = tasks::variantNameOf(path.toStdString());
    if (isFree(name)) return name;
    const std::string longer = tasks::variantNameOf(QFileInfo(path).absolutePath().toStdString()) + '/' + name;
    std::string numbered = longer;
    for (int i = 2; !isFree(numbered); ++i) numbered = longer + ' ' + std::to_string(i);
    return numbered;
}

}  // namespace

VariantsCard::VariantsCard(FilePrompt& files, QWidget* parent) : QFrame(parent), m_files(files) {
    setProperty("card", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kWideGap, 12, kWideGap, 12);
    layout->setSpacing(kGap);
    layout->addWidget(makeLabel(tr("Other files of this model"), "heading"));
    layout->addWidget(makeLabel(tr("Quantised or pruned elsewhere, say. Each is measured as it is, beside the configurations."), "small"));
    m_list = new QVBoxLayout;
    m_list->setSpacing(0);
    layout->addLayout(m_list);
    auto* row = new QHBoxLayout;
    row->setSpacing(kGap);
    auto* folder = makeButton(QStringLiteral("sweep.variantFolder"), tr("Add folder…"));
    auto* file = makeButton(QStringLiteral("sweep.variantFile"), tr("Add file…"));
    row->addWidget(folder);
    row->addWidget(file);
    row->addStretch();
    layout->addLayout(row);
    connect(folder, &QPushButton::clicked, this, [this] { choose(true); });
    connect(file, &QPushButton::clicked, this, [this] { choose(false); });
}

void VariantsCard::show(const std::vector<trial::Variant>& variants) {
    if (variants == m_shown) return;
    m_shown = variants;
    while (QLayoutItem* item = m_list->takeAt(0)) {
        item->widget()->deleteLater();  // the press that removes it may still be under way
        delete item;
    }
    for (const trial::Variant& variant : variants) m_list->addWidget(makeRow(variant));
}

QWidget* VariantsCard::makeRow(const trial::Variant& variant) {
    const QString name = QString::fromStdString(variant.name);
    const QString path = QString::fromStdString(variant.path);
    auto* row = new QWidget;
    row->setObjectName(QStringLiteral("sweep.variant.") + name);
    row->setToolTip(path);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGap);
    auto* title = makeLabel(name);
    title->setWordWrap(false);
    auto* place = makeLabel(tr("in %1").arg(QFileInfo(QFileInfo(path).absolutePath()).fileName()), "muted");
    place->setWordWrap(false);
    auto* out = makeButton(QStringLiteral("sweep.removeVariant.") + name, tr("Remove"), "quiet");
    layout->addWidget(title);
    layout->addWidget(place);
    layout->addStretch();
    layout->addWidget(out);
    connect(out, &QPushButton::clicked, this, [this, name = variant.name] { remove(name); });
    return row;
}

void VariantsCard::choose(bool folder) {
    FileQuestion question;
    question.kind = folder ? FileQuestion::Kind::OpenFolder : FileQuestion::Kind::OpenFile;
    question.title = tr("Add another file of this model");
    question.filter = folder ? QString() : tr("Models (*.onnx *.gguf);;All files (*)");
    question.suggestion = m_shown.empty() ? QString() : QString::fromStdString(m_shown.back().path);
    m_files.ask(this, question, [this](const QString& path) { add(path); });
}

void VariantsCard::add(const QString& path) {
    std::vector<trial::Variant> variants = m_shown;
    const std::string model = tasks::modelAt(path.toStdString());
    variants.push_back({freeName(m_shown, QString::fromStdString(model)), model, {}});
    emit changed(variants);
}

void VariantsCard::remove(const std::string& name) {
    std::vector<trial::Variant> variants = m_shown;
    std::erase_if(variants, [&name](const trial::Variant& variant) { return variant.name == name; });
    emit changed(variants);
}

}  // namespace trimtab::gui
