#pragma once
// What the readers of each form find, before it is bound to a model.
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/dataset/dataset.h"
#include "core/dataset/field.h"
#include "core/graph/graph.h"

namespace trimtab::dataset {

struct Parts {
    std::string name;
    std::string task;
    std::string metric;
    std::map<std::string, std::unique_ptr<Field>> inputs;
    Tensor target;                 // undefined: none
    std::unique_ptr<Field> targetField;  // in its place, where rows of the target differ in length
    std::vector<Choice> choices;   // as Dataset has them
    std::vector<Prompt> prompts;
    GenerationRules generation;
    Tensor group;                  // undefined: none
    TokenRules rules;
    std::string shiftOf;           // target: this input's tokens, one later
    std::optional<base::TextWindows> windows;
    std::string hash;
    bool mayHoldMore = false;      // arrays that the model has no input for are left out instead of being refused
};

/// A folder's dataset.json or another manifest; files lie beneath the manifest's folder. `tokenizer`: as for openText().
Result<Parts> openManifest(const std::filesystem::path& path, const Graph* graph, const std::filesystem::path& tokenizer);
Result<Parts> openNpz(const std::filesystem::path& path);
/// A folder of .npy or .npz files without a manifest: see array_folder.cpp. `files`: their names, in the order of their samples.
Result<Parts> openArrayFolder(const std::filesystem::path& path, const std::vector<std::string>& files, const Graph* graph);
/// What arrays without a manifest are for, by the target that stands among them: without one, or with floats, regression.
std::string taskOfTarget(const Tensor& target);
/// Token ids: [samples, length], or one long row that is cut into windows of 128 (or of what the model's input holds, plus the target's
/// last one).
Result<Parts> openTokens(const std::filesystem::path& path, const Graph* graph);
/// How a text is cut; 0: windows as long as the model fixes, else kTextWindow, and one behind the other.
struct TextCut {
    std::int64_t window = 0, stride = 0;
};
inline constexpr std::int64_t kTextWindow = 256;
/// Text as windows of tokens; `tokenizer`: a tokenizer's file or the folder that holds it; `name` is that of the text's file.
Result<Parts> cutText(std::string_view text, const std::string& name, const Graph* graph, const std::filesystem::path& tokenizer,
                      TextCut cut = {});
Result<Parts> openText(const std::filesystem::path& path, const Graph* graph, const std::filesystem::path& tokenizer);
/// What .jsonl files may say beside their lines.
struct PromptSetting {
    std::string delimiter = " ";  // between a prompt and its choice, as lm-evaluation-harness puts it
    GenerationRules generation;
};
/// Lines of prompts (prompts.h) by the tokenizer, as for openText(): a sample for each choice of a question, or for each text to generate.
Result<Parts> promptParts(std::string_view text, const std::string& name, const Graph* graph, const std::filesystem::path& tokenizer,
                          const PromptSetting& setting = {});
Result<Parts> openPrompts(const std::filesystem::path& path, const Graph* graph, const std::filesystem::path& tokenizer);
Result<Parts> openCsv(const std::filesystem::path& path, const Graph* graph);
/// A folder without a manifest: arrays, or pictures and clips.
Result<Parts> openFolder(const std::filesystem::path& path, const Graph* graph);
/// class/*.png|jpg or class/*.wav; classes are numbered in the order of their names. Pictures are scaled to [0, 1], and resized to the
/// model's input where that is fixed; so are clips cut or padded. Or *.wav without classes and labels.
Result<Parts> openMediaFolder(const std::filesystem::path& path, const Graph* graph);

/// Token ids as rows [samples, length]. Refused: no integers, fewer than two tokens a row, more than two axes.
Result<Tensor> windowTokens(const Tensor& tokens, std::int64_t window, const std::string& what);
/// What such rows come to: the last token of each is only foreseen, and its first is not.
base::TextWindows windowsOfRows(const Tensor& rows);
/// The sequence length that this model fixes for the input.
std::optional<std::int64_t> fixedLength(const Graph* graph, const std::string& input);
/// Whether a model of several inputs has one of this name.
bool takesInput(const Graph* graph, const char* name);
/// What a decoder takes beside tokens when nothing was read before, as exporters name it: for past_key_values.… caches without rows, for
/// use_cache_branch false. Null for other inputs.
std::unique_ptr<Field> makeBeginningField(const graph::Value& input, std::int64_t samples);
/// Length of windows for this model: kDefaultWindow, or one more than its fixed sequence length.
std::int64_t windowFor(const Graph* graph, const std::string& input);
inline constexpr std::int64_t kDefaultWindow = 128;

enum class Media : std::uint8_t { Images, Clips };

struct MediaFiles {
    Media media = Media::Images;
    std::vector<std::string> files;  // "class/name.png" or "name.wav", sorted
    Tensor labels;                   // int64 [files]; undefined for files without classes
};
/// Refused: neither pictures nor clips, both, clips with and without classes, too many files.
Result<MediaFiles> listMedia(const std::filesystem::path& folder);

/// Binds the parts to the model's inputs (checked where a graph is given) and makes the dataset.
Result<std::shared_ptr<const Dataset>> assemble(Parts parts, const Graph* graph);

/// The only input of a graph, or the one of this name; kNoValue otherwise.
graph::ValueId inputFor(const Graph* graph, const std::string& name);

}  // namespace trimtab::dataset
