// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/axis_catalog.h"

#include <algorithm>

#include <QCoreApplication>

#include "core/trial/axis.h"

namespace trimtab::gui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("AxisCatalog", text); }

AxisGroup pruning() {
    return {tr("Pruning"),
            {{QStringLiteral("prune.ratio"),
              tr("Share"),
              tr("Share of the weights set to zero, or of the units that leave the model."),
              {"0", "0.3", "0.5", "0.7", "0.8", "0.9", "0.95"},
              {tr("none"), "30 %", "50 %", "70 %", "80 %", "90 %", "95 %"}},
             {QStringLiteral("prune.method"),
              tr("Chosen by"),
              tr("What tells the weights that go from those that stay. Wanda, SparseGPT, Taylor and frequency look at calibration data; "
                 "Taylor and frequency score units."),
              {"magnitude", "wanda", "sparsegpt", "taylor", "frequency", "random"},
              {tr("size"), "Wanda", "SparseGPT", "Taylor", tr("frequency"), tr("chance")}},
             {QStringLiteral("prune.pattern"),
              tr("Pattern"),
              tr("Zeros anywhere; 2 or 4 kept of every 4 or 8 (needs no share); blocks, rows or columns of weights; or units that leave "
                 "the graph, which makes every kernel faster."),
              {"unstructured", "2:4", "4:8", "block 4x1", "rows", "columns", "channels", "neurons", "heads", "blocks"},
              {tr("anywhere"), "2:4", "4:8", tr("blocks 4×1"), tr("rows"), tr("columns"), tr("channels"), tr("neurons"), tr("heads"),
               tr("whole blocks")}},
             {QStringLiteral("prune.scope"),
              tr("Shared out"),
              tr("Each layer gives the same share; all layers together; or the robust ones give more than the sensitive ones."),
              {"layer", "global", "sensitivity"},
              {tr("each layer"), tr("whole model"), tr("by sensitivity")}},
             {QStringLiteral("prune.reconstruct"),
              tr("Made up for"),
              tr("Of channels, neurons and heads: the layers that read them are fitted anew on calibration data."),
              {"false", "true"},
              {tr("no"), tr("by least squares")}}}};
}

AxisGroup weights() {
    return {tr("Weights"),
            {{QStringLiteral("weights.bits"),
              tr("Bits"),
              tr("Fewer bits, fewer bytes to read. 8 and 4 have kernels, the others are emulated."),
              {"32", "16", "8", "6", "5", "4", "3", "2"},
              {tr("as is"), "16", "8", "6", "5", "4", "3", "2"}},
             {QStringLiteral("weights.method"),
              tr("Method"),
              tr("How weights are rounded. MSE and HQQ look at the weights alone; GPTQ, AWQ and SmoothQuant at calibration data; AWQ and "
                 "SmoothQuant may come before another."),
              {"rtn", "mse", "hqq", "gptq", "awq", "smoothquant", "awq+gptq"},
              {tr("nearest"), "MSE", "HQQ", "GPTQ", "AWQ", "SmoothQuant", "AWQ + GPTQ"}},
             {QStringLiteral("weights.group"),
              tr("Group"),
              tr("How many columns share a scale. Small groups are finer and cost a little size."),
              {"0", "-1", "128", "64", "32", "16"},
              {tr("channel"), tr("tensor"), "128", "64", "32", "16"}},
             {QStringLiteral("weights.format"),
              tr("Format"),
              tr("What the codes mean: whole numbers, fixed point (scales are powers of two), small floats. fp8 goes with 8 bits; nf4, "
                 "fp4, mxfp4 and nvfp4 with 4; bf16 and fp16 with 16."),
              {"int", "fixed", "fp8_e4m3", "fp8_e5m2", "nf4", "fp4", "mxfp4", "nvfp4", "bf16", "fp16"},
              {tr("whole numbers"), tr("fixed point"), "fp8 e4m3", "fp8 e5m2", "nf4", "fp4", "mxfp4", "nvfp4", "bf16", "fp16"}},
             {QStringLiteral("weights.scheme"),
              tr("Zero point"),
              tr("Codes around zero, or with a zero point of their own, which fits ranges that lie to one side; not with int8 products."),
              {"symmetric", "asymmetric"},
              {tr("none"), tr("one for each scale")}}}};
}

