# The headers of ONNX Runtime, where they are; its library is only opened at run time. Without them everything else builds, and the worker
# says that the module is missing.
set(ONNXRUNTIME_ROOT "" CACHE PATH "Folder of ONNX Runtime with include/ (else the environment variable of that name, else the system's)")

# The folder of an earlier configuration may be gone.
if(ONNXRUNTIME_INCLUDE_DIR AND NOT EXISTS ${ONNXRUNTIME_INCLUDE_DIR}/onnxruntime_c_api.h)
  unset(ONNXRUNTIME_INCLUDE_DIR CACHE)
endif()
find_path(ONNXRUNTIME_INCLUDE_DIR onnxruntime_c_api.h
  HINTS ${ONNXRUNTIME_ROOT} $ENV{ONNXRUNTIME_ROOT}
  PATH_SUFFIXES include include/onnxruntime include/onnxruntime/core/session onnxruntime onnxruntime/core/session)
set(TRIMTAB_HAS_ONNXRUNTIME OFF)
if(ONNXRUNTIME_INCLUDE_DIR)
  file(STRINGS ${ONNXRUNTIME_INCLUDE_DIR}/onnxruntime_c_api.h version_line REGEX "#define ORT_API_VERSION [0-9]+")
  string(REGEX MATCH "[0-9]+" ONNXRUNTIME_API "${version_line}")
  if(ONNXRUNTIME_API GREATER_EQUAL 16)
    set(TRIMTAB_HAS_ONNXRUNTIME ON)
  else()
    message(STATUS "The headers of ONNX Runtime in ${ONNXRUNTIME_INCLUDE_DIR} are older than 1.16: the onnxruntime engine is left out")
  endif()
else()
  message(STATUS "There are no headers of ONNX Runtime here (ONNXRUNTIME_ROOT): the onnxruntime engine is left out")
endif()
