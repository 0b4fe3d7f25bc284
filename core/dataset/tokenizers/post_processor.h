#pragma once
// What is put around the ids of a text when special tokens are asked for: "[CLS] … [SEP]", "<s> …".
#include <vector>

#include "core/dataset/tokenizers/model.h"

namespace trimtab::dataset::tokenizers {

class PostProcessor {
public:
    /// The section "post_processor"; null gives one that adds nothing.
    static Result<PostProcessor> read(const Json& json, const std::string& field);
    static PostProcessor around(Ids before, Ids after);

    Ids apply(Ids ids) const;

private:
    // One pass: special ids and, wherever `isText`, the ids so far.
    struct Item {
        bool isText = false;
        Ids ids;
    };
    using Template = std::vector<Item>;
    static Result<Template> readTemplate(const Section& section);
    static Result<std::vector<Template>> readPasses(const Json& json, const std::string& field);
    std::vector<Template> m_passes;
};

}  // namespace trimtab::dataset::tokenizers
