// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/samples.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

namespace trimtab::gui {

QStringList resourceFolders(const QString& program) {
    QStringList folders;
    if (const QString chosen = qEnvironmentVariable("TRIMTAB_RESOURCES"); !chosen.isEmpty()) folders << chosen;
    folders << program + "/../share/trimtab" << program + "/../share/trimtab/resources";
    // A build folder lies one or two steps beneath the source tree.
    folders << program + "/../resources" << program + "/../../resources" << program + "/../../../resources";
#ifdef TRIMTAB_INSTALL_DATADIR
    folders << QStringLiteral(TRIMTAB_INSTALL_DATADIR);
#endif
    return folders;
}

namespace {

QString modelIn(const QDir& folder) {
    const QStringList models = folder.entryList({"*.onnx"}, QDir::Files, QDir::Name);
    return models.isEmpty() ? QString() : folder.absoluteFilePath(models.front());
}

}  // namespace

std::vector<Sample> findSamples(const QString& program) {
    const auto tr = [](const char* text) { return QCoreApplication::translate("Samples", text); };
    struct Known {
        QString name, title, description, icon;
    };
    const Known known[] = {
        {"classifier", tr("Image classifier"),
         tr("A small convolutional network that tells rendered digits and shapes apart, with its evaluation pictures."), "image"},
        {"language", tr("Language model"),
         tr("A small causal language model (Llama-like) that continues stories of a made-up world, with its evaluation text."), "text"},
        {"speech", tr("Voice detector"),
         tr("A small convolutional network over sound that tells in which hundredths of a second somebody speaks, with noisy clips."),
         "voice"},
        {"recommender", tr("Recommender"),
         tr("Tables of users and items with a perceptron on top, which rank what a user might click, with clicks to score them on."),
         "cart"},
        {"surrogate", tr("Solver surrogate"),
         tr("A small U-shaped network in place of a flow solver: velocities now to velocities later, with solved fields."), "waves"},
    };
    std::vector<Sample> samples;
    for (const QString& root : resourceFolders(program)) {
        for (const Known& entry : known) {
            const QDir folder(root + "/samples/" + entry.name);
            const QString model = folder.exists() ? modelIn(folder) : QString();
            if (model.isEmpty()) continue;
            const QString data = folder.exists("data/dataset.json") ? folder.absoluteFilePath("data") : QString();
            samples.push_back({entry.name, entry.title, entry.description, entry.icon, model, data});
        }
        if (!samples.empty()) break;
    }
    return samples;
}

}  // namespace trimtab::gui
