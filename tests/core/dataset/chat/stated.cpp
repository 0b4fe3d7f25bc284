#include "tests/core/dataset/chat/stated.h"

#include <gtest/gtest.h>

namespace trimtab::dataset::chat {

std::vector<Stated> statedIn(const std::string& file) {
    const auto document = base::readJsonFile(std::string(TRIMTAB_SOURCE_DIR) + "/tests/core/dataset/chat/statements/data/" + file);
    std::vector<Stated> all;
    if (!document) {
        ADD_FAILURE() << document.error().text();
        return all;
    }
    for (const Json& one : document->at("cases")) {
        Stated stated{one["name"], one["template"], one.contains("variables") ? one["variables"] : document->at("variables"), {}, {}};
        if (document->contains("templates")) stated.source = document->at("templates").at(stated.source);
        if (one.contains("output")) stated.output = one["output"].get<std::string>();
        else stated.raised = one["refused"];
        all.push_back(std::move(stated));
    }
    return all;
}

std::vector<Stated> allStated() {
    std::vector<Stated> all;
    for (const char* file : {"styles.json", "features.json", "generated.json"})
        for (Stated& stated : statedIn(file)) all.push_back(std::move(stated));
    return all;
}

}  // namespace trimtab::dataset::chat
