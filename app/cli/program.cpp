#include "app/cli/program.h"

#include <cstdio>
#include <filesystem>

#include "app/cli/progress.h"
#include "app/cli/table.h"

namespace trimtab::cli {

Result<Json> Program::callWorker(const std::string& method, Json params) {
    TRIMTAB_TRY(const auto worker, startWorker());
    Progress progress(quiet());
    return worker->call(method, std::move(params), [&](double share, const std::string& what) { progress.show(share, printable(what)); },
                        stop.get_token());
}

void Program::printJson(const Json& json) const {
    const std::string text = base::dumpJson(json, 2) + "\n";
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

std::string absolutePath(const std::string& path) {
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error);
    return error ? path : absolute.lexically_normal().string();
}

}  // namespace trimtab::cli