AxisGroup products() {
    return {tr("Products and activations"),
            {{QStringLiteral("compute"),
              tr("Products"),
              tr("The type in which products are formed. int8 and fp8 round activations too."),
              {"fp32", "tf32", "bf16", "fp16", "fp8", "int8"},
              {"fp32", "tf32", "bf16", "fp16", "fp8", "int8"}},
             {QStringLiteral("activations.mode"),
              tr("Scales of int8"),
              tr("Taken from the values of each run, or once from calibration data."),
              {"dynamic", "static"},
              {tr("each run"), tr("once")}},
             {QStringLiteral("activations.granularity"),
              tr("One scale for"),
              tr("All values of a tensor, each token by itself, or each group of a token's columns (the weights' groups, whose codes may "
                 "then have fewer than 8 bits); tokens and groups only with scales of each run."),
              {"tensor", "token", "group"},
              {tr("the tensor"), tr("each token"), tr("each group")}},
             {QStringLiteral("activations.calibrator"),
              tr("Range chosen by"),
              tr("With scales that are taken once: what of the observed range is kept."),
              {"minmax", "percentile", "entropy", "mse"},
              {tr("all of it"), tr("percentile"), tr("entropy"), "MSE"}}}};
}

AxisGroup layout() {
    return {tr("Order in memory"),
            {{QStringLiteral("transposes"),
              tr("Transposes"),
              tr("As the file has them; or those that undo one another leave the graph. Results stay the same."),
              {"keep", "cancel"},
              {tr("as is"), tr("cancelled")}}}};
}

/// What most people leave as it is.
AxisGroup details() {
    return {tr("Details of methods"),
            {{QStringLiteral("weights.alpha"),
              tr("SmoothQuant's alpha"),
              tr("How much of the activations' range moves into the weights. Only SmoothQuant asks for it."),
              {"0.3", "0.4", "0.5", "0.6", "0.7", "0.8"},
              {"0.3", "0.4", "0.5", "0.6", "0.7", "0.8"}},
             {QStringLiteral("weights.damping"),
              tr("GPTQ's damping"),
              tr("Share of the mean diagonal that is added to it. More is safer with few samples. Only GPTQ asks for it."),
              {"0.001", "0.01", "0.1"},
              {"0.1 %", "1 %", "10 %"}},
             {QStringLiteral("weights.act_order"),
              tr("GPTQ's order"),
              tr("Columns as they stand, or those with the largest inputs first. Only GPTQ asks for it."),
              {"false", "true"},
              {tr("as they stand"), tr("largest inputs first")}},
             {QStringLiteral("weights.static_groups"),
              tr("GPTQ's steps"),
              tr("The scale of a group is chosen when its first column's turn comes, or of all groups before the first. Only GPTQ asks "
                 "for it."),
              {"false", "true"},
              {tr("group by group"), tr("all at first")}},
             {QStringLiteral("activations.bits"),
              tr("Bits of activations"),
              tr("8 goes with int8 products, which set it by themselves."),
              {"32", "8"},
              {tr("as is"), "8"}},
             {QStringLiteral("activations.percentile"),
              tr("Percentile kept"),
              tr("How much of the observed range is kept where it is chosen by percentile."),
              {"99", "99.9", "99.99", "99.999"},
              {"99 %", "99.9 %", "99.99 %", "99.999 %"}},
             {QStringLiteral("prune.seed"),
              tr("Seed of chance"),
              tr("What pruning by chance draws from: several seeds tell how far luck goes."),
              {"1", "2", "3"},
              {"1", "2", "3"}}}};
}

