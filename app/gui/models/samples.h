// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The models that ship with the product, found at run time: TRIMTAB_RESOURCES, then relative to the program, then the install path.
#include <vector>

#include <QStringList>

namespace trimtab::gui {

struct Sample {
    QString name;         // "classifier"
    QString title;
    QString description;
    QString icon;
    QString model;        // path
    QString data;         // path of its evaluation data
};

/// Where the product's resources may lie, in the order in which they are looked for.
QStringList resourceFolders(const QString& program);

/// Empty when the resources are not there. `program` is the folder of the running program.
std::vector<Sample> findSamples(const QString& program);

}  // namespace trimtab::gui
