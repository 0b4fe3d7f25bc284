#include "kernels/cpu/onednn/timing.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <unordered_map>

namespace trimtab::cpu::onednn {

Result<double> fastestRun(const Primitive& primitive, int runs) {
    const std::pair<int, const Desc*> wanted[] = {{DNNL_ARG_SRC, &primitive.source},          {DNNL_ARG_WEIGHTS, &primitive.weights},
                                                  {DNNL_ARG_BIAS, &primitive.bias},           {DNNL_ARG_DST, &primitive.destination},
                                                  {DNNL_ARG_SCRATCHPAD, &primitive.scratchpad}};
    std::vector<Tensor> buffers;
    for (const auto& [id, desc] : wanted) {
        TRIMTAB_TRY(Tensor buffer, Tensor::zeros(DataType::UInt8, Shape{byteSize(*desc)}));
        buffers.push_back(std::move(buffer));
    }
    try {
        std::unordered_map<int, dnnl::memory> arguments;
        for (std::size_t i = 0; i < buffers.size(); ++i) {
            if (buffers[i].bytes().empty()) continue;
            arguments.emplace(wanted[i].first, dnnl::memory(*wanted[i].second, engine(), buffers[i].mutableBytes().data()));
        }
        double best = std::numeric_limits<double>::infinity();
        for (int run = 0; run < runs; ++run) {
            const auto begin = std::chrono::steady_clock::now();
            primitive.primitive.execute(stream(), arguments);
            best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
        }
        return best;
    } catch (const dnnl::error& error) {
        return fail(ErrorCode::Unsupported, std::string("oneDNN: ") + error.what());
    }
}

}  // namespace trimtab::cpu::onednn
