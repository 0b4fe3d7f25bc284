#pragma once
// Packed weights, made once and shared by the plans of a compiled model. An entry lives as long as a plan holds it.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "core/base/result.h"
#include "core/tensor/tensor.h"

namespace trimtab::plan {

/// What a plan keeps of a packed weight.
struct HeldWeight {
    std::shared_ptr<const void> holder;
    std::int64_t bytes = 0;
};

class WeightStore {
public:
    template <class T>
    struct Entry {
        std::shared_ptr<const T> value;
        HeldWeight held;
    };

    /// The packing `kind` of `source` (identified by its address, which the entry keeps alive), made by `make` when no plan holds it yet.
    /// `bytesOf` says what the packing takes.
    template <class T, class Source>
    Result<Entry<T>> findOrMake(const void* identity, const std::string& kind, const Source& source, const std::function<Result<T>()>& make,
                                const std::function<std::int64_t(const T&)>& bytesOf) {
        struct Packed {
            Source source;
            T value;
        };
        auto& known = m_entries[{identity, kind}];
        auto holder = std::static_pointer_cast<const Packed>(known.lock());
        if (!holder) {
            TRIMTAB_TRY(T made, make());
            // A mapped file need not stay in memory beside its packing.
            if constexpr (std::is_same_v<Source, Tensor>) source.releasePages();
            holder = std::make_shared<const Packed>(Packed{source, std::move(made)});
            known = holder;
        }
        return Entry<T>{std::shared_ptr<const T>(holder, &holder->value), HeldWeight{holder, bytesOf(holder->value)}};
    }

private:
    std::map<std::pair<const void*, std::string>, std::weak_ptr<const void>> m_entries;
};

}  // namespace trimtab::plan
