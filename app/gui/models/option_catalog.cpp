// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/option_catalog.h"

#include <QCoreApplication>

namespace trimtab::gui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("OptionCatalog", text); }

OptionGroup products() {
    return {tr("Products"),
            {{"compute=bf16", "bf16", tr("Products in bf16: half the bytes, and native where the processor has such units.")},
             {"compute=fp16", "fp16", tr("Products in fp16: for GPUs.")},
             {"compute=fp8", "fp8", tr("Products in fp8: for the newest GPUs.")},
             {"compute=int8", tr("int8 × int8, each run"), tr("8-bit weights by 8-bit activations, whose scales are taken from each run.")},
             {"compute=int8,activations.mode=static", tr("int8 × int8, calibrated"),
              tr("8-bit weights by 8-bit activations, whose scales are taken once, from calibration data.")},
             {"compute=int8,weights.bits=4,weights.group=32,activations.granularity=group", tr("int4 × int8, groups of 32"),
              tr("4-bit weights by 8-bit activations, multiplied as integers; 32 columns of both share a scale.")}}};
}

OptionGroup weights() {
    return {tr("Weights alone"),
            {{"weights.bits=8", "int8", tr("8-bit weights, one scale for each output channel.")},
             {"weights.bits=4,weights.group=32", tr("int4, groups of 32"), tr("4-bit weights, 32 columns share a scale.")},
             {"weights.bits=4,weights.group=32,weights.method=gptq", tr("int4, groups of 32, GPTQ"),
              tr("The same, rounded column after column so that those to come make up for each error; looks at calibration data.")},
             {"weights.bits=8,weights.format=fp8_e4m3", "fp8", tr("8-bit floats, finer towards zero.")},
             {"weights.bits=4,weights.format=nf4,weights.group=32", tr("nf4, groups of 32"),
              tr("16 quantiles of the normal distribution.")},
             {"weights.bits=4,weights.format=mxfp4", "mxfp4", tr("4-bit floats, 32 of which share a power of two.")}}};
}

OptionGroup zeros() {
    return {tr("Zeros"),
            {{"prune.ratio=0.5", "50 %", tr("The smaller half of the weights set to zero.")},
             {"prune.ratio=0.5,prune.pattern=block 16x16", tr("50 %, blocks of 16 × 16"),
              tr("Whole blocks set to zero, which products of many rows can leave out.")},
             {"prune.pattern=2:4", "2:4", tr("2 of every 4 weights kept.")},
             {"prune.pattern=2:4,prune.method=sparsegpt", tr("2:4, SparseGPT"),
              tr("2 of every 4 weights kept; those that stay make up for the others. Looks at calibration data.")}}};
}

OptionGroup removal() {
    return {tr("Units that leave"),
            {{"prune.pattern=channels,prune.ratio=0.3,prune.reconstruct=true", tr("30 % of channels"),
              tr("Channels of convolutions leave the model; what reads them is fitted anew on calibration data.")},
             {"prune.pattern=neurons,prune.ratio=0.3,prune.reconstruct=true", tr("30 % of neurons"),
              tr("Hidden neurons between two products leave the model; what reads them is fitted anew on calibration data.")},
             {"prune.pattern=heads,prune.ratio=0.3,prune.reconstruct=true", tr("30 % of heads"),
              tr("Heads of attention leave the model; what reads them is fitted anew on calibration data.")}}};
}

}  // namespace

const std::vector<OptionGroup>& optionGroups() {
    static const std::vector<OptionGroup> groups{products(), weights(), zeros(), removal()};
    return groups;
}

}  // namespace trimtab::gui
