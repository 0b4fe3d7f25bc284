// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Distances in device-independent pixels: multiples of eight, halves of it inside controls.

namespace trimtab::gui {

inline constexpr int kHalfGap = 4;
inline constexpr int kGap = 8;
inline constexpr int kWideGap = 16;
inline constexpr int kPageMargin = 24;
inline constexpr int kRowHeight = 28;
inline constexpr int kRailWidth = 88;
inline constexpr int kRadius = 8;

}  // namespace trimtab::gui
