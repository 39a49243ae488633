// What libFuzzer offers to programs that have a main function of their own. There is no header for it.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Calls `try_input` with made-up bytes until the options in the arguments say that it is enough.
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*try_input)(const uint8_t *bytes, size_t size));
