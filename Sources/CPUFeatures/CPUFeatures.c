#include "CPUFeatures.h"

#if defined(__x86_64__)

bool cpu_has_x86_64_v3(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
}

bool cpu_has_x86_64_v4(void) {
    return cpu_has_x86_64_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl");
}

#else

bool cpu_has_x86_64_v3(void) { return false; }
bool cpu_has_x86_64_v4(void) { return false; }

#endif
