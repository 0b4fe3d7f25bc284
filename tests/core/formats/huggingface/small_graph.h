#pragma once
// A small decoder's graph, read back from its folder, and seeded tokens to feed it.
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/base/random.h"
#include "core/formats/huggingface/folder.h"
#include "core/graph/shape_inference.h"
#include "tests/core/formats/huggingface/small_decoder.h"

namespace trimtab::formats::huggingface {

inline std::vector<std::int64_t> someTokens(std::size_t count, std::int64_t vocabulary, std::uint64_t seed) {
    base::Random random(seed);
    std::vector<std::int64_t> tokens;
    for (std::size_t i = 0; i < count; ++i)
        tokens.push_back(static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(vocabulary))));
    return tokens;
}

/// With shapes inferred.
inline Graph graphOf(const SmallDecoder& small) {
    const auto folder = base::TemporaryFolder::create("trimtab-small-decoder").value();
    small.write(folder.path());
    auto read = huggingface::read(folder.path(), true, false);
    EXPECT_TRUE(read) << read.error().text();
    EXPECT_TRUE(graph::inferShapes(read->graph));
    return std::move(read->graph);
}

}  // namespace trimtab::formats::huggingface
