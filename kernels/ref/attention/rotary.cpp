#include "kernels/ref/attention/rotary.h"

#include <fmt/format.h>

#include "kernels/ref/elements.h"

namespace trimtab::ref {

Result<RotaryTable> RotaryTable::read(const Call& call, std::size_t cosInput, std::size_t sinInput, std::int64_t headSize,
                                      bool interleaved) {
    if (!call.has(cosInput) || !call.has(sinInput)) return refuse(call, "the tables of cosines and sines are missing");
    RotaryTable table;
    table.m_cos = call.tensor(cosInput);
    table.m_sin = call.tensor(sinInput);
    table.m_interleaved = interleaved;
    const Shape& shape = table.m_cos.shape();
    if (!isFloatingPoint(table.m_cos.type()) || !isFloatingPoint(table.m_sin.type()))
        return refuse(call, "the tables must be of a floating type");
    if (shape.rank() != 2 || shape != table.m_sin.shape())
        return refuse(call, fmt::format("the tables must be two of one shape [positions, half], not {} and {}", shape.text(),
                                        table.m_sin.shape().text()));
    if (shape[1] > headSize / 2) return refuse(call, fmt::format("tables of {} angles don't fit heads of {} values", shape[1], headSize));
    return table;
}

void RotaryTable::turn(std::int64_t position, double* head) const {
    const std::int64_t half = m_cos.shape()[1];
    for (std::int64_t i = 0; i < half; ++i) {
        double cosine = 0, sine = 0;
        load(m_cos, position * half + i, 0, 1, &cosine);
        load(m_sin, position * half + i, 0, 1, &sine);
        double& a = head[m_interleaved ? 2 * i : i];
        double& b = head[m_interleaved ? 2 * i + 1 : i + half];
        const double turned = a * cosine - b * sine;
        b = b * cosine + a * sine;
        a = turned;
    }
}

}  // namespace trimtab::ref
