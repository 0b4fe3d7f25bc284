// onnx_seeds FOLDER: writes the models that the fuzzer starts from.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/fuzz/onnx_corpus.h"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: onnx_seeds FOLDER\n";
        return 2;
    }
    int count = 0;
    for (const std::string& bytes : trimtab::fuzz::onnxCorpus()) {
        std::ofstream file(std::filesystem::path(argv[1]) / ("seed_" + std::to_string(count++) + ".onnx"), std::ios::binary);
        if (!file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return 1;
    }
    return 0;
}
