/* SPDX-License-Identifier: GPL-2.0-only */
#include "../InstalledLLVM.h"
#include TWOSTEP_CLANG_C(ExternC.h)
