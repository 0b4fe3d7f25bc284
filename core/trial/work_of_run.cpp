#include "core/trial/work_of_run.h"

#include <algorithm>

namespace trimtab::trial {

WorkOfRun workOfRun(std::int64_t batch, const recipe::RunSetting& setting) {
    batch = std::max<std::int64_t>(batch, 1);
    if (setting.prompt <= 0) return {batch, "sample"};
    if (setting.generate > 0) return {batch, "token"};
    return {batch * setting.prompt, "token of the prompt"};
}

}  // namespace trimtab::trial
