#ifndef CPU_FEATURES_H
#define CPU_FEATURES_H

#include <stdbool.h>

/// Whether the processor and the operating system offer x86-64-v3 (AVX2 and fused multiply-add).
bool cpu_has_x86_64_v3(void);

/// Whether the processor and the operating system offer x86-64-v4 (AVX-512).
bool cpu_has_x86_64_v4(void);

/// Tells the processor that this thread waits for another one's store.
static inline void cpu_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
