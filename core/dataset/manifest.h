#pragma once
// dataset.json, read and checked. Additions to the form in dataset.h: "preprocess"."stored" ("NCHW" | "NHWC", the layout of arrays),
// "channels" (1 | 3, of image files), "array" (which array of an .npz; the field's own name otherwise). A field whose "file" is a folder
// holds class/*.png|jpg; without "target" their classes are the labels.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dataset/preprocess.h"

namespace trimtab::dataset {

struct ManifestField {
    std::string name;
    std::string file;
    std::string array;  // within an .npz
    int channels = 0;
    Preprocess preprocess;
};

struct Manifest {
    std::string name;
    std::string task;
    std::string metric;
    std::vector<ManifestField> inputs;
    std::optional<ManifestField> target;
    std::string shiftOf;  // the input whose tokens, one later, are the target; empty: none
};

/// `text` is the document; `what` names it in messages. Refused with the key that is off.
Result<Manifest> parseManifest(std::string_view text, const std::string& what);

/// "top1", "perplexity" or "rmse"; empty for an unknown task.
std::string defaultMetric(std::string_view task);

}  // namespace trimtab::dataset
