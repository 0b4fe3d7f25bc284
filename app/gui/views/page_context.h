// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What a page is handed: the work, the look, what is remembered, and a way to ask for files. All outlive the page.

namespace trimtab::gui {

class FilePrompt;
class Settings;
class Theme;
class Workspace;

struct PageContext {
    Workspace& workspace;
    Theme& theme;
    Settings& settings;
    FilePrompt& files;
};

}  // namespace trimtab::gui