AxisGroup cache() {
    return {tr("Key/value cache"),
            {{QStringLiteral("kv_cache.bits"),
              tr("Bits"),
              tr("How keys and values of attention are kept: what long contexts fill memory with."),
              {"32", "8", "4"},
              {tr("as is"), "8", "4"}},
             {QStringLiteral("kv_cache.granularity"),
              tr("One scale for"),
              tr("Each token of each head, or each channel of a head over all tokens."),
              {"head", "channel"},
              {tr("each token"), tr("each channel")}}}};
}

AxisGroup running() {
    return {tr("Running"),
            {{QStringLiteral("run.batch"),
              tr("Batch"),
              tr("How many samples one run takes. The model needs an open first dimension."),
              {"1", "4", "16", "32", "64"},
              {"1", "4", "16", "32", "64"}},
             {QStringLiteral("run.prompt"),
              tr("Prompt"),
              tr("Of a language model: tokens that are read at once. What is timed is the time to the first token (prefill)."),
              {"128", "512", "2048"},
              {"128", "512", "2048"}},
             {QStringLiteral("run.generate"),
              tr("Generate"),
              tr("Behind a prompt: time each of so many tokens that follow (decode); 0 times the prompt."),
              {"0", "32", "128"},
              {"0", "32", "128"}},
             {QStringLiteral("run.engine"),
              tr("Engine"),
              tr("What runs it: this machine's processor, an NVIDIA GPU, or ONNX Runtime, where they are."),
              {"cpu", "cuda", "onnxruntime"},
              {"cpu", "cuda", "ONNX Runtime"}},
             {QStringLiteral("run.threads"),
              tr("Threads"),
              tr("How many threads one run takes; 0 is as many as there are cores."),
              {"0", "1", "2", "4", "8"},
              {tr("all cores"), "1", "2", "4", "8"}}}};
}

}  // namespace

const std::vector<AxisGroup>& axisGroups() {
    static const std::vector<AxisGroup> groups{pruning(), weights(), products(), cache(), layout(), running(), details()};
    return groups;
}

AxisOffer ownAxis(const QString& path) {
    return {path, path.section('.', -1), tr("Added by hand, or by the session that was opened."), {}, {}};
}

const std::vector<SweepPreset>& sweepPresets() {
    static const std::vector<SweepPreset> presets = {
        {tr("First look"), tr("The usual widths and types, in a few minutes."), {"weights.bits=32,8,4", "compute=fp32,bf16,int8"}},
        {tr("Bits"), tr("Every width of the weights."), {"weights.bits=32,16,8,6,5,4,3,2"}},
        {tr("Pruning"), tr("From dense to 95 % zeros."), {"prune.ratio=0,0.3,0.5,0.7,0.8,0.9,0.95"}},
        {tr("Methods"),
         tr("Four bits and fewer, rounded by every method."),
         {"weights.bits=4,3", "weights.method=rtn,mse,hqq,gptq,awq,awq+gptq"}},
        {tr("Wide"), tr("Pruning, bits and products crossed."), {"prune.ratio=0,0.5,0.9", "weights.bits=32,8,4", "compute=fp32,bf16,int8"}},
    };
    return presets;
}

QString axisValueText(const Json& value) {
    if (value.is_string()) return QString::fromStdString(value.get_ref<const std::string&>());
    if (value.is_number()) return QString::number(value.get<double>(), 'g', 10);
    return QString::fromStdString(base::dumpJson(value));
}

bool wantsCalibration(const std::vector<trial::Axis>& axes) {
    return std::ranges::any_of(axes, [](const trial::Axis& axis) {
        return std::ranges::any_of(axis.values, [&axis](const Json& value) {
            recipe::Recipe recipe;
            // A method acts on what is there: the parts that the axes may switch on, switched on.
            recipe.base.prune.emplace().ratio = 0.5;
            recipe.base.weights.emplace().bits = 8;
            recipe.base.activations.emplace().bits = 8;
            recipe::RunSetting setting;
            return trial::setPoint(recipe, setting, axis.path, value) && recipe.needsCalibration();
        });
    });
}

}  // namespace trimtab::gui
