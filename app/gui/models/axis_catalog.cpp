// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/axis_catalog.h"

#include <QCoreApplication>

namespace trimtab::gui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("AxisCatalog", text); }

}  // namespace

const std::vector<AxisOffer>& axisOffers() {
    static const std::vector<AxisOffer> offers = {
        {QStringLiteral("prune.ratio"), tr("Pruning"), tr("Share of the weights set to zero, the smallest first."),
         {"0", "0.3", "0.5", "0.7", "0.8", "0.9", "0.95"}, {tr("none"), "30 %", "50 %", "70 %", "80 %", "90 %", "95 %"}},
        {QStringLiteral("weights.bits"), tr("Bits of the weights"), tr("Fewer bits, fewer bytes to read. 8 and 4 have kernels, the others are emulated."),
         {"32", "16", "8", "6", "5", "4", "3", "2"}, {tr("as is"), "16", "8", "6", "5", "4", "3", "2"}},
        {QStringLiteral("weights.group"), tr("Group"), tr("How many columns share a scale. Small groups are finer and cost a little size."),
         {"0", "128", "64", "32", "16"}, {tr("channel"), "128", "64", "32", "16"}},
        {QStringLiteral("compute"), tr("Products"), tr("The type in which products are formed. int8 and fp8 round activations too."),
         {"fp32", "tf32", "bf16", "fp16", "fp8", "int8"}, {"fp32", "tf32", "bf16", "fp16", "fp8", "int8"}},
        {QStringLiteral("run.batch"), tr("Batch"), tr("How many samples one run takes. The model needs an open first dimension."),
         {"1", "4", "16", "32", "64"}, {"1", "4", "16", "32", "64"}},
        {QStringLiteral("run.engine"), tr("Engine"), tr("What runs it: this machine's processor, an NVIDIA GPU, or ONNX Runtime, where they are."),
         {"cpu", "cuda", "onnxruntime"}, {"cpu", "cuda", "ONNX Runtime"}},
    };
    return offers;
}

const std::vector<SweepPreset>& sweepPresets() {
    static const std::vector<SweepPreset> presets = {
        {tr("First look"), tr("The usual widths and types, in a few minutes."), {"weights.bits=32,8,4", "compute=fp32,bf16,int8"}},
        {tr("Bits"), tr("Every width of the weights."), {"weights.bits=32,16,8,6,5,4,3,2"}},
        {tr("Pruning"), tr("From dense to 95 % zeros."), {"prune.ratio=0,0.3,0.5,0.7,0.8,0.9,0.95"}},
        {tr("Wide"), tr("Pruning, bits and products crossed."), {"prune.ratio=0,0.5,0.9", "weights.bits=32,8,4", "compute=fp32,bf16,int8"}},
    };
    return presets;
}

QString axisValueText(const Json& value) {
    if (value.is_string()) return QString::fromStdString(value.get_ref<const std::string&>());
    if (value.is_number()) return QString::number(value.get<double>(), 'g', 10);
    return QString::fromStdString(base::dumpJson(value));
}

}  // namespace trimtab::gui
