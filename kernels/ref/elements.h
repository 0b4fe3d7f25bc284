#pragma once
// Elements of any numeric type as one of three types in which arithmetic is formed: double for floating types, int64 for signed,
// uint64 for unsigned ones and Bool. float32 sums, products, quotients and roots formed in double and rounded once equal those
// formed in float32.
#include <cstdint>

#include "core/base/result.h"
#include "core/tensor/tensor.h"

namespace trimtab::ref {

enum class Domain : std::uint8_t { Floating, Signed, Unsigned, None };
Domain domainOf(DataType type);  // None: String, complex, Undefined

/// out[i] = element start + i·stride (stride 0 or 1), widened (floats to C by truncation where C is an integer type).
/// REQUIRES: start … start + (count−1)·stride inside the tensor, a type with a domain; C is double, int64 or uint64.
template <class C>
void load(const Tensor& from, std::int64_t start, std::int64_t stride, std::int64_t count, C* out);

/// Elements start … start + count − 1 from values of C, narrowed: rounded to nearest even for 16-bit floats, wrapped for integers,
/// x != 0 for Bool.
template <class C>
void store(Tensor& to, std::int64_t start, std::int64_t count, const C* in);

/// Runs `body` with a value of the type in which arithmetic on `type` is formed: body(double{}) or body(int64{}) or body(uint64{}).
/// REQUIRES: domainOf(type) != None.
template <class Body>
auto inDomain(DataType type, Body body) {
    switch (domainOf(type)) {
        case Domain::Floating: return body(double{});
        case Domain::Signed: return body(std::int64_t{});
        default: return body(std::uint64_t{});
    }
}

}  // namespace trimtab::ref
