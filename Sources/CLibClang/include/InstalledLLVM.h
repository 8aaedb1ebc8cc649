/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debian installs each libclang's headers under its own LLVM prefix and ships
 * no pkg-config file, so the newest installed one is picked here, and the
 * library of the same version is loaded at run time.  An angle include is built from the
 * prefix and the header's name, which keeps libclang's own "clang-c/X.h"
 * includes working.
 */
#ifndef TWOSTEP_INSTALLED_LLVM_H
#define TWOSTEP_INSTALLED_LLVM_H

#if __has_include("/usr/lib/llvm-22/include/clang-c/Index.h")
#define TWOSTEP_CLANG_C(header) </usr/lib/llvm-22/include/clang-c/header>
#define TWOSTEP_LLVM_VERSION 22
#elif __has_include("/usr/lib/llvm-21/include/clang-c/Index.h")
#define TWOSTEP_CLANG_C(header) </usr/lib/llvm-21/include/clang-c/header>
#define TWOSTEP_LLVM_VERSION 21
#elif __has_include("/usr/lib/llvm-20/include/clang-c/Index.h")
#define TWOSTEP_CLANG_C(header) </usr/lib/llvm-20/include/clang-c/header>
#define TWOSTEP_LLVM_VERSION 20
#elif __has_include("/usr/lib/llvm-19/include/clang-c/Index.h")
#define TWOSTEP_CLANG_C(header) </usr/lib/llvm-19/include/clang-c/header>
#define TWOSTEP_LLVM_VERSION 19
#elif __has_include("/usr/lib/llvm-18/include/clang-c/Index.h")
#define TWOSTEP_CLANG_C(header) </usr/lib/llvm-18/include/clang-c/header>
#define TWOSTEP_LLVM_VERSION 18
#elif __has_include("/usr/lib/llvm-17/include/clang-c/Index.h")
#define TWOSTEP_CLANG_C(header) </usr/lib/llvm-17/include/clang-c/header>
#define TWOSTEP_LLVM_VERSION 17
#else
#error "libclang 17 or newer not found; run: apt-get install libclang-19-dev (Debian 12) or libclang-dev (Debian 13)"
#endif

#endif
