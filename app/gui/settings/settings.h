// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Everything that the window remembers between runs, in one table: key, type and default stand in settings.cpp, nowhere else.
// An object made in main.cpp (tests give it a file of their own); used on the GUI thread.
#include <QObject>
#include <QSettings>
#include <QVariant>

namespace trimtab::gui {

enum class Setting {
    WindowGeometry,
    Theme,             // "system" | "light" | "dark"
    RecentFiles,       // newest first
    LastFolder,        // where the last file was chosen
    ResultsSplit,      // splitter state
    ResultsSideSplit,  // splitter state
    ChartAxis,         // "latency_ms" | "throughput_sps" | "size_bytes"
    ModelSymbols,      // map: model hash → "symbol=extent,…"
    WorkerMemory,      // bytes, 0: the worker's own default
};

class Settings : public QObject {
    Q_OBJECT
public:
    /// An empty path means the user's own settings.
    explicit Settings(const QString& file = {}, QObject* parent = nullptr);

    QVariant value(Setting setting) const;
    void set(Setting setting, const QVariant& value);

    /// Moves the file to the front of RecentFiles, which keeps ten.
    void addRecentFile(const QString& path);

signals:
    void changed(trimtab::gui::Setting setting);

private:
    QSettings m_store;
};

}  // namespace trimtab::gui
