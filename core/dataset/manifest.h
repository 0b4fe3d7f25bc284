#pragma once
// dataset.json, read and checked. Additions to the form in dataset.h: "preprocess"."stored" ("NCHW" | "NHWC", the layout of arrays),
// "channels" (1 | 3, of image files), "array" (which array of an .npz; the field's own name otherwise). A field whose "file" is a folder
// holds .wav files, or class/*.png|jpg, or class/*.wav; without "target" the classes are the labels.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dataset/dataset.h"
#include "core/dataset/preprocess.h"

namespace trimtab::dataset {

struct ManifestField {
    std::string name;
    std::string file;
    std::string array;  // within an .npz
    int channels = 0;
    Preprocess preprocess;
    std::int64_t clipLength = 0;  // .wav files are cut or padded to it; 0: as they are
};

struct ManifestText {
    std::string file;
    std::int64_t window = 0, stride = 0;  // tokens; 0: not said
};

struct ManifestPrompts {
    std::string file;
    std::string delimiter = " ";
    GenerationRules generation;
};

struct Manifest {
    std::string name;
    std::string task;
    std::string metric;
    std::vector<ManifestField> inputs;
    std::optional<ManifestText> text;  // in place of inputs and target
    std::optional<ManifestPrompts> prompts;  // likewise
    std::optional<ManifestField> target;
    std::optional<ManifestField> group;
    TokenRules rules;
    std::string shiftOf;  // the input whose tokens, one later, are the target; empty: none
};

/// `text` is the document; `what` names it in messages. Refused with the key that is off.
Result<Manifest> parseManifest(std::string_view text, const std::string& what);

/// What a task is scored by unless it is said; empty for an unknown task.
std::string defaultMetric(std::string_view task);

}  // namespace trimtab::dataset
