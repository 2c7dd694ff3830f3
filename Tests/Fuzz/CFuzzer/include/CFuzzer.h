#pragma once

#include <stddef.h>
#include <stdint.h>

/// The loop of libFuzzer, which the linker adds with `-sanitize=fuzzer`.
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*test)(const uint8_t *bytes, size_t count));
